import { Hono } from "hono";
import { cors } from "hono/cors";
import packageJson from "../../package.json" with { type: "json" };
import type { RankControl, RankReply, RankRequest, ToolHost } from "../mcp/mcp-server.ts";
import { createKeyCheck, type KeyCheck } from "./auth.ts";
import { BodyReader } from "./body.ts";
import { docsPage } from "./docs-page.node.ts";
import { HeldBytes } from "./held-bytes.ts";
import { describeModelNamed, describeServer, listModels, toCohereModel } from "./information.ts";
import { createMcpRoute } from "./mcp-route.ts";
import { Metrics } from "./metrics.ts";
import { pathsLike } from "./misdirected.ts";
import { nativeDialect } from "./native-dialect.ts";
import { createOpenApiDocument } from "./openapi.ts";
import { type CheckedOptions, checkOptions, type RerankServerOptions } from "./options.ts";
import { alivePaths, infoPaths, keyPaths, modelListPaths, modelPaths, patternOf, plainPath, readyPaths } from "./paths.ts";
import { answerRanking, type RankContext, type RankRecord } from "./rank-handler.ts";
import { dialectAt, type Route, routes } from "./routes.ts";
import { Models } from "./served-models.ts";
import { failureOf, ServerError } from "./status.ts";
import { createTracer, type Tracer } from "./tracing.ts";

/** A reranking server: a function from requests to responses. `listen` puts it on a port. */
export interface RerankServer {
  /** Answers one request; never throws. You can mount it in any framework that uses the web's Request and Response. */
  fetch(request: Request): Promise<Response>;
  /** Resolves when all served models are loaded. @throws the error of the first model that does not load */
  readonly ready: Promise<void>;
  /** Whether requests need an API key. */
  readonly needsKey: boolean;
  /** From now on `/ready` returns 503. With `refuses`, new rankings get 503, too. Running rankings continue. */
  drain(options?: {
    /** Whether new rankings get 503. @default false */
    refuses?: boolean;
  }): void;
  /** Waits for running rankings, then releases all models. A second call returns the same promise. */
  close(): Promise<void>;
}

/** What a request's handlers pass on to the log. */
interface Variables {
  requestId: string;
  record: RankRecord;
}

/** The path of the tools for agents. */
const mcpPath = "/mcp";
/** Tools rank through crossrank's own format. */
const toolRoute: Route = { path: mcpPath, dialects: [nativeDialect], usedBy: "agents", choose: () => nativeDialect };

/** `failed`: a served model did not load; the next ranking tries again. `leaving`: still answering, but `/ready` returns 503. */
type Phase = "loading" | "ready" | "failed" | "leaving" | "refusing";

/**
 * Creates a server and starts to load its models.
 *
 * @throws RerankError `invalid-input`; `unknown-model` if a model in the options does not exist
 * @example
 * const server = createRerankServer({ models: ["mini"] });
 * await server.ready;
 * const body = JSON.stringify({ query: "How to train a dog", documents: ["Cats sleep a lot.", "Reward a dog when it sits."] });
 * const headers = { "content-type": "application/json" };
 * const response = await server.fetch(new Request("http://localhost/v1/rerank", { method: "POST", headers, body }));
 * console.log(response.status); // 200
 * await server.close();
 */
export function createRerankServer(options: RerankServerOptions = {}): RerankServer {
  return new Server(checkOptions(options));
}

/** {@link createRerankServer}'s server, with what only crossrank's own command line needs. */
export class Server implements RerankServer {
  readonly ready: Promise<void>;
  readonly needsKey: boolean;
  readonly #options: CheckedOptions;
  readonly #models: Models;
  readonly #metrics: Metrics;
  readonly #hasKey: KeyCheck;
  readonly #tracer: Tracer = createTracer();
  readonly #context: RankContext;
  readonly #app: Hono<{ Variables: Variables }>;
  readonly #running = new Set<Promise<unknown>>();
  #phase: Phase = "loading";
  #closed: Promise<void> | undefined;

  constructor(options: CheckedOptions) {
    this.#options = options;
    this.needsKey = options.apiKeys.length > 0;
    this.#models = new Models(options);
    this.#metrics = new Metrics(this.#models, () => this.#running.size);
    this.#hasKey = createKeyCheck(options.apiKeys);
    const held = new HeldBytes();
    this.#context = {
      models: this.#models,
      options,
      metrics: this.#metrics,
      held,
      bodies: new BodyReader(options.maxBodyBytes, held),
      admit: (request) => this.#admit(request),
    };
    this.#app = this.#createApp();
    this.ready = this.#models.warmUp().finally(() => {
      if (this.#phase === "loading") this.#phase = this.#models.isReady ? "ready" : "failed";
    });
    this.ready.catch(() => undefined); // not an unhandled rejection; callers that await `ready` still get the error
  }

  async fetch(request: Request): Promise<Response> {
    return this.#app.fetch(request);
  }

  drain({ refuses = false }: { refuses?: boolean } = {}): void {
    if (this.#phase !== "refusing") this.#phase = refuses ? "refusing" : "leaving";
  }

  close(): Promise<void> {
    this.drain({ refuses: true });
    this.#closed ??= Promise.allSettled(this.#running).then(() => this.#models.close());
    return this.#closed;
  }

  /** What tools for agents need. @param headers of the request that the tools belong to; they have its key */
  toolHost(headers: Headers = new Headers()): ToolHost {
    const models = this.#models;
    return {
      get modelNames() {
        return listModels(models).map(({ id }) => id);
      },
      rank: (request, control) => this.#rankForTool(request, control, headers),
    };
  }

  async #rankForTool(request: RankRequest, { signal, onProgress }: RankControl, given: Headers): Promise<RankReply> {
    // A tool waits for the models. The client cannot know that they are loading.
    await untilAborted(
      this.ready.catch(() => undefined),
      signal,
    );
    const startedMs = performance.now();
    const headers = new Headers(given);
    headers.set("content-type", "application/json");
    headers.delete("content-length");
    const config = { ...request.config, return: ["model", "warnings"] };
    const body = JSON.stringify({ query: request.query, documents: request.documents, config });
    const ranking = new Request(`http://crossrank${mcpPath}`, { method: "POST", headers, body, signal });
    const requestId = requestIdOf(headers);
    const call = { route: toolRoute, request: ranking, model: undefined, onProgress };
    const { response, record } = await this.#track(answerRanking(this.#context, call, requestId));
    this.#log(ranking, requestId, response.status, performance.now() - startedMs, record);
    const reply = (await response.json()) as RankReply & { error?: { message: string } };
    if (reply.error !== undefined) throw new Error(reply.error.message);
    return reply;
  }

  async #track<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work);
    try {
      return await work;
    } finally {
      this.#running.delete(work);
    }
  }

  #createApp(): Hono<{ Variables: Variables }> {
    const app = new Hono<{ Variables: Variables }>({ getPath: plainPath }).basePath(this.#options.basePath);
    const { corsOrigins } = this.#options;
    app.use(async (context, next) => {
      const startedMs = performance.now();
      const requestId = requestIdOf(context.req.raw.headers);
      context.set("requestId", requestId);
      await next();
      context.header("x-request-id", requestId);
      this.#log(context.req.raw, requestId, context.res.status, performance.now() - startedMs, context.get("record"));
    });
    if (corsOrigins.length > 0)
      app.use(
        cors({ origin: [...corsOrigins], exposeHeaders: ["x-request-id", "retry-after", "x-crossrank-truncated", "x-crossrank-ignored"] }),
      );

    this.#addRankings(app);
    this.#addInformation(app);
    this.#addTools(app);
    app.notFound(({ req, get }) => {
      const message = `path: nothing is here. Rankings are at ${this.#pathsLike(req.path)}. See ${this.#options.basePath}/docs.`;
      return this.#refuse(req.path, get("requestId"), new ServerError(404, "not-found", message));
    });
    app.onError((error, context) => this.#refuse(context.req.path, context.get("requestId"), error));
    return app;
  }

  #addRankings(app: Hono<{ Variables: Variables }>): void {
    for (const route of routes) {
      const pattern = patternOf(route.path);
      app.post(pattern, async ({ req, get, set }) => {
        const call = { route, request: req.raw, model: req.param("model") };
        const work = this.#tracer.trace(req.raw, route.path, () => answerRanking(this.#context, call, get("requestId")));
        const { response, record } = await this.#track(work);
        set("record", record);
        return response;
      });
      app.all(pattern, ({ req, get }) => this.#wrongMethod(req.path, get("requestId"), "POST"));
    }
  }

  #addInformation(app: Hono<{ Variables: Variables }>): void {
    const add = (paths: readonly string[], isOpen: boolean, answer: (id: string) => Response | Promise<Response>): void => {
      for (const path of paths.map(patternOf)) {
        app.get(path, async ({ req }) => {
          if (!isOpen) await this.#checkKey(req.raw);
          return answer(req.param("model") ?? "");
        });
        app.all(path, ({ req, get }) => this.#wrongMethod(req.path, get("requestId"), "GET"));
      }
    };
    const models = this.#models;
    // Probes send no keys, and these replies contain nothing secret.
    add(alivePaths, true, () => Response.json({ status: "ok" }));
    add(readyPaths, true, () => this.#readiness());
    // Xinference's client asks here, without a key, whether the server needs one.
    add(keyPaths, true, () => Response.json({ auth: this.#options.apiKeys.length > 0 }));
    add(infoPaths, false, () => Response.json(describeServer(models, this.#options, packageJson.version)));
    add(modelListPaths, false, () => Response.json({ object: "list", data: listModels(models) }));
    add(modelPaths, false, (name) => Response.json(describeModelNamed(models, name)));
    add(["/cohere/v1/models"], false, () => Response.json({ models: listModels(models).map(toCohereModel) }));
    add(["/cohere/v1/models/{model}"], false, (name) => Response.json(toCohereModel(describeModelNamed(models, name))));
    add(["/together/v1/models"], false, () => Response.json(listModels(models).map((model) => ({ ...model, type: "rerank" }))));
    add(
      ["/metrics"],
      false,
      async () => new Response(await this.#metrics.render(), { headers: { "content-type": this.#metrics.contentType } }),
    );
    const openApi = createOpenApiDocument(packageJson.version, this.#options.basePath);
    add(["/openapi.json"], false, () => Response.json(openApi));
    for (const { path, answer } of docsPage(this.#options.basePath)) add([path], true, answer);
  }

  #addTools(app: Hono<{ Variables: Variables }>): void {
    const answer = createMcpRoute({
      bodies: this.#context.bodies,
      corsOrigins: this.#options.corsOrigins,
      hostFor: ({ headers }) => this.toolHost(headers),
    });
    app.all(mcpPath, async ({ req }) => {
      await this.#checkKey(req.raw);
      return answer(req.raw);
    });
  }

  async #admit(request: Request): Promise<void> {
    await this.#checkKey(request);
    if (this.#phase === "refusing")
      throw new ServerError(503, "draining", "The server is stopping. Send it to another one.", { retryAfterSecs: 1 });
    if (this.#phase === "loading")
      throw new ServerError(503, "loading", "The server is loading its models. Try again later.", { retryAfterSecs: 1 });
    if (this.#running.size > this.#options.maxRequests) {
      const message = `The server is answering ${this.#options.maxRequests} requests already. Try again later.`;
      throw new ServerError(429, "overloaded", message, { retryAfterSecs: 1 });
    }
  }

  async #checkKey(request: Request): Promise<void> {
    if (await this.#hasKey(request.headers)) return;
    throw new ServerError(401, "unauthorised", "A valid API key is needed, as Authorization: Bearer KEY.");
  }

  #readiness(): Response {
    const isLeaving = this.#phase === "leaving" || this.#phase === "refusing";
    return Response.json({ status: isLeaving ? "draining" : this.#phase }, { status: this.#phase === "ready" ? 200 : 503 });
  }

  #pathsLike(path: string): string {
    const { basePath } = this.#options;
    return pathsLike(path.slice(basePath.length), basePath);
  }

  #wrongMethod(path: string, requestId: string, allowed: string): Response {
    const like = allowed === "GET" ? ` Rankings are at ${this.#pathsLike(path)}.` : "";
    const response = this.#refuse(path, requestId, new ServerError(405, "invalid-input", `method: this path takes ${allowed}.${like}`));
    response.headers.set("allow", allowed);
    return response;
  }

  /** An error in the dialect of the path. */
  #refuse(path: string, requestId: string, error: unknown): Response {
    const failure = failureOf(error, requestId);
    if (failure.internal !== undefined) this.#options.logger?.error({ requestId, ...internalOf(failure.internal) }, "request failed");
    const { status, body } = dialectAt(path.slice(this.#options.basePath.length)).encodeError(failure);
    return Response.json(body, { status, headers: status === 401 ? { "www-authenticate": "Bearer" } : {} });
  }

  #log({ method, url }: Request, requestId: string, status: number, durationMs: number, record: RankRecord | undefined): void {
    const { logger } = this.#options;
    if (logger === undefined) return;
    const { failure, ...ranking } = record ?? {};
    // Log the path without the query string, which may contain a key.
    const fields = { requestId, method, path: new URL(url).pathname, status, durationMs: Math.round(durationMs), ...ranking };
    if (failure?.internal !== undefined) logger.error({ ...fields, code: failure.code, ...internalOf(failure.internal) }, "request failed");
    else if (record !== undefined || status >= 400)
      logger.info({ ...fields, ...(failure === undefined ? {} : { code: failure.code }) }, "request");
    else logger.debug(fields, "request"); // probes and metrics scrapes come several times a minute
  }
}

/** Waits for a promise, but not longer than until the signal aborts. */
async function untilAborted(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<void>((resolve) => {
    onAbort = resolve;
    if (signal.aborted) resolve();
    signal.addEventListener("abort", onAbort);
  });
  await Promise.race([promise, aborted]);
  signal.removeEventListener("abort", onAbort!);
}

/** The client's own request id if it is safe to log, else a new one. */
function requestIdOf(headers: Headers): string {
  const given = headers.get("x-request-id");
  return given !== null && /^[\w.:-]{1,128}$/.test(given) ? given : crypto.randomUUID();
}

function internalOf(error: unknown): object {
  return error instanceof Error ? { error: error.message, stack: error.stack } : { error: String(error) };
}
