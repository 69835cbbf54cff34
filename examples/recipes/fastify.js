import { rerank } from "crossrank";
import Fastify from "fastify";

const app = Fastify();
const properties = { query: { type: "string" }, documents: { type: "array", items: { type: "string" } } };
const body = { type: "object", required: ["query", "documents"], properties };
app.post("/search", { schema: { body } }, async (request) => {
  const { query, documents } = request.body;
  return rerank(query, documents, { topK: 1 });
});

// In your program: await app.listen({ port: 3000 });
const documents = ["Cats are independent animals.", "Dog training requires patience."];
const payload = { query: "How to train a dog", documents };
const response = await app.inject({ method: "POST", url: "/search", payload });
const [best] = response.json();
console.log(best.document);
await app.close();
