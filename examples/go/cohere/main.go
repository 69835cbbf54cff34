// Rerank with Cohere's own client, pointed at a crossrank server. Run: go run ./cohere http://localhost:8000
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	cohere "github.com/cohere-ai/cohere-go/v2"
	"github.com/cohere-ai/cohere-go/v2/client"
	"github.com/cohere-ai/cohere-go/v2/option"
)

func main() {
	documents := []string{
		"Cats are independent animals that prefer to play alone.",
		"Dog training requires patience and consistency.",
		"Bird care includes proper cage setup and regular cleaning.",
	}
	api := client.NewClient(option.WithBaseURL(os.Args[1]), option.WithToken("any"))
	response, err := api.V2.Rerank(context.Background(), &cohere.V2RerankRequest{
		Model:     "mini",
		Query:     "How to train a dog",
		Documents: documents,
		TopN:      cohere.Int(2),
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, result := range response.Results {
		fmt.Printf("%.3f %s\n", result.RelevanceScore, documents[result.Index])
	}
}
