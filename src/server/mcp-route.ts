/** The path `/mcp`: tools for agents over Streamable HTTP, without sessions. */
import type { McpHttpHandler } from "@modelcontextprotocol/server";
import type { ToolHost } from "../mcp/mcp-server.ts";
import type { BodyReader } from "./body.ts";
import { ServerError } from "./status.ts";

/** Answers one request to `/mcp`. The caller has checked the key. */
export type McpRoute = (request: Request) => Promise<Response>;

/** What {@link createMcpRoute} needs from the server. */
export interface McpRouteOptions {
  bodies: BodyReader;
  /** Origins whose pages may call; `*` allows all. */
  corsOrigins: readonly string[];
  /** The tools' host for one request. Its rankings send the request's key. */
  hostFor: (request: Request) => ToolHost;
}

/** Creates the route. It imports the protocol's package at the first request. */
export function createMcpRoute({ bodies, corsOrigins, hostFor }: McpRouteOptions): McpRoute {
  let handler: Promise<McpHttpHandler> | undefined;
  const load = async (): Promise<McpHttpHandler> => {
    const [{ createMcpHandler }, { createMcpServer }] = await Promise.all([
      import("@modelcontextprotocol/server"),
      import("../mcp/mcp-server.ts"),
    ]);
    return createMcpHandler(({ requestInfo }) => createMcpServer(hostFor(requestInfo!)));
  };
  return async (request) => {
    checkOrigin(request, corsOrigins);
    handler ??= load();
    const { fetch } = await handler;
    // The handler answers other methods with 405.
    if (request.method !== "POST") return fetch(request);
    const { json, release } = await bodies.read(request);
    try {
      return await fetch(request, { parsedBody: json });
    } finally {
      release();
    }
  };
}

/**
 * Refuses requests of foreign pages. The protocol demands it, because a page could reach a server that only this machine should reach.
 *
 * @see https://modelcontextprotocol.io/specification/2025-06-18/basic/transports#security-warning
 */
function checkOrigin({ headers, url }: Request, corsOrigins: readonly string[]): void {
  const origin = headers.get("origin");
  if (origin === null || corsOrigins.includes("*") || corsOrigins.includes(origin)) return;
  if (URL.canParse(origin) && new URL(origin).host === new URL(url).host) return;
  const shown = JSON.stringify(origin.slice(0, 100));
  throw new ServerError(403, "not-allowed", `origin: pages of ${shown} may not call this server. Start it with --cors-origin.`);
}
