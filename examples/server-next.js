// The reranking server in Next.js, as app/rerank-api/[...path]/route.js; every path of docs/server.md is under /rerank-api.
// next.config.js needs: serverExternalPackages: ["crossrank"]
import { createRerankServer } from "crossrank/server";

export const runtime = "nodejs";

const server = createRerankServer({ basePath: "/rerank-api" });

export const GET = (request) => server.fetch(request);
export const POST = (request) => server.fetch(request);
