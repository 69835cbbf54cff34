import { Hono } from "hono";
import { cors } from "hono/cors";
import packageJson from "../../package.json" with { type: "json" };
import { createKeyCheck, type KeyCheck } from "./auth.ts";
import { BodyReader } from "./body.ts";
import { docsPage } from "./docs-page.node.ts";
import { HeldBytes } from "./held-bytes.ts";
import { describeModelNamed, describeServer, listModels, toCohereModel } from "./information.ts";
import { Metrics } from "./metrics.ts";
import { createOpenApiDocument } from "./openapi.ts";
import { type CheckedOptions, checkOptions, type RerankServerOptions } from "./options.ts";
import { alivePaths, infoPaths, keyPaths, modelListPaths, modelPaths, patternOf, plainPath, readyPaths } from "./paths.ts";
import { answerRanking, type RankContext, type RankRecord } from "./rank-handler.ts";
import { dialectAt, routes } from "./routes.ts";
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

class Server implements RerankServer {
  readonly ready: Promise<void>;
  readonly needsKey: boolean;
  readonly #options: CheckedOptions;
  readonly #models: Models;
  readonly #metrics: Metrics;
  readonly #hasKey: KeyCheck;
  readonly #tracer: Tracer = createTracer();
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
    app.notFound((context) =>
      this.#refuse(context.req.path, context.get("requestId"), new ServerError(404, "not-found", "path: nothing is here. See /docs.")),
    );
    app.onError((error, context) => this.#refuse(context.req.path, context.get("requestId"), error));
    return app;
  }

  #addRankings(app: Hono<{ Variables: Variables }>): void {
    const held = new HeldBytes();
    const context: RankContext = {
      models: this.#models,
      options: this.#options,
      metrics: this.#metrics,
      held,
      bodies: new BodyReader(this.#options.maxBodyBytes, held),
      admit: (request) => this.#admit(request),
    };
    for (const route of routes) {
      const pattern = patternOf(route.path);
      app.post(pattern, async ({ req, get, set }) => {
        const call = { route, request: req.raw, model: req.param("model") };
        const work = this.#tracer.trace(req.raw, route.path, () => answerRanking(context, call, get("requestId")));
        this.#running.add(work);
        try {
          const { response, record } = await work;
          set("record", record);
          return response;
        } finally {
          this.#running.delete(work);
        }
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

  #wrongMethod(path: string, requestId: string, allowed: string): Response {
    const response = this.#refuse(path, requestId, new ServerError(405, "invalid-input", `method: this path takes ${allowed}.`));
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

/** The client's own request id if it is safe to log, else a new one. */
function requestIdOf(headers: Headers): string {
  const given = headers.get("x-request-id");
  return given !== null && /^[\w.:-]{1,128}$/.test(given) ? given : crypto.randomUUID();
}

function internalOf(error: unknown): object {
  return error instanceof Error ? { error: error.message, stack: error.stack } : { error: String(error) };
}
