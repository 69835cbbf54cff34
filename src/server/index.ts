/** `crossrank/server`: the reranking server as a function from requests to responses, and its shell on Node. */
export { type Listening, type ListenOptions, listen, type StopOptions, toNodeListener } from "./listen.node.ts";
export type { RerankServerOptions, ServedModel, ServerLimits, ServerLogger } from "./options.ts";
export { createRerankServer, type RerankServer } from "./server.ts";
