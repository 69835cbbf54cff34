/**
 * A local HTTP server that gives scripted answers, right or wrong, and records its requests.
 *
 * @example
 * const server = await startScriptedServer((request) => ({ json: { results: [] } }));
 * server.next.push({ status: 429, headers: { "retry-after": "0" } }, { text: "{", cutAfterBytes: 1 });
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";

/** One answer. `json`, `text` and nothing exclude each other. */
export interface ScriptedAnswer {
  /** @default 200 */
  status?: number;
  headers?: Record<string, string>;
  /** Written as JSON, with its content type. */
  json?: unknown;
  /** Written as it is. @default "" */
  text?: string | Buffer;
  /** The connection is cut, without an answer. */
  hangsUp?: boolean;
  /** The server never answers; the client has to give up. */
  isSilent?: boolean;
  /** The connection is cut after so many bytes of the body. */
  cutAfterBytes?: number;
  /** Nothing more comes after so many bytes of the body. */
  stallAfterBytes?: number;
  /** The body comes a byte at a time, with this pause after each. */
  dripMs?: number;
}

/** One request, as it arrived. */
export interface ScriptedRequest {
  method: string;
  /** Path and query. */
  path: string;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  text: string;
  /** The text as JSON; undefined where it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: a test knows what it sent
  body: any;
  /** Fulfilled when the client closes the connection before it has the whole answer. */
  canceled: Promise<void>;
}

/** Gives the answer to a request. */
export type Script = (request: ScriptedRequest) => ScriptedAnswer | Promise<ScriptedAnswer>;

/** A running server. */
export interface ScriptedServer {
  /** `http://127.0.0.1:…` or `https://…`, without a trailing slash. */
  url: string;
  /** Everything that was asked, in order of arrival. */
  requests: ScriptedRequest[];
  /** Answers to the next requests, before the script is asked; used up in order. */
  next: ScriptedAnswer[];
  /** Cuts all connections. */
  close(): Promise<void>;
}

/**
 * Starts a server on a free port of 127.0.0.1.
 *
 * @param script @default answers 500 to what `next` does not answer
 * @param tls it speaks TLS with this pair
 */
export async function startScriptedServer(
  script: Script = () => ({ status: 500, text: "the script has no more answers" }),
  tls?: { key: string; cert: string },
): Promise<ScriptedServer> {
  const requests: ScriptedRequest[] = [];
  const next: ScriptedAnswer[] = [];
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    serve(request, response).catch((error: unknown) => response.destroy(error as Error));
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const recorded = await record(request, response);
    requests.push(recorded);
    await answer(response, next.shift() ?? (await script(recorded)));
  };
  const url = `${tls === undefined ? "http" : "https"}://127.0.0.1:${await listen(server)}`;
  return {
    url,
    requests,
    next,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** An address of this machine where nobody answers: a port that was free a moment ago. */
export async function closedUrl(): Promise<string> {
  const server = await startScriptedServer();
  await server.close();
  return server.url;
}

async function record(request: IncomingMessage, response: ServerResponse): Promise<ScriptedRequest> {
  const canceled = new Promise<void>((resolve) => {
    response.on("close", () => {
      if (!response.writableFinished) resolve();
    });
  });
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("utf8");
  const { method = "", url: path = "" } = request;
  return { method, path, headers: request.headers as Record<string, string>, text, body: parse(text), canceled };
}

async function answer(response: ServerResponse, answered: ScriptedAnswer): Promise<void> {
  if (answered.isSilent) return;
  if (answered.hangsUp) {
    response.socket?.destroy();
    return;
  }
  const isJson = answered.json !== undefined;
  const body = Buffer.from(isJson ? JSON.stringify(answered.json) : (answered.text ?? ""));
  const type = isJson ? { "content-type": "application/json" } : {};
  response.writeHead(answered.status ?? 200, { ...type, "content-length": String(body.length), ...answered.headers });
  const end = answered.cutAfterBytes ?? answered.stallAfterBytes ?? body.length;
  if (answered.dripMs === undefined) await write(response, body.subarray(0, end));
  else await drip(response, body.subarray(0, end), answered.dripMs);
  if (answered.cutAfterBytes !== undefined) response.socket?.destroy();
  else if (answered.stallAfterBytes === undefined) response.end();
}

async function drip(response: ServerResponse, body: Buffer, pauseMs: number): Promise<void> {
  for (let offset = 0; offset < body.length && !response.destroyed; offset += 1) {
    await write(response, body.subarray(offset, offset + 1));
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

/** Writes bytes. Also resolves if the client has disconnected. */
function write(response: ServerResponse, bytes: Buffer): Promise<void> {
  response.flushHeaders();
  return new Promise((resolve) => {
    if (bytes.length === 0) resolve();
    else response.write(bytes, () => resolve());
  });
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
