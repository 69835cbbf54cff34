// Rerank with net/http and crossrank's own format. Run: go run ./http http://localhost:8000
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"time"
)

func main() {
	body, err := json.Marshal(map[string]any{
		"query": "How to train a dog",
		"documents": []string{
			"Cats are independent animals that prefer to play alone.",
			"Dog training requires patience and consistency.",
			"Bird care includes proper cage setup and regular cleaning.",
		},
		"config": map[string]any{"model": map[string]any{"type": "preset", "name": "mini"}, "top_k": 2},
	})
	if err != nil {
		log.Fatal(err)
	}
	client := http.Client{Timeout: time.Minute}
	response, err := client.Post(os.Args[1]+"/rerank", "application/json", bytes.NewReader(body))
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		message, _ := io.ReadAll(response.Body)
		log.Fatalf("%s: %s", response.Status, message)
	}
	var reply struct {
		Results []struct {
			Index    int     `json:"index"`
			Score    float64 `json:"score"`
			Document string  `json:"document"`
		} `json:"results"`
	}
	if err := json.NewDecoder(response.Body).Decode(&reply); err != nil {
		log.Fatal(err)
	}
	for _, result := range reply.Results {
		fmt.Printf("%.3f %s\n", result.Score, result.Document)
	}
}
