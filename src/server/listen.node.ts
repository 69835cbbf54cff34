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
  /** @default "127.0.0.1" */
  host?: string;
  /** 0 for a free one. @default 8000 */
  port?: number;
  /** Path of a Unix socket, in place of host and port. */
  socket?: string;
  /** Seconds within which a request must have arrived, its body included; then it gets 408. @default 120 */
  requestTimeoutSecs?: number;
  /** Seconds within which a client must have taken its reply; then its connection is cut. @default 60 */
  writeTimeoutSecs?: number;
  /**
   * Names by which clients may call the server, without a port, beside `localhost` and addresses of this machine; `.example.com` stands for
   * all names below it, `*` for any.
   *
   * @default any, but none where everybody on this machine may call: on a loopback address, without keys
   */
  allowedHosts?: readonly string[];
  /** PEM files; both give HTTPS. */
  tls?: { certFile: string; keyFile: string };
}

/** How a listening server ends. */
export interface StopOptions {
  /** Seconds for which it goes on answering while `/ready` says 503, so that load balancers notice. @default 0 */
  delaySecs?: number;
  /** Seconds after that for requests under way; then their connections are cut. @default 30 */
  timeoutSecs?: number;
  /** Aborted: wait no longer. */
  signal?: AbortSignal;
}

/** A server that listens. */
export interface Listening {
  /** `http://127.0.0.1:8000`, `https://…` or `unix:/path`. */
  url: string;
  /** Stops taking connections, answers what is under way, and releases the models. @returns how many requests were cut off */
  stop(options?: StopOptions): Promise<number>;
}

const headersTimeoutMs = 20_000;
/** Connections that wait to be accepted; the system may cap it. Node's own 511 overflow in a burst, and clients see resets. */
const backlog = 4096;
/** Above the 60 s that load balancers keep idle connections, so that they, not we, close them. */
const keepAliveMs = 65_000;
/** For clients that are about to reuse a connection when the server stops; it ends earlier when no connection is left. */
const idleGraceMs = 1000;

/**
 * Listens, and answers as soon as it returns; models may still be loading.
 *
 * @param given a server, or what makes one: it is called once the address is taken, so that no model is loaded for a server that cannot
 *   listen
 * @throws RerankError `invalid-input` for a port that is none, a port or socket that is taken, or TLS files that cannot be used; whatever
 *   keeps the server from being made
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
    // How often node looks for requests that are late.
    connectionsCheckingInterval: Math.min(30_000, requestTimeout / 2),
  };
  const http = tls === undefined ? createServer(limits, onRequest) : createTlsServer({ ...limits, ...(await readTls(tls)) }, onRequest);
  // Not in its types: without it, node hangs up on a client that has closed its own side, its request being whole.
  Object.assign(http, { httpAllowHalfOpen: true });
  const stopLimit = connections.limitReplies(writeTimeoutSecs * 1000);
  if (socket !== undefined) await removeStaleSocket(socket);
  await bind(http, socket === undefined ? { host, port } : { path: socket });
  // At once, before the first connection is looked at.
  try {
    server = typeof given === "function" ? given() : given;
  } catch (error) {
    http.close();
    throw error;
  }
  // A page in a browser can reach a loopback address under a name of its own, but no Unix socket, and it knows no key.
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
      // Not http.close, which ends idle connections at once: a client may be sending its next request on one.
      const ended = new AbortController();
      const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(http, () => resolve(ended.abort())));
      // Only now: whoever is told that its connection closes opens another one, and would be reset in the queue of a listener that ends.
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
 * The server as a listener of `node:http`, for Express and its kin.
 *
 * A body that other middleware has read already is lost: mount it before body parsers.
 */
export function toNodeListener(server: Pick<RerankServer, "fetch">): (request: IncomingMessage, response: ServerResponse) => void {
  const answer = getRequestListener(server.fetch.bind(server), { overrideGlobalObjects: false });
  return (request, response) => void answer(request, response);
}

type Refusal = Pick<WireFailure, "status" | "code" | "message">;

/** Why a request is not answered, by the names that it calls the server by: its `Host` headers, and the address of a target that holds one. */
function refusalOf({ rawHeaders, url = "" }: IncomingMessage, hostCheck: HostCheck | undefined): Refusal | undefined {
  const hosts = rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]!.toLowerCase() === "host");
  if (hosts.length > 1) {
    // Two readers of one request could mean two servers: https://www.rfc-editor.org/rfc/rfc9112#section-3.2
    return { status: 400, code: "invalid-input", message: "host: more than one Host header. Send one." };
  }
  const target = /^https?:\/\/([^/?#]*)/i.exec(url)?.[1];
  for (const host of target === undefined ? hosts : [...hosts, target]) {
    if (!isHost(host)) return { status: 400, code: "invalid-input", message: "host: not a name, with a port or without." };
    const stranger = hostCheck?.(host);
    if (stranger === undefined) continue;
    const what = `host: this server was called ${JSON.stringify(stranger.slice(0, 100))}, which is not a name of this machine`;
    return { status: 403, code: "not-allowed", message: `${what}. Call it localhost, or start it with --allowed-host.` };
  }
  return undefined;
}

/** A refusal before anything of a request is read; the connection ends with it. */
function refuse(response: ServerResponse, refusal: Refusal): void {
  const { status, body } = nativeDialect.encodeError(refusal);
  response.writeHead(status, { "content-type": "application/json", connection: "close" }).end(JSON.stringify(body));
}

function bind(http: Server, where: { host: string; port: number } | { path: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once("error", (cause: NodeJS.ErrnoException) => {
      const place = "path" in where ? where.path : `${where.host}:${where.port}`;
      const why = cause.code === "EADDRINUSE" ? "it is in use" : cause.message;
      reject(new RerankError("invalid-input", `server: cannot listen on ${place}: ${why}. Choose another one.`, { cause }));
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

/** A socket that a killed process left behind refuses connections, and would keep the path taken for ever. */
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

/** One turn of the event loop, in which connections and requests that have arrived are taken. */
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
