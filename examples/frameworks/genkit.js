import { defineCrossrank } from "crossrank/genkit";
import { Document, genkit } from "genkit";

const ai = genkit({});
const reranker = defineCrossrank(ai, "mini");
const [best] = await ai.rerank({
  reranker,
  query: "How to train a dog",
  documents: [Document.fromText("Cats are independent animals."), Document.fromText("Dog training requires patience.")],
  options: { k: 1 },
});
console.log(best.text);
