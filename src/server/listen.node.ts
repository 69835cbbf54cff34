import { rmSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, Server as NetServer } from "node:net";
import { createSecureContext } from "node:tls";
import { getRequestListener } from "@hono/node-server";
import type { WireFailure } from "../dialects/codec.ts";
import { RerankError } from "../index.ts";
import { Connections } from "./connections.node.ts";
import { createHostCheck, type HostCheck, isHost, isLocal } from "./host-check.ts";
import { nativeDialect } from "./native-dialect.ts";
import type { RerankServer } from "./server.ts";

/** Where and how a server listens. */
export interface ListenOptions {
  /** Name or address to listen on; `0.0.0.0` for all of this machine. @default "127.0.0.1" */
  host?: string;
  /** 0 selects a free port. @default 8000 */
  port?: number;
  /** Path of a Unix socket, used instead of host and port. */
  socket?: string;
  /** Maximum seconds for a request to arrive, body included. A slower request gets 408. @default 120 */
  requestTimeoutSecs?: number;
  /** Maximum seconds for a client to read its reply. The connection of a slower client is closed. @default 60 */
  writeTimeoutSecs?: number;
  /**
   * Host names that clients may use, without a port, in addition to `localhost` and addresses of this machine. `.example.com` allows
   * itself and all its subdomains, `*` allows every name.
   *
   * @default every name; on a loopback address without API keys, no additional name
   */
  allowedHosts?: readonly string[];
  /** PEM files for HTTPS. */
  tls?: {
    /** Path of the certificate, with its chain. */
    certFile: string;
    /** Path of its private key. */
    keyFile: string;
  };
}

/** How a listening server stops. */
export interface StopOptions {
  /** Seconds to keep answering while `/ready` returns 503, so that load balancers notice. @default 0 */
  delaySecs?: number;
  /** Maximum seconds after that for running requests. Then their connections are closed. @default 30 */
  timeoutSecs?: number;
  /** Abort it to stop waiting. */
  signal?: AbortSignal;
}

/** A listening server. */
export interface Listening {
  /** `http://127.0.0.1:8000`, `https://…` or `unix:/path`. */
  url: string;
  /** Stops accepting connections, answers running requests, then releases the models. @returns how many requests were cut off */
  stop(options?: StopOptions): Promise<number>;
}

const headersTimeoutMs = 20_000;
/** Maximum number of connections that wait to be accepted; the system may lower it. Node's default of 511 overflows in a burst, and clients see resets. */
const backlog = 4096;
/** Longer than the 60 s for which load balancers keep idle connections, so that the load balancer closes them first. */
const keepAliveMs = 65_000;
/** Wait at the end for clients that are about to reuse a connection. Ends earlier when no connection is left. */
const idleGraceMs = 1000;

/**
 * Listens on an address. The server answers as soon as this function returns; models may still be loading.
 *
 * @param given a server, or a function that creates one. The function runs after the address is bound, so that no model is loaded for a
 *   server that cannot listen
 * @throws RerankError `invalid-input` for an invalid port, a port or socket in use, or unusable TLS files; any error of the function that
 *   creates the server
 * @example
 * const listening = await listen(createRerankServer({ models: ["mini"] }), { port: 0 });
 * const response = await fetch(`${listening.url}/health`);
 * console.log(response.status); // 200
 * await listening.stop();
 */
export async function listen(given: RerankServer | (() => RerankServer), options: ListenOptions = {}): Promise<Listening> {
  const { host = "127.0.0.1", port = 8000, socket, tls, requestTimeoutSecs = 120, writeTimeoutSecs = 60, allowedHosts } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new RerankError("invalid-input", `server: port: expected an integer from 0 to 65535, got ${port}. Choose another one.`);
  }
  const requestTimeout = requestTimeoutSecs * 1000;
  let isStopping = false;
  const connections = new Connections();
  let server: RerankServer;
  let hostCheck: HostCheck | undefined;
  const answer = getRequestListener((request) => server.fetch(request), { overrideGlobalObjects: false });
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    connections.add(request, response);
    if (isStopping) response.setHeader("connection", "close");
    const refusal = refusalOf(request, hostCheck);
    if (refusal !== undefined) refuse(response, refusal);
    else void answer(request, response);
  };
  const limits = {
    requestTimeout,
    headersTimeout: Math.min(headersTimeoutMs, requestTimeout),
    keepAliveTimeout: keepAliveMs,
    // How often Node checks for requests that take too long.
    connectionsCheckingInterval: Math.min(30_000, requestTimeout / 2),
  };
  const http = tls === undefined ? createServer(limits, onRequest) : createTlsServer({ ...limits, ...(await readTls(tls)) }, onRequest);
  // Missing in Node's types. Without it, Node closes the connection of a client that ended its side after a complete request.
  Object.assign(http, { httpAllowHalfOpen: true });
  const stopLimit = connections.limitReplies(writeTimeoutSecs * 1000);
  if (socket !== undefined) await removeStaleSocket(socket);
  await bind(http, socket === undefined ? { host, port } : { path: socket });
  // Create the server in the same turn, before Node handles the first connection.
  try {
    server = typeof given === "function" ? given() : given;
  } catch (error) {
    http.close();
    throw error;
  }
  // A browser page can reach a loopback address under its own name (DNS rebinding), but not a Unix socket, and it has no API key.
  const isOpenToPages = socket === undefined && isLocal(host) && !server.needsKey;
  hostCheck = allowedHosts === undefined && !isOpenToPages ? undefined : createHostCheck([host, ...(allowedHosts ?? [])]);
  return {
    url: socket === undefined ? urlOf(http.address() as AddressInfo, tls !== undefined) : `unix:${socket}`,
    async stop({ delaySecs = 0, timeoutSecs = 30, signal } = {}) {
      server.drain();
      await wait(delaySecs * 1000, signal);
      const end = performance.now() + timeoutSecs * 1000;
      const settle = async (): Promise<void> => {
        for (await turn(); connections.count > 0 && performance.now() < end && signal?.aborted !== true; await turn())
          await wait(20, signal);
      };
      await turn();
      // http.close would end idle connections at once, but a client may be sending its next request on one of them.
      const ended = new AbortController();
      const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(http, () => resolve(ended.abort())));
      // Send `connection: close` only after the listener has closed. Otherwise the client reconnects into the queue of a listener that is about to close, and is reset.
      isStopping = true;
      server.drain({ refuses: true });
      await settle();
      await wait(connections.count > 0 ? 0 : idleGraceMs, AbortSignal.any([ended.signal, ...(signal === undefined ? [] : [signal])]));
      await settle();
      const cut = connections.count;
      http.closeAllConnections();
      stopLimit();
      await closed;
      if (socket !== undefined) rmSync(socket, { force: true });
      await server.close();
      return cut;
    },
  };
}

/**
 * The server as a `node:http` listener, for Express and similar frameworks.
 *
 * Mount it before body parsers: it cannot read a body that other middleware has already consumed.
 * @example
 * import { createServer } from "node:http";
 * const server = createRerankServer({ models: ["mini"] });
 * const http = createServer(toNodeListener(server)).listen(0, "127.0.0.1", () => http.close());
 * await server.close();
 */
export function toNodeListener(server: Pick<RerankServer, "fetch">): (request: IncomingMessage, response: ServerResponse) => void {
  const answer = getRequestListener(server.fetch.bind(server), { overrideGlobalObjects: false });
  return (request, response) => void answer(request, response);
}

type Refusal = Pick<WireFailure, "status" | "code" | "message">;

/** Checks the host names in a request (its `Host` headers and an absolute URL as target). @returns why the request is refused, if it is */
function refusalOf({ rawHeaders, url = "" }: IncomingMessage, hostCheck: HostCheck | undefined): Refusal | undefined {
  const hosts = rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]!.toLowerCase() === "host");
  if (hosts.length > 1) {
    // A proxy and this server could choose different ones: https://www.rfc-editor.org/rfc/rfc9112#section-3.2
    return { status: 400, code: "invalid-input", message: "host: more than one Host header. Send one." };
  }
  const target = /^https?:\/\/([^/?#]*)/i.exec(url)?.[1];
  for (const host of target === undefined ? hosts : [...hosts, target]) {
    if (!isHost(host)) return { status: 400, code: "invalid-input", message: "host: not a name, with a port or without." };
    const refusedName = hostCheck?.(host);
    if (refusedName === undefined) continue;
    const what = `host: this server was called ${JSON.stringify(refusedName.slice(0, 100))}, which is not a name of this machine`;
    return { status: 403, code: "not-allowed", message: `${what}. Call it localhost, or start it with --allowed-host.` };
  }
  return undefined;
}

/** Refuses a request before its body is read, and closes the connection. */
function refuse(response: ServerResponse, refusal: Refusal): void {
  const { status, body } = nativeDialect.encodeError(refusal);
  response.writeHead(status, { "content-type": "application/json", connection: "close" }).end(JSON.stringify(body));
}

function bind(http: Server, where: { host: string; port: number } | { path: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once("error", (cause: NodeJS.ErrnoException) => {
      const address = "path" in where ? where.path : `${where.host}:${where.port}`;
      const why = cause.code === "EADDRINUSE" ? "it is in use" : cause.message;
      reject(new RerankError("invalid-input", `server: cannot listen on ${address}: ${why}. Choose another one.`, { cause }));
    });
    http.listen({ ...where, backlog }, () => {
      http.removeAllListeners("error");
      resolve();
    });
  });
}

async function readTls({ certFile, keyFile }: NonNullable<ListenOptions["tls"]>): Promise<{ cert: Buffer; key: Buffer }> {
  const read = async (file: string): Promise<Buffer> => {
    try {
      return await readFile(file);
    } catch (cause) {
      throw new RerankError("invalid-input", `server: cannot read ${file}: ${(cause as Error).message}. Name a PEM file.`, { cause });
    }
  };
  const pair = { cert: await read(certFile), key: await read(keyFile) };
  try {
    createSecureContext(pair);
  } catch (cause) {
    const what = `server: ${certFile} and ${keyFile} are no certificate and key for TLS: ${(cause as Error).message}`;
    const remedy = "Give a PEM certificate and the PEM key that belongs to it, without a passphrase";
    throw new RerankError("invalid-input", `${what}. ${remedy}.`, { cause });
  }
  return pair;
}

/** Removes the socket file of a process that was killed. It refuses connections, but the path would stay in use. */
async function removeStaleSocket(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined); // absent: nothing to remove
  if (found?.isSocket() !== true) return;
  const isAlive = await new Promise<boolean>((resolve) => {
    const probe = connect(path, () => {
      probe.destroy();
      resolve(true);
    }).on("error", () => resolve(false));
  });
  if (!isAlive) rmSync(path, { force: true });
}

function urlOf({ address, port, family }: AddressInfo, isTls: boolean): string {
  return `${isTls ? "https" : "http"}://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}

/** Waits one turn of the event loop. In it, Node accepts the connections and reads the requests that have arrived. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function wait(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  if (milliseconds <= 0 || signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal?.addEventListener("abort", end);
  });
}
