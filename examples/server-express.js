// The reranking server in an Express app: every path of docs/server.md under /rerank-api. Body parsers come after it.
import { createRerankServer, toNodeListener } from "crossrank/server";
import express from "express";

// Express takes the mounting path off the URL, so the server needs no basePath.
const server = createRerankServer();

export const app = express();
app.use("/rerank-api", toNodeListener(server));
app.use(express.json());
app.get("/", (_request, response) => {
  response.send("an app with a reranker");
});

export const close = () => server.close();
