import { rerank } from "ai";
import { crossrank } from "crossrank/ai-sdk";

const { ranking } = await rerank({
  model: crossrank("mini"),
  query: "How to train a dog",
  documents: ["Cats are independent animals.", "Dog training requires patience."],
  topN: 1,
});
console.log(ranking[0].document);
