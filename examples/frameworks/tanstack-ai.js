import { rerank } from "@tanstack/ai";
import { crossrankRerank } from "crossrank/tanstack-ai";

const { rerankedDocuments } = await rerank({
  adapter: crossrankRerank("mini"),
  query: "How to train a dog",
  documents: ["Cats are independent animals.", "Dog training requires patience."],
  topN: 1,
});
console.log(rerankedDocuments[0]);
