/** What words of a request mean in every dialect: how long pairs are cut, where, how many results come back; and which words mean nothing. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { codecs } from "../src/dialects/dialects.ts";
import { clearRerankerBackends, type RankOptions, registerRerankerBackend, rerank } from "../src/index.ts";
import { routes } from "../src/server/routes.ts";
import { createRerankServer, type RerankServer } from "../src/server/server.ts";
import { dialectBodies } from "./server/bodies.ts";

const query = "How to train a dog";
const filler = "The weather in the mountains was cold and cloudy all week long. ".repeat(4);
/** What answers the query stands at the end. */
const documents = [`${filler}Dog training requires patience.`, `${filler}Cats are independent animals.`];
/** More than mini reads. */
const huge = `${filler.repeat(50)}Dog training requires patience.`;

let server: RerankServer;
beforeAll(async () => {
  registerRerankerBackend({ name: "length", rerank: (_query, texts) => texts.map((text) => text.length) });
  server = createRerankServer({ models: [{ name: "mini", model: "mini" }, "plugin:length"], strictModel: false });
  await server.ready;
});
afterAll(async () => {
  await server.close();
  await clearRerankerBackends();
});

interface Answer {
  status: number;
  body: unknown;
  ignored: string | null;
  truncated: string | null;
}

const post = async (path: string, sent: object): Promise<Answer> => {
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(sent) };
  const response = await server.fetch(new Request(`http://localhost${path}`, init));
  const { headers } = response;
  const truncated = headers.get("x-crossrank-truncated");
  return { status: response.status, body: await response.json(), ignored: headers.get("x-crossrank-ignored"), truncated };
};

/** Scores by place, whatever the dialect calls them. */
const scoresOf = ({ body }: Answer): number[] => {
  const list = (
    Array.isArray(body) ? body : ((body as Record<string, unknown>).results ?? (body as Record<string, unknown>).data)
  ) as Record<string, number>[];
  return [...list].sort((left, right) => left.index! - right.index!).map(({ score, relevance_score }) => (score ?? relevance_score)!);
};
const usageOf = ({ body }: Answer): number => (body as { usage: { total_tokens: number } }).usage.total_tokens;

const expectScores = async (answer: Answer, options: RankOptions): Promise<void> => {
  const ranked = await rerank(query, documents, options);
  const expected = documents.map((_, position) => ranked.find(({ index }) => index === position)!.score);
  scoresOf(answer).forEach((score, position) => {
    expect(score).toBeCloseTo(expected[position]!, 9);
  });
};

const pathsOf = (...names: string[]): string[] =>
  routes.filter(({ dialects }) => dialects.some(({ name }) => names.includes(name))).map(({ path }) => path);
const bodyAt = (path: string): object => (path.endsWith("/score") ? { text_1: query, text_2: documents } : { query, documents });

describe("vLLM's truncation", () => {
  const paths = pathsOf("vllm", "vllm-score", "union");

  it("is asked for at every path of vLLM, LiteLLM and our own root", () => {
    expect(paths).toEqual(
      expect.arrayContaining([
        "/rerank",
        "/v1/rerank",
        "/vllm/rerank",
        "/vllm/v1/rerank",
        "/vllm/v2/rerank",
        "/litellm/v1/rerank",
        "/score",
      ]),
    );
  });

  it.each(paths)("%s caps pairs at truncate_prompt_tokens, and cuts the side of truncation_side", async (path) => {
    const right = await post(path, { ...bodyAt(path), truncate_prompt_tokens: 24 });
    expect(right).toMatchObject({ status: 200, truncated: "2", ignored: null });
    expect(usageOf(right)).toBe(48);
    await expectScores(right, { maxLength: 24 });

    const left = await post(path, { ...bodyAt(path), truncate_prompt_tokens: "24", truncation_side: "left" });
    expect(usageOf(left)).toBe(48);
    await expectScores(left, { maxLength: 24, truncationSide: "left" });
    expect(scoresOf(left)[0]).toBeGreaterThan(10 * scoresOf(right)[0]!);

    // More than the model reads is what it reads; so is −1.
    for (const all of [100_000, -1, null]) await expectScores(await post(path, { ...bodyAt(path), truncate_prompt_tokens: all }), {});
  });

  it.each(paths)("%s refuses sides and numbers that there are not", async (path) => {
    for (const wrong of [
      { truncation_side: "middle" },
      { truncation_side: "Left" },
      { truncate_prompt_tokens: 0 },
      { truncate_prompt_tokens: -2 },
    ]) {
      const { status } = await post(path, { ...bodyAt(path), truncate_prompt_tokens: 24, ...wrong });
      expect([400, 422], JSON.stringify(wrong)).toContain(status);
    }
    const tooShort = await post(path, { ...bodyAt(path), truncate_prompt_tokens: 2 });
    expect([400, 422]).toContain(tooShort.status);
    expect(JSON.stringify(tooShort.body)).toContain("truncate_prompt_tokens is 2");
  });
});

it.each(pathsOf("tei"))("%s cuts in TEI's direction, in both of its spellings, and refuses others", async (path) => {
  const texts = [huge, huge.replace("Dog training requires patience.", "")];
  const scores: Record<string, number> = {};
  for (const truncation_direction of ["Left", "left", "Right", "right", null]) {
    const answer = await post(path, { query, texts, truncation_direction });
    expect(answer).toMatchObject({ status: 200, ignored: null, truncated: "2" });
    scores[String(truncation_direction)] = scoresOf(answer)[0]!;
  }
  expect(scores.left).toBe(scores.Left);
  expect(scores.right).toBe(scores.Right);
  expect(scores.null).toBe(scores.Right);
  expect(scores.Left).toBeGreaterThan(2 * scores.Right!);
  const [expected] = await rerank(query, [huge], { truncationSide: "left" });
  expect(scores.Left).toBeCloseTo(expected!.score, 9);
  for (const wrong of ["middle", "LEFT", "", 1]) expect((await post(path, { query, texts, truncation_direction: wrong })).status).toBe(422);
});

it("words that NIM and Pinecone do not have for truncation are refused", async () => {
  expect((await post("/nim/v1/ranking", { query: { text: query }, passages: [{ text: "a" }], truncate: "MIDDLE" })).status).toBe(422);
  expect((await post("/pinecone/rerank", { query, documents: [{ text: "a" }], parameters: { truncate: "START" } })).status).toBe(400);
});

it("our own format cuts in both spellings of its keys", async () => {
  const snake = await post("/rerank", { query, documents, config: { max_length: 24, truncation_side: "left" } });
  const camel = await post("/rerank", { query, documents, config: { maxLength: 24, truncationSide: "left" } });
  expect(snake).toEqual(camel);
  await expectScores(snake, { maxLength: 24, truncationSide: "left" });
  expect((await post("/rerank", { query, documents, config: { truncation_side: "middle" } })).status).toBe(422);
});

describe("a model that cannot cut", () => {
  const model = "plugin:length";
  it.each([
    [
      "/vllm/v1/rerank",
      { model, query, documents, truncate_prompt_tokens: 12, truncation_side: "left" },
      "truncation_side, truncate_prompt_tokens",
    ],
    [
      "/vllm/v1/score",
      { model, text_1: query, text_2: documents, truncate_prompt_tokens: 12, activation: false },
      "truncate_prompt_tokens, activation",
    ],
    [
      "/v1/rerank",
      { model, query, documents, truncation_side: "right", truncation: false, raw_scores: true },
      "truncation, truncation_side, raw_scores",
    ],
    ["/jina/v1/rerank", { model, query, documents, truncation: false }, "truncation"],
    ["/pinecone/rerank", { model, query, documents: [{ text: "a" }], parameters: { truncate: "NONE" } }, "parameters.truncate"],
    ["/nim/v1/ranking", { model, query: { text: query }, passages: [{ text: "a" }], truncate: "NONE" }, "truncate"],
    [
      "/rerank",
      { query, documents, config: { model, max_length: 12, truncationSide: "left" } },
      "config.truncationSide, config.max_length",
    ],
  ])("is told at %s by the client's own words", async (path, body, ignored) => {
    expect(await post(path, body)).toMatchObject({ status: 200, ignored });
  });
});

describe("words without a meaning", () => {
  it.each([
    ["/jina/v1/rerank", { max_doc_length: 64, return_embeddings: true }, "max_doc_length, return_embeddings"],
    ["/v1/rerank", { max_doc_length: 64 }, "max_doc_length"],
    [
      "/v1/rerank",
      { max_tokens_per_doc: 64, max_doc_length: 64, max_chunks_per_doc: 3 },
      "max_tokens_per_doc, max_doc_length, max_chunks_per_doc",
    ],
    ["/rerank", { max_chunks_per_doc: 3 }, "max_chunks_per_doc"],
    ["/v2/rerank", { priority: 5, max_tokens_per_doc: 4096 }, "priority, max_tokens_per_doc"],
    ["/cohere/v1/rerank", { max_chunks_per_doc: 3 }, "max_chunks_per_doc"],
    ["/vllm/rerank", { max_tokens_per_doc: 0, max_tokens_per_query: 9, priority: 0, user: "x" }, "max_tokens_per_query, user"],
    ["/xinference/v1/rerank", { kwargs: "{}", return_len: true, max_chunks_per_doc: null }, null],
    ["/xinference/v1/rerank", { kwargs: '{"normalize":true}', normalize: true }, "kwargs, normalize"],
    ["/v1/rerank", { top_n: 1, top_k: 2, raw_scores: false, use_activation: true }, "top_k, use_activation"],
    ["/v1/rerank", { "a, b\nc: d": 1, "": 2 }, "a%2C%20b%0Ac%3A%20d"],
  ])("are named at %s: %j", async (path, words, ignored) => {
    expect(await post(path, { query, documents, ...words })).toMatchObject({ status: 200, ignored });
  });

  it("are bounded in number and length", async () => {
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, position) => [`${position}-${"x".repeat(200)}`, 1]));
    const { ignored } = await post("/v1/rerank", { query, documents, ...many });
    expect(ignored!.split(", ")).toHaveLength(32);
    expect(ignored!.length).toBeLessThan(4000);
  });

  const known = new Map<string, readonly string[]>(
    codecs.map(({ name, requestFields, documentsKey, otherKeys = [] }) => [
      name,
      ["query", documentsKey, ...otherKeys, ...[...requestFields.values()].flat()].map((key) => key.split(".")[0]!),
    ]),
  );
  const bodies = dialectBodies.filter(({ name }) => known.has(name));
  it.each(bodies)(
    "of $name are all named: what its schema takes and its codec does not read, and what it has never heard of",
    async ({ name, route, body }) => {
      const schema = route.dialects.find((dialect) => dialect.name === name)!.request as unknown as { shape: object };
      // A model in Elasticsearch's words is refused.
      const idle = Object.keys(schema.shape).filter(
        (key) => !known.get(name)!.includes(key) && !(name === "elasticsearch" && key === "model"),
      );
      const said = Object.fromEntries(idle.map((key) => [key, meaningful(key)]));
      const { documents: _, ...rest } = body;
      const answer = await post(route.path, {
        ...(name === "llamacpp-texts" ? rest : body),
        ...said,
        "unheard-of": 1,
        truncate_prompt_tokens: undefined,
      });
      expect(answer.status, JSON.stringify(answer.body)).toBe(200);
      const names = answer.ignored!.split(", ");
      expect(names).toEqual(expect.arrayContaining([...idle, "unheard-of"]));
    },
  );

  function meaningful(key: string): unknown {
    if (["return_embeddings", "rewrite_query", "return_len"].includes(key)) return true;
    return ["kwargs", "backend", "instruct", "instruction", "task", "latency", "nextToken"].includes(key) ? "x" : 7;
  }
});

describe("the number of results", () => {
  const limited = codecs.filter(({ requestFields }) => requestFields.get("topK")?.includes("top_n"));
  const pathOf = (name: string): string =>
    pathsOf(name).find((path) => path !== "/rerank" && path !== "/v1/reranking" && path !== "/reranking") ?? "/rerank";
  it.each(limited.map((codec) => ({ name: codec.name, path: pathOf(codec.name), codec })))(
    "is read at $path in $name as top_n and as top_k",
    async ({ path, codec }) => {
      const plain = codec.encodeRequest({
        query,
        documents: codec.name === "pinecone" ? documents.map((text) => ({ text })) : documents,
      }) as object;
      const countOf = async (limit: object): Promise<number> => {
        const answer = await post(path, { ...plain, ...limit });
        expect(answer, JSON.stringify(limit)).toMatchObject({ status: 200, ignored: null });
        return codec.decodeReply(answer.body).results.length;
      };
      for (const key of ["top_n", "top_k"]) {
        expect(await countOf({ [key]: 1 })).toBe(1);
        expect(await countOf({ [key]: "1" })).toBe(1);
        expect(await countOf({ [key]: 0 })).toBe(2);
        expect(await countOf({ [key]: null })).toBe(2);
      }
      expect((await post(path, { ...plain, top_n: "many" })).status).toBeGreaterThanOrEqual(400);
      expect((await post(path, { ...plain, top_k: 1.5 })).status).toBeGreaterThanOrEqual(400);
    },
  );

  it.each(["/infinity/rerank", "/vllm/rerank", "/v1/rerank", "/rerank", "/xinference/v1/rerank", "/localai/v1/rerank", "/llamacpp/rerank"])(
    "is all at %s for −1",
    async (path) => {
      const answer = await post(path, { query, documents, top_n: -1 });
      expect(answer.status).toBe(200);
      expect(scoresOf(answer)).toHaveLength(2);
    },
  );

  it.each(["/tei/rerank", "/nim/v1/ranking"])("at %s, which has no limit, is named", async (path) => {
    const body =
      path === "/tei/rerank" ? { query, texts: documents } : { query: { text: query }, passages: documents.map((text) => ({ text })) };
    expect(await post(path, { ...body, top_n: 1 })).toMatchObject({ status: 200, ignored: "top_n" });
  });

  it.each(["top_k", "topK", "threshold", "fields", "return", "max_rerank_duration_secs"])(
    "and other keys of config that stand beside it are pointed into it: %s",
    async (key) => {
      const { status, body } = await post("/rerank", { query, documents, [key]: 1 });
      expect(status).toBe(422);
      expect((body as { error: { message: string } }).error.message).toBe(`body: unrecognized key "${key}". Send config.${key}.`);
    },
  );
});

it("truth values are read as FastAPI's services read them", async () => {
  for (const [value, isRaw] of [
    ["true", true],
    ["ON", true],
    ["1", true],
    ["false", false],
    ["no", false],
  ] as const) {
    const [score] = scoresOf(await post("/infinity/rerank", { query, documents, raw_scores: value }));
    expect(score! < 0, value).toBe(isRaw);
  }
  expect((await post("/infinity/rerank", { query, documents, raw_scores: "maybe" })).status).toBe(422);
});

describe("llama.cpp's flag for TEI's form", () => {
  it.each(["/reranking", "/rerank", "/llamacpp/v1/rerank", "/v1/reranking", "/llamacpp/rerank"])("is read at %s", async (path) => {
    const flagged = await post(path, { texts: true, documents, query, return_text: true, top_n: 1 });
    const listed = await post("/llamacpp/rerank", { texts: documents, query, return_text: true, top_n: 1 });
    expect(flagged).toEqual(listed);
    expect(flagged.body).toEqual([{ index: 0, score: expect.any(Number), text: documents[0] }]);
  });

  it("needs documents", async () => {
    expect((await post("/reranking", { texts: true, query })).status).toBe(400);
  });
});

describe("paths", () => {
  it.each(["/v1/rerank/", "//v1/rerank", "//v1//rerank//", "/vllm//v1/rerank/"])("%s is found", async (path) => {
    const found = await post(path, { query, documents });
    expect(found.status).toBe(200);
    await expectScores(found, {});
  });

  it.each([
    "/v1/retrieval/nvidia/llama-3.2-nv-rerankqa-1b-v2/reranking",
    "/v1/retrieval/nvidia/reranking",
    "/nim/v1/retrieval/a%2Fb/reranking/",
  ])("%s is NIM's, as NVIDIA hosts it", async (path) => {
    const body = { query: { text: query }, passages: documents.map((text) => ({ text })) };
    expect(await post(path, body)).toEqual(await post("/v1/ranking", body));
  });

  it("name the model where the body does not", async () => {
    const body = { query: { text: query }, passages: [{ text: "four" }] };
    const own = { body: { rankings: [{ index: 0, logit: 4 }] } };
    expect(await post("/v1/retrieval/plugin:length/reranking", body)).toMatchObject(own);
    expect(await post("/v1/retrieval/mini/reranking", { ...body, model: "plugin:length" })).toMatchObject(own);
    expect(await post("/v1/retrieval/mini/reranking", body)).not.toMatchObject(own);
  });
});

describe("what clients ask for before they rank", () => {
  const get = async (path: string, of: RerankServer = server): Promise<{ status: number; body: unknown }> => {
    const response = await of.fetch(new Request(`http://localhost${path}`));
    return { status: response.status, body: await response.json() };
  };

  it.each(["/v1/models", "/xinference/v1/models", "/vllm/v1/models", "/infinity/models", "/llamacpp/v1/models"])(
    "%s lists models, and tells of one, in the words of OpenAI and Xinference",
    async (path) => {
      const record = { id: "mini", object: "model", model_type: "rerank", model_name: "mini", model_uid: "mini", max_tokens: 512 };
      expect(await get(`${path}/mini`)).toMatchObject({ status: 200, body: record });
      expect(await get(path)).toMatchObject({
        status: 200,
        body: { object: "list", data: expect.arrayContaining([expect.objectContaining(record)]) },
      });
      // The model that a ranking under this name would get.
      expect(await get(`${path}/org/bge-reranker-x`)).toMatchObject({
        body: { id: "org/bge-reranker-x", model_type: "rerank", model_name: "mini" },
      });
      expect(await get(`${path}/BAAI/bge-reranker-base`)).toMatchObject({ body: { model_name: "balanced", context_length: 512 } });
    },
  );

  it("a name that nobody knows is a 404 where that is how the server was started, in Xinference's words too", async () => {
    const strict = createRerankServer({ models: ["plugin:length"], strictModel: true });
    await strict.ready;
    expect(await get("/v1/models/unheard-of", strict)).toMatchObject({ status: 404, body: { error: { code: "unknown-model" } } });
    expect(await get("/xinference/v1/models/unheard-of", strict)).toEqual({
      status: 400,
      body: { detail: expect.stringContaining("It serves plugin:length.") },
    });
    await strict.close();
  });

  it("Xinference's client learns without a key whether it has to send one", async () => {
    const locked = createRerankServer({ models: ["plugin:length"], apiKeys: ["k"] });
    for (const path of ["/v1/cluster/auth", "/xinference/v1/cluster/auth"]) {
      expect(await get(path)).toEqual({ status: 200, body: { auth: false } });
      expect(await get(path, locked)).toEqual({ status: 200, body: { auth: true } });
    }
    expect((await get("/v1/models/mini", locked)).status).toBe(401);
    expect(await get("/xinference/v1/models/mini", locked)).toMatchObject({ status: 401, body: { detail: expect.any(String) } });
    await locked.close();
  });

  it("Cohere's and Together's lists are in their own shapes", async () => {
    expect(await get("/cohere/v1/models?page_size=1")).toMatchObject({
      body: { models: expect.arrayContaining([expect.objectContaining({ name: "mini", endpoints: ["rerank"] })]) },
    });
    expect(await get("/cohere/v1/models/mini")).toMatchObject({ body: { name: "mini", endpoints: ["rerank"], context_length: 512 } });
    expect(await get("/together/v1/models")).toMatchObject({
      body: expect.arrayContaining([expect.objectContaining({ id: "mini", type: "rerank" })]),
    });
  });

  it.each(["/nim/v1/health/ready", "/v1/health/live", "/localai/readyz", "/litellm/health/liveliness", "/tei/ping", "/llamacpp/v1/health"])(
    "%s answers probes",
    async (path) => {
      expect((await get(path)).status).toBe(200);
    },
  );
});

describe("a pair that is too long where the request wants no cutting", () => {
  const refused = codecs.flatMap(({ name, requestFields, encodeRequest, documentsKey, encodeError, decodeError }) =>
    requestFields.has("truncate") && name !== "vllm"
      ? [{ name, path: pathsOf(name).at(-1)!, encodeRequest, documentsKey, encodeError, decodeError }]
      : [],
  );
  const remedies: Readonly<Record<string, string>> = {
    union: "set truncation to true",
    jina: "set truncation to true",
    voyage: "set truncation to true",
    pinecone: 'set parameters.truncate to "END"',
    nim: 'set truncate to "END"',
    tei: "set truncate to true",
  };

  it("is asked in every dialect that can say so", () => {
    expect(refused.map(({ name }) => name).sort()).toEqual(Object.keys(remedies).sort());
  });

  it.each(refused)("is refused in the words of $name", async ({ name, path, encodeRequest, documentsKey, decodeError }) => {
    const texts = name === "pinecone" ? [{ text: "a" }, { text: huge }] : ["a", huge];
    const limit = name === "union" ? { maxTokens: 100 } : {};
    const answer = await post(path, encodeRequest({ query, documents: texts, truncate: false, ...limit }) as object);
    expect([400, 422]).toContain(answer.status);
    const message = decodeError(answer.body)!;
    expect(message).toMatch(new RegExp(`^(body: )?${documentsKey}\\[1\\]: `));
    expect(message).toContain(`Shorten the document, or ${remedies[name]}.`);
    expect(message).toContain(`the model reads ${name === "union" ? 100 : 512}`);
    expect(message).not.toMatch(/longest_first|maxLength/);
  });

  it("is refused in our own format by our own words", async () => {
    const { status, body } = await post("/rerank", { query, documents: [huge], config: { truncation: "error" } });
    expect(status).toBe(422);
    expect((body as { error: { message: string } }).error.message).toContain('use truncation "longest_first" or "only_second"');
    const short = await post("/rerank", { query, documents, config: { max_length: 2 } });
    expect((short.body as { error: { message: string } }).error.message).toContain("config.max_length is 2");
  });
});
