// The reranking server in a Hono app: every path of docs/server.md under /rerank-api.
import { createRerankServer } from "crossrank/server";
import { Hono } from "hono";

const server = createRerankServer({ basePath: "/rerank-api" });

export const app = new Hono();
app.get("/", (context) => context.text("an app with a reranker"));
app.all("/rerank-api/*", (context) => server.fetch(context.req.raw));

export const close = () => server.close();
