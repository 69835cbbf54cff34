/** The server as a function from requests to responses, on backends and on the bundled model. */
import { fileURLToPath } from "node:url";
import { context, propagation, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { clearRerankerBackends, registerRerankerBackend, rerank } from "../src/index.ts";
import type { RerankServerOptions } from "../src/server/options.ts";
import { createRerankServer, type RerankServer } from "../src/server/server.ts";
import { withBothScores } from "./support/serve.node.ts";

const query = "How to train a dog";
const documents = ["Cats are independent animals.", "Dog training requires patience.", "Bird care includes proper cage setup."];

let servers: RerankServer[] = [];

const start = async (options: RerankServerOptions = {}): Promise<RerankServer> => {
  const server = createRerankServer({ models: ["plugin:length"], ...options });
  servers.push(server);
  await server.ready;
  return server;
};

const post = (server: RerankServer, path: string, body: unknown, init: RequestInit = {}): Promise<Response> =>
  server.fetch(
    new Request(`http://localhost${path}`, {
      method: "POST",
      body: typeof body === "string" ? body : JSON.stringify(body),
      ...init,
      headers: { "content-type": "application/json", ...init.headers },
    }),
  );
const get = (server: RerankServer, path: string, headers: Record<string, string> = {}): Promise<Response> =>
  server.fetch(new Request(`http://localhost${path}`, { headers }));
const metric = async (server: RerankServer, name: string): Promise<number> => {
  const line = (await (await get(server, "/metrics")).text())
    .split("\n")
    .find((candidate) => candidate.startsWith(`${name} `) || candidate.startsWith(`${name}{`));
  return Number(line?.split(" ").at(-1) ?? Number.NaN);
};

let release: () => void = () => undefined;

beforeEach(() => {
  registerRerankerBackend({ name: "length", rerank: (_query, texts) => texts.map((text) => text.length) });
  // Answers when it is told to, or fails when it is aborted.
  registerRerankerBackend({
    name: "waiting",
    rerank: (_query, texts, { signal }) =>
      new Promise((resolve, reject) => {
        release = () => resolve(texts.map((_, index) => index));
        signal.addEventListener("abort", () => reject(signal.reason));
      }),
  });
  registerRerankerBackend({
    name: "failing",
    rerank: () => {
      throw new Error("secret of the backend");
    },
  });
});
afterEach(async () => {
  release();
  await Promise.all(servers.map((server) => server.close()));
  servers = [];
  await clearRerankerBackends();
});

describe("POST /rerank", () => {
  it("answers what the library answers, and nothing else", async () => {
    const server = await start({ models: ["mini"] });
    const response = await post(server, "/rerank", { query, documents });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ results: withBothScores(await rerank(query, documents)) });
  });

  it("gives objects back as they came, and takes the options of a call", async () => {
    const server = await start({ models: ["mini"] });
    const objects = [
      { id: 1, title: "Dogs", note: "x" },
      { id: 2, title: "Training a dog", tags: ["a", { b: null }] },
    ];
    const config = {
      model: { type: "preset", name: "mini" },
      top_k: 1,
      fields: ["title"],
      batch_size: 1,
      return: ["logit", "tokens", "truncated"],
    };
    const response = await post(server, "/rerank", { query, documents: objects, config });
    const expected = await rerank(query, objects, { topK: 1, fields: ["title"], return: ["logit", "tokens", "truncated"] });
    expect(await response.json()).toEqual({ results: withBothScores(expected) });
  });

  it("tells more of the reply where it is asked to", async () => {
    const server = await start({ models: ["mini"] });
    const config = { return: ["model", "usage", "timings", "warnings"], model: { type: "preset", name: "mini", max_length: 8 } };
    const body = (await (await post(server, "/rerank", { query, documents, config })).json()) as Record<string, never>;
    expect(Object.keys(body)).toEqual(["results", "model", "usage", "timings", "warnings"]);
    expect(body).toMatchObject({
      model: expect.stringMatching(/^mini@/),
      usage: { documents: 3, tokens: 24 },
      timings: { total_ms: expect.any(Number), queue_ms: expect.any(Number) },
      warnings: [{ type: "truncated", index: 0, max_tokens: 8 }, { index: 1 }, { index: 2 }],
    });
  });

  it("reads nested fields, and tells of those that no document has, in the answer and in a header of every dialect", async () => {
    const server = await start();
    const objects = [{ metadata: { title: "Cats" } }, { metadata: { title: "Dog training" }, "metadata.title": query }];
    const fields = ["metadata.title", "bodyy", "größe \ud800"];
    const body = { query, documents: objects, config: { fields, return: ["warnings"] } };
    const native = await post(server, "/rerank", body);
    const { results, warnings } = (await native.json()) as { results: { index: number }[]; warnings: object[] };
    expect(results[0]!.index).toBe(1);
    expect(warnings).toMatchObject(fields.slice(1).map((field) => ({ type: "missing-field", field })));
    const encoded = "bodyy, gr%C3%B6%C3%9Fe%20%EF%BF%BD";
    expect(native.headers.get("x-crossrank-missing-fields")).toBe(encoded);
    const cohere = await post(server, "/v1/rerank", { model: "m", query, documents: objects, rank_fields: fields });
    expect(cohere.headers.get("x-crossrank-missing-fields")).toBe(encoded);
    const fine = await post(server, "/v1/rerank", { model: "m", query, documents: objects, rank_fields: ["metadata.title"] });
    expect(fine.headers.get("x-crossrank-missing-fields")).toBeNull();
  });

  it("ranks nothing where there is nothing", async () => {
    const server = await start();
    expect(await (await post(server, "/rerank", { query, documents: [] })).json()).toEqual({ results: [] });
    expect(await (await post(server, "/rerank", { query, documents, config: { top_k: 0 } })).json()).toEqual({ results: [] });
  });

  it.each([
    ["no documents key", { query }, 422, /^documents: /],
    ["no query", { documents }, 422, /^query: /],
    ["a blank query", { query: " ", documents }, 422, /^query: /],
    ["a number among the documents", { query, documents: ["a", 3] }, 422, /^documents\[1\]: expected a string or an object/],
    ["an object without text", { query, documents: [{ id: 1 }] }, 422, /^documents\[0\]: no string under text/],
    ["a key of config beside it", { query, documents, max_length: 9 }, 422, /Send config.max_length/],
    ["an unknown key of config", { query, documents, config: { topk: 1 } }, 422, /Did you mean topK/],
    ["an unknown preset", { query, documents, config: { model: "nothing" } }, 404, /there is no preset "nothing"/],
    ["an unknown backend", { query, documents, config: { model: "plugin:nothing" } }, 404, /no backend named "nothing"/],
    ["a list", [], 422, /expected a JSON object/],
    ["null", "null", 422, /expected a JSON object/],
    ["no JSON", "{", 400, /not valid JSON/],
  ])("refuses %s", async (_what, body, status, message) => {
    const response = await post(await start(), "/rerank", body);
    expect(response.status).toBe(status);
    const { error } = (await response.json()) as { error: { message: string; code: string; request_id: string } };
    expect(error.message).toMatch(message);
    expect(error.request_id).toBe(response.headers.get("x-request-id"));
  });
});

describe("limits", () => {
  it("an integer beyond 2^53 in a document that comes back is refused by name; elsewhere it changes nothing", async () => {
    const server = await start();
    const send = (path: string, more: string): Promise<Response> =>
      server.fetch(
        new Request(`http://127.0.0.1${path}`, {
          method: "POST",
          headers: { "content-type": "application/json", host: "127.0.0.1" },
          body: `{"query":"q","documents":["a",{"text":"b","meta":{"ids":[1,9007199254740993]}}]${more}}`,
        }),
      );
    for (const [path, more] of [
      ["/rerank", ""],
      ["/v1/rerank", ',"model":"x","return_documents":true'],
    ] as const) {
      const reply = await send(path, more);
      expect(reply.status).toBeGreaterThanOrEqual(400);
      expect(await reply.text()).toMatch(/documents\[1\]\.meta\.ids\[1\]: an integer beyond 2\^53/);
    }
    expect((await send("/v1/rerank", ',"model":"x","return_documents":false')).status).toBe(200);
  });

  const count = (length: number): string[] => Array.from({ length }, (_, index) => `document ${index}`);

  it("take 1024 documents and no more, in the words of each dialect", async () => {
    const server = await start();
    expect((await post(server, "/rerank", { query, documents: count(1024) })).status).toBe(200);
    const native = await post(server, "/rerank", { query, documents: count(1025) });
    expect(native.status).toBe(422);
    expect(await native.json()).toMatchObject({
      error: { code: "invalid-input", message: expect.stringMatching(/at most 1024, got 1025/) },
    });
    const cohere = await post(server, "/v2/rerank", { model: "m", query, documents: count(1025) });
    expect(cohere.status).toBe(400);
    expect(await cohere.json()).toMatchObject({ message: expect.stringMatching(/at most 1024, got 1025/) });
    const tei = await post(server, "/tei/rerank", { query, texts: count(1025) });
    expect(tei.status).toBe(422);
    expect(await tei.json()).toMatchObject({ error_type: "Validation", error: expect.stringMatching(/1024.*1025/) });
  });

  it("can be set", async () => {
    const server = await start({ maxDocuments: 2, maxQueryChars: 30, maxDocumentChars: 40, maxBodyBytes: 500 });
    const messageOf = async (body: object): Promise<string> =>
      ((await (await post(server, "/rerank", body)).json()) as { error: { message: string } }).error.message;
    expect(await messageOf({ query, documents: count(3) })).toMatch(/^documents: .*at most 2, got 3/);
    expect(await messageOf({ query: "x".repeat(31), documents: count(1) })).toMatch(/^query: .*at most 30 characters, got 31/);
    expect(await messageOf({ query, documents: ["x".repeat(41)] })).toMatch(/^documents\[0\]: .*at most 40 characters, got 41/);
    expect(await messageOf({ query, documents: [{ text: "", more: "x".repeat(40) }] })).toMatch(/^documents\[0\]: .*at most 40/);
    expect((await post(server, "/rerank", { query, documents: [], more: "x".repeat(500) })).status).toBe(413);
  });

  it("answer 429 with Retry-After once too many requests are under way", async () => {
    const server = await start({ models: ["plugin:waiting", "plugin:length"], maxRequests: 1 });
    const first = post(server, "/rerank", { query, documents });
    await expect.poll(() => metric(server, "crossrank_requests_in_flight")).toBe(1);
    const second = await post(server, "/rerank", { query, documents });
    expect(second.status).toBe(429);
    expect(Number(second.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    release();
    expect((await first).status).toBe(200);
    expect(await metric(server, "te_request_failure")).toBe(1);
  });

  it("answer 504 past the deadline, the server's or the request's own", async () => {
    const server = await start({ models: ["plugin:waiting"], timeoutSecs: 0.05 });
    expect((await post(server, "/rerank", { query, documents })).status).toBe(504);
    const patient = await start({ models: ["plugin:waiting"] });
    const response = await post(patient, "/rerank", { query, documents, config: { max_rerank_duration_secs: 0.01 } });
    expect(response.status).toBe(504);
    expect(await metric(patient, "crossrank_dropped_documents_total")).toBe(3);
  });
});

describe("a client that goes away", () => {
  it("is counted, and its ranking dropped", async () => {
    const server = await start({ models: ["plugin:waiting"] });
    const controller = new AbortController();
    const answer = post(server, "/rerank", { query, documents }, { signal: controller.signal });
    await expect.poll(() => metric(server, "crossrank_requests_in_flight")).toBe(1);
    controller.abort();
    expect((await answer).status).toBe(499);
    expect(await metric(server, "crossrank_cancelled_requests_total")).toBe(1);
    expect(await metric(server, "crossrank_dropped_documents_total")).toBe(3);
  });
});

describe("models", () => {
  it("answer to their served names, to presets and backends; the first one to any other name, which is counted", async () => {
    const server = await start({ models: [{ name: "house", model: "mini" }, "plugin:length"] });
    const modelOf = async (model: string | undefined): Promise<string> =>
      ((await (await post(server, "/v1/rerank", { model, query, documents })).json()) as { model: string }).model;
    expect(await modelOf(undefined)).toBe("house");
    expect(await modelOf("house")).toBe("house");
    expect(await modelOf("mini")).toBe("house");
    expect(await modelOf("plugin:length")).toBe("plugin:length");
    expect(await metric(server, "crossrank_unknown_model_total")).toBeNaN();
    expect(await modelOf("rerank-v3.5")).toBe("house");
    expect(await metric(server, "crossrank_unknown_model_total")).toBe(1);
    const ids = ((await (await get(server, "/v1/models")).json()) as { data: { id: string }[] }).data.map(({ id }) => id);
    expect(ids.slice(0, 2)).toEqual(["house", "plugin:length"]);
    expect(ids).toEqual(expect.arrayContaining(["balanced", "plugin:failing"]));
  });

  it("may have several names: each answers under its own, in every format, and all share what was loaded", async () => {
    const names = ["a", "b"].map((name) => ({ name, model: "mini" }));
    const server = await start({ models: [...names, { name: "c", model: "plugin:length" }] });
    for (const name of ["a", "b", "c"]) {
      const { model } = (await (await post(server, "/v1/rerank", { model: name, query, documents })).json()) as { model: string };
      expect(model).toBe(name);
      const scored = await post(server, "/score", { model: name, text_1: query, text_2: documents });
      expect(await scored.json()).toMatchObject({ model: name });
      expect((await post(server, "/rerank", { query, documents, config: { model: name } })).status).toBe(200);
    }
    const record = (await (await get(server, "/v1/models/b")).json()) as object;
    expect(record).toMatchObject({ id: "b", model_name: "b", max_tokens: expect.any(Number) });
    // One Reranker behind both names: its numbers stand once, and hold the requests of either.
    const text = await (await get(server, "/metrics")).text();
    expect(text.match(/^crossrank_passes_total\{model="(a|b)"\} .*$/gm)).toHaveLength(1);
    const passes = await metric(server, 'crossrank_passes_total{model="a"}');
    await post(server, "/v1/rerank", { model: "b", query: "Where do cats sleep?", documents });
    expect(await metric(server, 'crossrank_passes_total{model="a"}')).toBeGreaterThan(passes);
  });

  it("that nobody knows are the dialect's 404 if the server is strict", async () => {
    const server = await start({ strictModel: true });
    const voyage = await post(server, "/voyage/v1/rerank", { model: "rerank-2", query, documents });
    expect(voyage.status).toBe(404);
    expect(await voyage.json()).toEqual({ detail: "model: this server has none of that name. It serves plugin:length." });
    expect((await post(server, "/voyage/v1/rerank", { query, documents })).status).toBe(200);
  });

  it("that fail are told by their code alone", async () => {
    const server = await start();
    const response = await post(server, "/rerank", { query, documents, config: { model: "plugin:failing" } });
    expect(response.status).toBe(502);
    const text = await response.text();
    expect(text).not.toContain("secret");
    expect(JSON.parse(text)).toMatchObject({ error: { code: "plugin", message: expect.stringContaining("request id") } });
  });

  it("that requests bring in are kept within the bound", async () => {
    const server = await start({ models: ["mini"], maxModels: 1 });
    for (const max_length of [16, 32, 16]) {
      const response = await post(server, "/rerank", { query, documents, config: { model: { type: "preset", name: "mini", max_length } } });
      expect(response.status).toBe(200);
    }
    const text = await (await get(server, "/metrics")).text();
    expect(text.match(/^crossrank_passes_total\{model="mini"\}/gm)).toHaveLength(1);
  });

  it("that are not here are a 404 where nothing may be downloaded", async () => {
    const server = await start({ allowDownload: false });
    const response = await post(server, "/rerank", {
      query,
      documents,
      config: { model: { type: "preset", name: "quality", max_length: 99 } },
    });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({
      error: { code: "unknown-model", message: expect.stringContaining("downloads no models") },
    });
  });

  it("are refused at the start when they cannot be named, and tell what keeps them from loading", async () => {
    expect(() => createRerankServer({ models: ["no-such-preset"] })).toThrow(expect.objectContaining({ code: "unknown-model" }));
    expect(() => createRerankServer({ models: ["mini", { name: "mini", model: "plugin:length" }] })).toThrow(
      /two models are called "mini"/,
    );
    const server = createRerankServer({ models: ["./no/such/folder"] });
    servers.push(server);
    await expect(server.ready).rejects.toMatchObject({ code: "unknown-model" });
    expect((await get(server, "/ready")).status).toBe(503);
  });
});

describe("keys", () => {
  it("are needed by everything but the probes, in the dialect's own words", async () => {
    const server = await start({ apiKeys: ["the-key"] });
    for (const path of ["/health", "/ready"]) expect((await get(server, path)).status).toBe(200);
    for (const path of ["/info", "/v1/models", "/metrics", "/openapi.json"]) {
      expect((await get(server, path)).status).toBe(401);
      expect((await get(server, path, { authorization: "Bearer the-key" })).status).toBe(200);
    }
    const cohere = await post(server, "/v2/rerank", { query, documents });
    expect(cohere.status).toBe(401);
    expect(await cohere.json()).toMatchObject({ message: expect.stringContaining("API key") });
    expect((await post(server, "/pinecone/rerank", { query, documents }, { headers: { "api-key": "the-key" } })).status).toBe(200);
  });
});

describe("pages of other origins", () => {
  const preflight = (server: RerankServer): Promise<Response> =>
    server.fetch(
      new Request("http://localhost/rerank", {
        method: "OPTIONS",
        headers: {
          origin: "https://app.example",
          "access-control-request-method": "POST",
          "access-control-request-headers": "content-type",
        },
      }),
    );

  it("may not call by default", async () => {
    expect((await preflight(await start())).headers.get("access-control-allow-origin")).toBeNull();
  });

  it("may call where they are named", async () => {
    const server = await start({ corsOrigins: ["https://app.example"] });
    expect((await preflight(server)).headers.get("access-control-allow-origin")).toBe("https://app.example");
    const other = await start({ corsOrigins: ["https://other.example"] });
    expect((await preflight(other)).headers.get("access-control-allow-origin")).toBeNull();
  });
});

describe("readiness", () => {
  it("comes with the models; before that, rankings get 503 and the process is alive", async () => {
    let finish: () => void = () => undefined;
    registerRerankerBackend({
      name: "slow to load",
      initialize: () => new Promise((resolve) => (finish = resolve)),
      rerank: (_query, texts) => texts.map(() => 1),
    });
    const server = createRerankServer({ models: ["plugin:slow to load"] });
    servers.push(server);
    expect((await get(server, "/health")).status).toBe(200);
    expect(await (await get(server, "/ready")).json()).toEqual({ status: "loading" });
    const early = await post(server, "/rerank", { query, documents });
    expect(early.status).toBe(503);
    expect(early.headers.get("retry-after")).toBe("1");
    finish();
    await server.ready;
    expect((await get(server, "/ready")).status).toBe(200);
    expect((await post(server, "/rerank", { query, documents })).status).toBe(200);
  });

  it("ends with a drain: first on paper, then for new rankings; those under way are answered", async () => {
    const server = await start({ models: ["plugin:waiting", "plugin:length"] });
    const underWay = post(server, "/rerank", { query, documents });
    await expect.poll(() => metric(server, "crossrank_requests_in_flight")).toBe(1);
    server.drain();
    expect(await (await get(server, "/ready")).json()).toEqual({ status: "draining" });
    expect((await post(server, "/rerank", { query, documents, config: { model: "plugin:length" } })).status).toBe(200);
    server.drain({ refuses: true });
    expect((await post(server, "/rerank", { query, documents, config: { model: "plugin:length" } })).status).toBe(503);
    const closed = server.close();
    release();
    expect((await underWay).status).toBe(200);
    await closed;
  });
});

describe("what a server tells of itself", () => {
  it("has text-embeddings-inference's /info, and its times in headers", async () => {
    const server = await start({ models: ["mini"], maxDocuments: 100 });
    expect(await (await get(server, "/tei/info")).json()).toMatchObject({
      model_id: "mini",
      model_sha: expect.any(String),
      served_model_name: "mini",
      model_type: { reranker: {} },
      max_input_length: 512,
      max_client_batch_size: 100,
      max_concurrent_requests: 1024,
      auto_truncate: true,
    });
    const { headers } = await post(server, "/tei/rerank", { query, texts: documents });
    expect(headers.get("x-compute-type")).toBe("cpu");
    for (const name of ["x-compute-time", "x-total-time", "x-tokenization-time", "x-queue-time", "x-inference-time"]) {
      expect(headers.get(name)).toMatch(/^\d+$/);
    }
    const ranked = await rerank(query, documents, { return: ["tokens"] });
    expect(headers.get("x-compute-tokens")).toBe(String(ranked.reduce((sum, { tokens }) => sum + tokens!, 0)));
    expect(headers.get("x-compute-characters")).toBe(String(3 * query.length + documents.join("").length));
  });

  it("never tells where a served folder lies", async () => {
    const folder = fileURLToPath(new URL("fixtures/models/tiny-bert", import.meta.url));
    const models = [
      "./test/fixtures/models/tiny-bert",
      { name: "deep", model: { type: "fallback" as const, models: [folder] } },
      "./no/such",
    ];
    for (const served of models) {
      const server = createRerankServer({ models: [served] });
      servers.push(server);
      await server.ready.catch(() => undefined); // the one that is not there
      const config = { instruction: "x", return: ["model", "warnings"] };
      const answers = [await post(server, "/rerank", { query, documents, config }), await post(server, "/v1/rerank", { query, documents })];
      for (const path of ["/info", "/v1/models", "/metrics", "/openapi.json"]) answers.push(await get(server, path));
      const texts = await Promise.all(answers.map((answer) => answer.text()));
      for (const text of texts) expect(text).not.toMatch(/fixtures|no\/such/);
      expect(texts.join("\n")).not.toContain(process.cwd());
      if (served !== "./no/such") expect(texts[0]).toMatch(/tiny-bert/);
    }
  });

  it("counts work for Prometheus", async () => {
    const server = await start({ models: [{ name: "short", model: { type: "preset", name: "mini", maxLength: 12 } }] });
    const response = await post(server, "/jina/v1/rerank", { query, documents });
    expect(response.headers.get("x-crossrank-truncated")).toBe("3");
    expect(await metric(server, "crossrank_truncated_documents_total")).toBe(3);
    expect(await metric(server, "crossrank_documents_total")).toBe(3);
    expect(await metric(server, "crossrank_tokens_total")).toBe(36);
    expect(await metric(server, 'crossrank_passes_total{model="short"}')).toBe(3);
    expect(await metric(server, 'crossrank_padding_tokens_total{model="short"}')).toBe(0);
    expect(await metric(server, 'crossrank_requests_total{dialect="jina",status="200"}')).toBe(1);
    expect(await metric(server, "te_request_queue_duration_count")).toBe(1);
    expect(await metric(server, "te_queue_size")).toBe(0);
  });

  it("says which words of a request have no effect", async () => {
    const response = await post(await start(), "/v2/rerank", { query, documents, max_tokens_per_doc: 10 });
    expect(response.headers.get("x-crossrank-ignored")).toBe("max_tokens_per_doc");
  });

  it("takes a client's request id where it can stand in a log", async () => {
    const server = await start();
    const idOf = async (id: string): Promise<string | null> =>
      (await post(server, "/rerank", { query, documents }, { headers: { "x-request-id": id } })).headers.get("x-request-id");
    expect(await idOf("abc-1")).toBe("abc-1");
    expect(await idOf('a" b')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("logs a line a request, without texts and keys", async () => {
    const lines: string[] = [];
    const write = (fields: object, message: string): void => void lines.push(JSON.stringify({ ...fields, message }));
    const server = await start({
      models: ["mini", "plugin:failing"],
      apiKeys: ["marker-key"],
      logger: { debug: write, info: write, warn: write, error: write },
    });
    const headers = { authorization: "Bearer marker-key" };
    const marked = { query: "marker-query", documents: ["marker-document", { text: "marker-object" }] };
    await post(server, "/rerank?api_key=marker-parameter", marked, { headers });
    await post(server, "/rerank", { ...marked, documents: ["marker-document", 3] }, { headers });
    await post(server, "/rerank", { ...marked, config: { "marker-config": 1 } }, { headers });
    await post(server, "/rerank", { ...marked, config: { model: "plugin:failing" } }, { headers });
    await post(server, "/rerank", marked, { headers: { authorization: "Bearer marker-wrong" } });
    await post(server, "/v1/rerank", '{"query":"marker-query', { headers });
    expect(lines.join("\n")).not.toContain("marker");
    const requests = lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ message }) => message !== "model loaded");
    expect(requests.map(({ status, code, dialect, message }) => [status, code, dialect, message])).toEqual([
      [200, undefined, "native", "request"],
      [422, "invalid-input", "native", "request"],
      [422, "invalid-input", "native", "request"],
      [502, "plugin", "native", "request failed"],
      [401, "unauthorised", "native", "request"],
      [400, "invalid-input", "union", "request"],
    ]);
    expect(requests[3]).toMatchObject({ error: expect.stringContaining("secret of the backend"), stack: expect.any(String) });
  });

  it("answers 404 and 405 with what it has", async () => {
    const server = await start({ basePath: "/api" });
    expect((await get(server, "/api/nothing")).status).toBe(404);
    const wrong = await get(server, "/api/rerank");
    expect(wrong.status).toBe(405);
    expect(wrong.headers.get("allow")).toBe("POST");
    expect((await post(server, "/api/rerank", { query, documents })).status).toBe(200);
  });

  it("serves its page from its own files", async () => {
    const server = await start({ basePath: "/api" });
    const page = await (await get(server, "/api/docs")).text();
    const sources = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => source!);
    expect(sources).toEqual(["/api/docs/swagger-ui.css", "/api/docs/swagger-ui-bundle.js", "/api/docs/start.js"]);
    expect(await (await get(server, "/api/docs/start.js")).text()).toContain('"/api/openapi.json"');
  });
});

describe("traces", () => {
  const exporter = new InMemorySpanExporter();

  beforeAll(() => {
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  });
  afterAll(() => {
    trace.disable();
    context.disable();
    propagation.disable();
  });

  it("have a span for each ranking, child of the request's own", async () => {
    const server = await start();
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    await post(server, "/v1/rerank", { query, documents }, { headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` } });
    await post(server, "/rerank", { query, documents, config: { model: "plugin:failing" } });
    const [first, second] = exporter.getFinishedSpans();
    expect(first).toMatchObject({ name: "POST /v1/rerank", parentSpanContext: { spanId: "b7ad6b7169203331" } });
    expect(first!.spanContext().traceId).toBe(traceId);
    expect(first!.attributes).toMatchObject({
      "http.response.status_code": 200,
      "crossrank.dialect": "union",
      "crossrank.model": "plugin:length",
      "crossrank.documents": 3,
    });
    expect(second!.attributes).toMatchObject({ "http.response.status_code": 502, "error.type": "plugin" });
    expect(JSON.stringify([first!.attributes, second!.attributes])).not.toContain("train");
  });
});
