import { rerank } from "crossrank";
import MiniSearch from "minisearch";

const pets = [
  { id: 1, text: "Cats are independent animals. Do not train them like a dog." },
  { id: 2, text: "Dog training requires patience." },
  { id: 3, text: "A goldfish needs a filtered tank." },
];
const index = new MiniSearch({ fields: ["text"], storeFields: ["text"] });
index.addAll(pets);

const query = "How to train a dog";
const candidates = index.search(query).slice(0, 30);
const [best] = await rerank(query, candidates, { topK: 1, fields: ["text"] });
console.log(best.document.text);
