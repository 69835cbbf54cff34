//! Reranks with reqwest and crossrank's own format. Run: cargo run -- http://localhost:8000

use serde_json::{json, Value};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = std::env::args().nth(1).expect("the address of the server");
    let reply: Value = reqwest::blocking::Client::new()
        .post(format!("{server}/rerank"))
        .json(&json!({
            "query": "How to train a dog",
            "documents": [
                "Cats are independent animals that prefer to play alone.",
                "Dog training requires patience and consistency.",
                "Bird care includes proper cage setup and regular cleaning.",
            ],
            "config": { "model": { "type": "preset", "name": "mini" }, "top_k": 2 },
        }))
        .send()?
        .error_for_status()?
        .json()?;
    for result in reply["results"].as_array().expect("results") {
        println!("{:.3} {}", result["score"].as_f64().unwrap_or(f64::NAN), result["document"].as_str().unwrap_or(""));
    }
    Ok(())
}
