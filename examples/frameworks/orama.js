import { create, insertMultiple, search } from "@orama/orama";
import { rerank } from "crossrank";

const database = create({ schema: { text: "string" } });
insertMultiple(database, [
  { text: "Cats are independent animals. Do not train them like a dog." },
  { text: "Dog training requires patience." },
  { text: "A goldfish needs a filtered tank." },
]);

const query = "How to train a dog";
const { hits } = await search(database, { term: query, limit: 30 });
const [best] = await rerank(query, hits, { topK: 1, fields: ["document.text"] });
console.log(best.document.document.text);
