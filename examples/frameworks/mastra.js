import { rerankWithScorer } from "@mastra/rag";
import { createCrossrankScorer } from "crossrank/mastra";

// What your vector store found stands here.
const texts = ["Cats are independent animals.", "Dog training requires patience."];
const results = texts.map((text, index) => ({ id: String(index), score: 0.5, metadata: { text } }));

const [best] = await rerankWithScorer({
  results,
  query: "How to train a dog",
  scorer: createCrossrankScorer({ model: "mini" }),
  options: { topK: 1, weights: { semantic: 1, vector: 0, position: 0 } },
});
console.log(best.result.metadata.text);
