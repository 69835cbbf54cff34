/** What is peculiar to hosted models beside their formats: names, keys, addresses, limits, and what is asked for. */
import { createHash, createHmac } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { networkAt, networkWith, recordedCall } from "../../../test/support/hosted-network.ts";
import { type Script, type ScriptedRequest, type ScriptedServer, startScriptedServer } from "../../../test/support/scripted-server.node.ts";
import { RerankError } from "../../errors.ts";
import type { ScoreCall, Scorer } from "../../scorer.ts";
import { scorerChecks } from "../../testing/scorer-suite.ts";
import type { CheckedLlmConfig } from "../../types.ts";
import { createHostedScorer } from "./hosted.ts";
import { listProviders } from "./known-providers.ts";

let server: ScriptedServer;
let script: Script;
beforeEach(async () => {
  script = scoreByLength;
  server = await startScriptedServer((request) => script(request));
});
afterEach(() => server.close());

/** A reranker that finds long texts good, in the formats of Cohere, TEI, NIM, Voyage and Bedrock, and bills each request one unit. */
function scoreByLength({ body }: ScriptedRequest): { json: unknown } {
  const texts: string[] = body.documents ?? body.texts ?? body.passages?.map(({ text }: { text: string }) => text) ?? bedrockTexts(body);
  const results = texts.map((text, index) => ({ index, score: text.length })).reverse();
  if (body.texts !== undefined) return { json: results };
  if (body.passages !== undefined) return { json: { rankings: results.map(({ index, score }) => ({ index, logit: score })) } };
  if (body.sources !== undefined) return { json: { results: results.map(({ index, score }) => ({ index, relevanceScore: score })) } };
  const relevance = results.map(({ index, score }) => ({ index, relevance_score: score }));
  if (body.top_k !== undefined) return { json: { object: "list", data: relevance, usage: { total_tokens: 10 } } };
  const tokens = { input_tokens: 10, output_tokens: 0 };
  return { json: { results: relevance, meta: { billed_units: { search_units: 1 }, tokens } } };
}

function bedrockTexts(body: { sources: { inlineDocumentSource: { textDocument: { text: string } } }[] }): string[] {
  return body.sources.map(({ inlineDocumentSource }) => inlineDocumentSource.textDocument.text);
}

const scorerOf = (llm: CheckedLlmConfig, variables: Record<string, string> = {}): Scorer =>
  createHostedScorer({ maxRetries: 0, ...llm }, networkWith(variables), { retryDelayMs: 1 });
/** As many texts, each as long as its place plus one. */
const growing = (count: number): string[] => Array.from({ length: count }, (_, index) => "x".repeat(index + 1));
const callOf = (texts: readonly string[], more: Partial<ScoreCall> = {}): ScoreCall => ({ ...recordedCall, texts, ...more });
/** Documents of each request, the largest first: requests that run at once arrive in any order. */
const counts = (key: string): number[] =>
  server.requests.flatMap(({ body }) => (body === undefined ? [] : [body[key].length as number])).sort((left, right) => right - left);

async function failureOf(work: Promise<unknown> | (() => unknown)): Promise<RerankError> {
  try {
    await (typeof work === "function" ? work() : work);
  } catch (error) {
    if (RerankError.is(error)) return error;
    throw error;
  }
  throw new Error("it succeeded");
}

describe("the contract of scorers", () => {
  // A server of its own for all checks: each of them makes a scorer, before anything can be awaited.
  let own: ScriptedServer;
  beforeEach(async () => {
    own = await startScriptedServer(scoreByLength);
  });
  afterEach(() => own.close());
  it.each(scorerChecks(() => createHostedScorer({ model: "cohere/x", baseUrl: own.url }, networkWith({}))))("$name", ({ run }) => run());
  it.each(scorerChecks(() => createHostedScorer({ model: "tei/x", baseUrl: own.url }, networkWith({}))))(
    "tei, in parts: $name",
    ({ run }) => run(),
  );
});

describe("the model's name", () => {
  it.each(["foo/bar", "cohere", "cohere/", "rerank-v3.5", "Cohere/x", "openai/gpt"])(
    "is refused in %s, with what is known",
    async (model) => {
      const error = await failureOf(() => scorerOf({ model }));
      expect(error).toMatchObject({ code: "invalid-input" });
      for (const { prefix } of listProviders()) expect(error.message).toContain(prefix);
    },
  );

  it("loses its prefix and nothing else", async () => {
    await scorerOf({ model: "cohere/org/model/with:more@1", baseUrl: server.url }).score(recordedCall);
    expect(server.requests[0]!.body.model).toBe("org/model/with:more@1");
  });
});

describe("the key", () => {
  const keyIn = async (
    llm: Partial<CheckedLlmConfig>,
    variables: Record<string, string>,
    model = "cohere/x",
  ): Promise<string | undefined> => {
    await createHostedScorer({ model, ...llm }, networkAt(server.url, variables)).score(recordedCall);
    return server.requests.at(-1)!.headers.authorization;
  };

  it("is the configuration's, else the provider's variables in their order", async () => {
    const variables = { COHERE_API_KEY: "first-key", CO_API_KEY: "second-key" };
    expect(await keyIn({ apiKey: "own-key" }, variables)).toBe("Bearer own-key");
    expect(await keyIn({}, variables)).toBe("Bearer first-key");
    expect(await keyIn({}, { CO_API_KEY: "second-key" })).toBe("Bearer second-key");
    expect(await keyIn({ apiKey: " own-key\n" }, {})).toBe("Bearer own-key");
  });

  it("of the environment goes to a base URL of the configuration", async () => {
    expect(await keyIn({ baseUrl: server.url }, { COHERE_API_KEY: "first-key" })).toBe("Bearer first-key");
  });

  it("of one provider never goes to another", async () => {
    const variables = { COHERE_API_KEY: "first-key", VOYAGE_API_KEY: "other-key" };
    expect(await keyIn({ baseUrl: server.url }, variables, "llamacpp/x")).toBeUndefined();
  });

  it.each(listProviders().filter(({ needsKey }) => needsKey))(
    "is asked for by option and variable: $prefix",
    async ({ prefix, variables }) => {
      const network = networkAt(server.url, {});
      const scorer = createHostedScorer({ model: `${prefix}/x`, region: "us-west-2" }, network);
      for (const work of [scorer.warmUp!(), scorer.score(recordedCall)]) {
        const error = await failureOf(work);
        expect(error.code).toBe("invalid-input");
        expect(error.message).toContain(variables[0]);
        if (prefix !== "bedrock") expect(error.message).toContain("llm.apiKey");
      }
      expect(network.asked).toEqual([]);
    },
  );

  it("is looked up at each call, so that one that is set later counts", async () => {
    const variables: Record<string, string> = {};
    const scorer = createHostedScorer({ model: "cohere/x" }, networkAt(server.url, variables));
    await expect(scorer.score(recordedCall)).rejects.toThrow("no API key");
    variables.COHERE_API_KEY = "late-key";
    await scorer.score(recordedCall);
    expect(server.requests[0]!.headers.authorization).toBe("Bearer late-key");
  });

  it("gives way to a header of the configuration, which also stands in for it", async () => {
    expect(await keyIn({ apiKey: "own-key", headers: { Authorization: "Bearer gateway-key" } }, {})).toBe("Bearer gateway-key");
    expect(await keyIn({ headers: { Authorization: "Bearer gateway-key" } }, {})).toBe("Bearer gateway-key");
  });

  it("is not needed at a base URL, and is named where it is missed there", async () => {
    script = () => ({ status: 401, json: { message: "who are you?" } });
    const error = await failureOf(scorerOf({ model: "cohere/x", baseUrl: server.url }).score(recordedCall));
    expect(error.message).toContain("answered 401: who are you?. Give a key in llm.apiKey or COHERE_API_KEY or CO_API_KEY.");
  });
});

describe("the address", () => {
  it.each([
    ["", "/rerank"],
    ["/", "/rerank"],
    ["/a/v2", "/a/v2/rerank"],
    ["/a/v2///", "/a/v2/rerank"],
    ["/deployments/x?api-version=1", "/deployments/x/rerank?api-version=1"],
  ])("is the base URL%s with the last segment behind it", async (base, path) => {
    await scorerOf({ model: "cohere/x", baseUrl: `${server.url}${base}` }).score(recordedCall);
    expect(server.requests[0]!.path).toBe(path);
  });

  it.each([
    ["vllm", "HOSTED_VLLM_API_BASE"],
    ["infinity", "INFINITY_API_BASE"],
    ["xinference", "XINFERENCE_API_BASE"],
  ])("of %s may stand in %s", async (prefix, variable) => {
    await scorerOf({ model: `${prefix}/x` }, { [variable]: `${server.url}/v1` }).score(recordedCall);
    expect(server.requests[0]!.path).toBe("/v1/rerank");
    const error = await failureOf(scorerOf({ model: `${prefix}/x` }, { [variable]: "localhost:8000" }).score(recordedCall));
    expect(error).toMatchObject({ code: "invalid-input", message: expect.stringContaining(variable) });
  });

  it("in a variable is not read where the provider has a host of its own: its key must not go there", async () => {
    const network = networkAt(server.url, { COHERE_API_BASE: server.url, COHERE_BASE_URL: server.url, COHERE_API_KEY: "first-key" });
    await createHostedScorer({ model: "cohere/x" }, network).score(recordedCall);
    expect(network.asked).toEqual(["https://api.cohere.com/v2/rerank"]);
  });

  it("of NVIDIA's own host has the model in it, in either spelling", async () => {
    const network = networkAt(server.url, { NVIDIA_API_KEY: "first-key" });
    for (const name of ["nvidia/llama-3.2-nv-rerankqa-1b-v2", "nvidia/llama-3_2-nv-rerankqa-1b-v2"]) {
      await createHostedScorer({ model: `nvidia_nim/${name}` }, network).score(recordedCall);
    }
    const url = "https://ai.api.nvidia.com/v1/retrieval/nvidia/llama-3_2-nv-rerankqa-1b-v2/reranking";
    expect(network.asked).toEqual([url, url]);
    expect(server.requests.map(({ body }) => body.model)).toEqual(Array(2).fill("nvidia/llama-3.2-nv-rerankqa-1b-v2"));
  });
});

describe("headers of the configuration", () => {
  it("go with every request, and are no part of errors", async () => {
    script = ({ headers }) => ({ status: 400, json: { message: `I know ${headers["x-gateway-key"]}` } });
    const llm = { model: "cohere/x", baseUrl: server.url, headers: { "X-Gateway-Key": "gateway-secret" } };
    const error = await failureOf(scorerOf(llm).score(recordedCall));
    expect(server.requests[0]!.headers["x-gateway-key"]).toBe("gateway-secret");
    expect(error.message).toContain("I know [redacted]");
  });
});

describe("limits", () => {
  it.each([
    ["cohere/x", 1001, "documents", [1000, 1]],
    ["pinecone/bge-reranker-v2-m3", 250, "documents", [100, 100, 50]],
    ["pinecone/cohere-rerank-3.5", 250, "documents", [200, 50]],
    ["nvidia_nim/x", 513, "passages", [512, 1]],
    ["crossrank/mini", 1025, "documents", [1024, 1]],
  ])("of %s: %i documents go in parts, with one order and one usage over all", async (model, count, key, sizes) => {
    script = (request) => {
      if (request.path.endsWith("/info")) return { status: 404 };
      const answer = scoreByLength(request).json as { results?: { index: number; relevance_score: number }[] };
      if (!model.startsWith("pinecone/")) return { json: answer };
      const lengths: { text: string }[] = request.body.documents;
      return { json: { data: lengths.map(({ text }, index) => ({ index, score: text.length })), usage: { rerank_units: 1 } } };
    };
    const { scores, usage } = await scorerOf({ model, baseUrl: server.url }).score(callOf(growing(count)));
    expect(Array.from(scores)).toEqual(growing(count).map((text) => text.length));
    expect(counts(key)).toEqual(sizes);
    expect(usage!.requests).toBe(sizes.length);
    if (model !== "nvidia_nim/x") expect(usage!.billedUnits).toBe(sizes.length);
  });

  it("of Voyage: 600,000 tokens, for which bytes stand; 300,000 for its first models", async () => {
    // 5 texts of 150,000 bytes: with the query (40 bytes) each, three fit into 600,000 and one into 300,000.
    const texts = Array.from({ length: 5 }, () => "x".repeat(150_000));
    const { usage } = await scorerOf({ model: "voyage/rerank-2.5", baseUrl: server.url }).score(callOf(texts));
    expect(counts("documents")).toEqual([3, 2]);
    expect(usage).toEqual({ requests: 2, tokens: 20 });
    for (const model of ["voyage/rerank-1", "voyage/rerank-lite-1"]) await scorerOf({ model, baseUrl: server.url }).score(callOf(texts));
    expect(counts("documents").slice(2)).toEqual(Array(10).fill(1));
  });

  it("of a short list are not looked at twice: one request", async () => {
    await scorerOf({ model: "jina/x", baseUrl: server.url }).score(callOf(growing(1000)));
    expect(server.requests).toHaveLength(1);
  });
});

describe("text-embeddings-inference", () => {
  const withInformation =
    (information: unknown): Script =>
    (request) =>
      request.path.endsWith("/info") ? { json: information } : scoreByLength(request);

  it("is asked once for how many texts it takes", async () => {
    script = withInformation({ model_id: "x", max_client_batch_size: 5 });
    const scorer = scorerOf({ model: "tei/x", baseUrl: `${server.url}/tei`, apiKey: "own-key" });
    await scorer.score(callOf(growing(12)));
    await scorer.score(callOf(growing(3)));
    expect(server.requests[0]).toMatchObject({ method: "GET", path: "/tei/info", headers: { authorization: "Bearer own-key" } });
    expect(server.requests.filter(({ method }) => method === "GET")).toHaveLength(1);
    expect(counts("texts")).toEqual([5, 5, 3, 2]);
  });

  it.each<[string, Script]>([
    ["has no such page", (request) => (request.path.endsWith("/info") ? { status: 404 } : scoreByLength(request))],
    ["tells something else", withInformation({ max_client_batch_size: "many" })],
    ["answers with a page", (request) => (request.path.endsWith("/info") ? { text: "<html>" } : scoreByLength(request))],
  ])("gets 32 at once where it %s", async (_case, answer) => {
    script = answer;
    const scorer = scorerOf({ model: "tei/x", baseUrl: server.url });
    await scorer.score(callOf(growing(40)));
    await scorer.score(callOf(growing(40)));
    expect(counts("texts")).toEqual([32, 32, 8, 8]);
    expect(server.requests.filter(({ method }) => method === "GET")).toHaveLength(1);
  });

  it("is asked again where it was down", async () => {
    script = () => ({ hangsUp: true });
    const scorer = scorerOf({ model: "tei/x", baseUrl: server.url });
    await expect(scorer.score(callOf(growing(2)))).rejects.toMatchObject({ code: "hosted" });
    script = withInformation({ max_client_batch_size: 1 });
    await scorer.score(callOf(growing(2)));
    expect(server.requests.slice(2).map(({ path }) => path)).toEqual(["/info", "/rerank", "/rerank"]);
  });

  it("gets less than 2,000,000 bytes of a body at once, the limit in its source", async () => {
    script = withInformation({ max_client_batch_size: 100 });
    const scorer = scorerOf({ model: "tei/x", baseUrl: server.url });
    await scorer.score(callOf(Array.from({ length: 7 }, () => "x".repeat(300_000))));
    expect(counts("texts")).toEqual([6, 1]);
    // JSON writes a quotation mark in two bytes.
    await scorer.score(callOf(Array.from({ length: 4 }, () => '"'.repeat(300_000))));
    expect(counts("texts").sort()).toEqual([1, 1, 3, 6]);
  });

  it("may be given up while it is asked for its limits", async () => {
    script = () => ({ isSilent: true });
    const controller = new AbortController();
    const scored = failureOf(scorerOf({ model: "tei/x", baseUrl: server.url }).score(callOf(growing(2), { signal: controller.signal })));
    while (server.requests.length === 0) await new Promise(setImmediate);
    const reason = new RerankError("aborted", "test: given up.");
    controller.abort(reason);
    expect(await scored).toBe(reason);
  });
});

describe("the kind of scores", () => {
  it.each([
    ["llamacpp/bge-reranker-v2-m3", "logit"],
    // Its two classes go through a softmax in llama.cpp.
    ["llamacpp/Qwen3-Reranker-0.6B", undefined],
    ["vllm/x", undefined],
    ["nvidia_nim/x", undefined],
  ])("of %s is %s, also with blank texts", async (model, kind) => {
    const scorer = scorerOf({ model, baseUrl: server.url });
    const { scores, scoreKind, tiers } = await scorer.score(callOf(["xxx", " ", "x"]));
    expect(Array.from(scores)).toEqual([3, 0, 1]);
    expect(scoreKind).toBe(kind);
    expect(tiers!.kinds).toEqual(Array(2).fill(kind ?? "provider"));
  });
});

describe("onError", () => {
  const failSecond: Script = (request) => {
    if (request.body?.documents[0].length === 1001) return { status: 400, json: { message: "the second part" } };
    return scoreByLength(request);
  };

  it("partial gives the scores of the parts that did not fail", async () => {
    script = failSecond;
    const scorer = scorerOf({ model: "cohere/x", baseUrl: server.url });
    const { scores, failures, usage } = await scorer.score(callOf(growing(1002), { onError: "partial" }));
    expect(Array.from(scores.slice(0, 1000))).toEqual(growing(1000).map((text) => text.length));
    expect(Array.from(scores.slice(1000))).toEqual([Number.NaN, Number.NaN]);
    expect(failures).toMatchObject([{ indices: [1000, 1001], message: expect.stringContaining("answered 400: the second part") }]);
    expect(usage).toEqual({ requests: 1, tokens: 10, billedUnits: 1 });
  });

  it("fail fails the call", async () => {
    script = failSecond;
    const scorer = scorerOf({ model: "cohere/x", baseUrl: server.url });
    await expect(scorer.score(callOf(growing(1002)))).rejects.toMatchObject({ code: "hosted", status: 400 });
  });
});

describe("truncation", () => {
  it.each<[model: string, cuts: object, refuses: object]>([
    ["jina/x", {}, { truncation: false }],
    ["voyage/x", {}, { truncation: false }],
    ["crossrank/x", {}, { truncation: false }],
    ["pinecone/x", { parameters: { truncate: "END" } }, { parameters: { truncate: "NONE" } }],
    ["nvidia_nim/x", { truncate: "END" }, { truncate: "NONE" }],
    ["tei/x", { truncate: true }, { truncate: false }],
    ["huggingface/x", { truncate: true }, { truncate: false }],
    ["vllm/x", { truncate_prompt_tokens: -1 }, {}],
  ])("is said to %s where it would do otherwise by itself", async (model, cuts, refuses) => {
    script = ({ path }) => (path.endsWith("/info") ? { status: 404 } : { status: 400 });
    const scorer = scorerOf({ model, baseUrl: server.url });
    expect(scorer.capabilities.options).toEqual(new Set(["truncation"]));
    for (const truncation of ["longest_first", "only_second", "error"] as const)
      await failureOf(scorer.score({ ...recordedCall, truncation }));
    const said = server.requests
      .filter(({ body }) => body !== undefined)
      .map(({ body: { truncate, truncation, truncate_prompt_tokens, parameters } }) =>
        JSON.parse(JSON.stringify({ truncate, truncation, truncate_prompt_tokens, parameters })),
      );
    expect(said).toEqual([cuts, cuts, refuses]);
  });

  it.each([
    "cohere/x",
    "mixedbread/x",
    "together_ai/x",
    "bedrock/x",
    "pinecone/cohere-rerank-3.5",
    "infinity/x",
    "llamacpp/x",
    "localai/x",
    "xinference/x",
  ])("is no option of %s", (model) => {
    expect(scorerOf({ model, baseUrl: server.url }).capabilities.options).toEqual(new Set());
  });
});

it("sends half a surrogate pair as U+FFFD, for many a parser refuses it", async () => {
  await scorerOf({ model: "cohere/x", baseUrl: server.url }).score({ ...callOf(["a\ud800b", "🐕"]), query: "\udc00" });
  expect(server.requests[0]!.body).toMatchObject({ query: "\ufffd", documents: ["a\ufffdb", "🐕"] });
});

it("gives up where the time that is left is shorter than the pause that is asked for", async () => {
  script = () => ({ status: 429, headers: { "retry-after": "30" } });
  const scorer = createHostedScorer({ model: "cohere/x", baseUrl: server.url }, networkWith({}));
  const error = await failureOf(scorer.score({ ...recordedCall, deadlineMs: performance.now() + 5000 }));
  expect(error).toMatchObject({ code: "hosted", status: 429 });
  expect(server.requests).toHaveLength(1);
});

describe("Bedrock", () => {
  const keys = { AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
  const askedAt = async (llm: Partial<CheckedLlmConfig>, variables: Record<string, string>): Promise<string[]> => {
    const network = networkAt(server.url, { ...keys, ...variables });
    await createHostedScorer({ model: "bedrock/amazon.rerank-v1:0", ...llm }, network).score(recordedCall);
    return network.asked;
  };
  const arn = (): unknown => server.requests.at(-1)!.body.rerankingConfiguration.bedrockRerankingConfiguration.modelConfiguration.modelArn;

  it("is asked in the region of the configuration, of the ARN, of AWS_REGION or of AWS_DEFAULT_REGION", async () => {
    const variables = { AWS_REGION: "eu-central-1", AWS_DEFAULT_REGION: "ap-northeast-1" };
    expect(await askedAt({ region: "us-west-2" }, variables)).toEqual(["https://bedrock-agent-runtime.us-west-2.amazonaws.com/rerank"]);
    expect(arn()).toBe("arn:aws:bedrock:us-west-2::foundation-model/amazon.rerank-v1:0");
    const model = "bedrock/arn:aws:bedrock:ca-central-1::foundation-model/cohere.rerank-v3-5:0";
    expect(await askedAt({ model }, variables)).toEqual(["https://bedrock-agent-runtime.ca-central-1.amazonaws.com/rerank"]);
    expect(arn()).toBe("arn:aws:bedrock:ca-central-1::foundation-model/cohere.rerank-v3-5:0");
    expect(await askedAt({}, variables)).toEqual(["https://bedrock-agent-runtime.eu-central-1.amazonaws.com/rerank"]);
    expect(await askedAt({}, { AWS_DEFAULT_REGION: "ap-northeast-1" })).toEqual([
      "https://bedrock-agent-runtime.ap-northeast-1.amazonaws.com/rerank",
    ]);
  });

  it("has other partitions in China and for the government of the US", async () => {
    expect(await askedAt({ region: "cn-north-1" }, {})).toEqual(["https://bedrock-agent-runtime.cn-north-1.amazonaws.com.cn/rerank"]);
    expect(arn()).toBe("arn:aws-cn:bedrock:cn-north-1::foundation-model/amazon.rerank-v1:0");
    await askedAt({ region: "us-gov-west-1" }, {});
    expect(arn()).toBe("arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/amazon.rerank-v1:0");
  });

  it("asks for a region, and for one that cannot name another host", async () => {
    expect(await failureOf(askedAt({}, {}))).toMatchObject({
      code: "invalid-input",
      message: expect.stringContaining("AWS_DEFAULT_REGION"),
    });
    for (const region of ["evil.example/", "us-west-2.evil.example", "a b"]) {
      expect(await failureOf(askedAt({ region }, {}))).toMatchObject({ code: "invalid-input" });
    }
  });

  it("takes no API key", async () => {
    expect(await failureOf(askedAt({ apiKey: "bedrock-api-key", region: "us-west-2" }, {}))).toMatchObject({
      code: "invalid-input",
      message: expect.stringContaining("AWS_ACCESS_KEY_ID"),
    });
  });

  it("gets what it was signed for: the signature is that of the bytes that arrive", async () => {
    await scorerOf({ model: "bedrock/amazon.rerank-v1:0", baseUrl: server.url, region: "us-west-2" }, keys).score(callOf(["über 🐕"]));
    const { headers, text, path } = server.requests[0]!;
    const time = headers["x-amz-date"]!;
    const scope = `${time.slice(0, 8)}/us-west-2/bedrock/aws4_request`;
    const sha256 = (data: string): string => createHash("sha256").update(data).digest("hex");
    const names = "content-type;host;x-amz-date";
    const signed = names.split(";").map((name) => `${name}:${headers[name]}\n`);
    const canonical = `POST\n${path}\n\n${signed.join("")}\n${names}\n${sha256(text)}`;
    const key = ["us-west-2", "bedrock", "aws4_request"].reduce(
      (part, next) => createHmac("sha256", part).update(next).digest(),
      createHmac("sha256", `AWS4${keys.AWS_SECRET_ACCESS_KEY}`).update(time.slice(0, 8)).digest(),
    );
    const signature = createHmac("sha256", key)
      .update(`AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`)
      .digest("hex");
    expect(headers.authorization).toBe(`AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/${scope}, SignedHeaders=${names}, Signature=${signature}`);
    expect(Math.abs(Date.parse(time.replace(/(....)(..)(..T..)(..)(..Z)/, "$1-$2-$3:$4:$5")) - Date.now())).toBeLessThan(60_000);
  });

  it("answers in pages, which are fetched until all results are there", async () => {
    script = ({ body }) => {
      const start = Number(body.nextToken ?? 0);
      const relevanceScore = bedrockTexts(body)[start]!.length;
      return { json: { results: [{ index: start, relevanceScore }], nextToken: String(start + 1) } };
    };
    const scorer = scorerOf({ model: "bedrock/amazon.rerank-v1:0", baseUrl: server.url, region: "us-west-2" }, keys);
    const { scores, usage } = await scorer.score(callOf(growing(3)));
    expect(Array.from(scores)).toEqual([1, 2, 3]);
    expect(usage).toEqual({ requests: 3 });
    expect(server.requests.map(({ body }) => body.nextToken)).toEqual([undefined, "1", "2"]);
  });

  it("that answers with empty pages is not asked for ever", async () => {
    script = () => ({ json: { results: [], nextToken: "more" } });
    const scorer = scorerOf({ model: "bedrock/amazon.rerank-v1:0", baseUrl: server.url, region: "us-west-2" }, keys);
    await expect(scorer.score(callOf(growing(3)))).rejects.toMatchObject({ code: "bad-response" });
    expect(server.requests).toHaveLength(1);
  });
});
