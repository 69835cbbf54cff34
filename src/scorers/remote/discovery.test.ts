import { describe, expect, it } from "vitest";
import type { CheckedRemoteModel } from "../../types.ts";
import { discover, type EngineProfile, type Information, knownProfile } from "./discovery.ts";

const none: Information = { status: 404, body: { detail: "Not Found" } };
const ask = (
  answers: Record<string, unknown>,
  model: Partial<CheckedRemoteModel> = {},
  label = "http://engine",
): { asked: string[]; profile: Promise<EngineProfile> } => {
  const asked: string[] = [];
  const profile = discover(
    async (path) => {
      asked.push(path);
      return path in answers ? { status: 200, body: answers[path] } : none;
    },
    { type: "remote", urls: [label], ...model },
    label,
  );
  profile.catch(() => undefined); // each test looks at it itself
  return { asked, profile };
};
const list = (...entries: object[]): unknown => ({ object: "list", data: entries });

describe("an engine", () => {
  it("is text-embeddings-inference by its /info, which tells how much it takes and what it serves", async () => {
    // The fields of `Info` in router/src/lib.rs at 0d124dc, as in wire-formats b1.
    const info = {
      model_id: "BAAI/bge-reranker-base",
      model_sha: "2cfc18c9415c912f9d8155881c133215df768a70",
      model_dtype: "float16",
      model_type: { reranker: { id2label: { "0": "LABEL_0" }, label2id: { LABEL_0: 0 } } },
      max_client_batch_size: 16,
      version: "1.8.0",
    };
    const { asked, profile } = ask({ "/info": info });
    expect(await profile).toMatchObject({
      dialect: { name: "tei" },
      maxDocuments: 16,
      maxBodyBytes: 2_000_000,
      identity: "BAAI/bge-reranker-base@2cfc18c9415c912f9d8155881c133215df768a70",
    });
    expect(asked).toEqual(["/info"]);
    const local = ask({ "/info": { ...info, model_sha: null, max_client_batch_size: 0 } });
    expect(await local.profile).toMatchObject({ identity: "BAAI/bge-reranker-base", maxDocuments: 32 });
  });

  it("is a crossrank server where its /info says so, with the limits that it has", async () => {
    const info = {
      server: "crossrank",
      model_id: "mini",
      model_type: { reranker: {} },
      max_client_batch_size: 50,
      limits: { max_body_bytes: 99 },
    };
    expect(await ask({ "/info": info }).profile).toMatchObject({
      dialect: { name: "crossrank" },
      maxDocuments: 50,
      maxBodyBytes: 99,
      identity: undefined,
    });
    expect(await ask({ "/info": info }, {}, "http://engine/tei").profile).toMatchObject({ dialect: { name: "tei" } });
    expect(await ask({ "/info": info }, {}, "http://engine/api").profile).toMatchObject({ dialect: { name: "crossrank" } });
  });

  it.each([
    ["vllm", "/v1/models", "vllm"],
    ["llamacpp", "/v1/models", "llamacpp"],
    ["xinference", "/v1/models", "xinference"],
    ["infinity", "/models", "infinity"],
    ["crossrank", "/v1/models", "crossrank"],
  ])("is %s where %s is owned by it", async (owner, path, dialect) => {
    const { asked, profile } = ask({ [path]: list({ id: "m", owned_by: owner }) });
    expect(await profile).toMatchObject({ dialect: { name: dialect } });
    expect(asked.at(-1)).toBe(path);
  });

  it("is LocalAI where its models have no owner", async () => {
    expect(await ask({ "/v1/models": list({ id: "m", object: "model" }) }).profile).toMatchObject({
      dialect: { name: "localai" },
      model: "m",
    });
  });

  it("that tells nothing of the kind is an error with all that was asked and answered", async () => {
    const { profile } = ask({ "/info": undefined, "/v1/models": list({ id: "m", owned_by: "openai" }), "/models": [] });
    await expect(profile).rejects.toMatchObject({
      code: "bad-response",
      message:
        "remote: cannot tell what http://engine speaks: GET /info answered 200 and no JSON, " +
        'GET /v1/models answered 200 (owned_by "openai"), GET /models answered 200 (a list). ' +
        "Check the URL, or name the dialect: crossrank, tei, vllm, infinity, llamacpp, cohere, jina, xinference, localai.",
    });
  });

  it.each([
    [null],
    ["text"],
    [{ data: "x" }],
    [{ data: [null, 1] }],
    [{ data: [] }],
    [{ model_type: "reranker" }],
    [{ model_type: {}, model_id: 1 }],
  ])("that answers nonsense is not recognized: %j", async (body) => {
    await expect(ask({ "/info": body, "/v1/models": body, "/models": body }).profile).rejects.toMatchObject({ code: "bad-response" });
  });
});

describe("a model that has to be named", () => {
  const data = [
    { id: "chat", owned_by: "xinference", model_type: "LLM" },
    { id: "bge", owned_by: "xinference", model_type: "rerank" },
  ];

  it("is the only reranker that is served", async () => {
    expect(await ask({ "/v1/models": list(...data) }).profile).toMatchObject({ model: "bge" });
  });

  it("is the caller's where there are several", async () => {
    const several = list(...data, { id: "jina", owned_by: "xinference", model_type: "rerank" });
    expect(await ask({ "/v1/models": several }, { model: "jina" }).profile).toMatchObject({ model: "jina" });
    await expect(ask({ "/v1/models": several }).profile).rejects.toMatchObject({
      code: "invalid-input",
      message: "remote: http://engine serves bge, jina, and has to be told which model to use. Name it in model.model.",
    });
  });

  it("cannot be found behind a proxy that lets only rankings through", async () => {
    await expect(ask({}, { dialect: "localai" }).profile).rejects.toMatchObject({ code: "invalid-input" });
    expect(await ask({}, { dialect: "localai", model: "m" }).profile).toMatchObject({ model: "m" });
  });
});

describe("a dialect that is given", () => {
  it.each([["vllm"], ["infinity"], ["cohere"], ["jina"]] as const)("needs no question where there is nothing to be told: %s", (dialect) => {
    expect(knownProfile({ type: "remote", urls: [], dialect, model: "m" })).toMatchObject({ dialect: { name: dialect }, model: "m" });
  });

  it.each([
    ["tei", "/info"],
    ["crossrank", "/info"],
    ["llamacpp", "/v1/models"],
  ] as const)("has one question, whose answer it can do without: %s", async (dialect, path) => {
    expect(knownProfile({ type: "remote", urls: [], dialect })).toBeUndefined();
    const { asked, profile } = ask({}, { dialect });
    expect(await profile).toMatchObject({ dialect: { name: dialect } });
    expect(asked).toEqual([path]);
  });

  it("is believed, whatever the engine says that it is", async () => {
    const info = { server: "crossrank", model_id: "mini", model_type: { reranker: {} }, max_client_batch_size: 50 };
    expect(await ask({ "/info": info }, { dialect: "tei" }).profile).toMatchObject({ dialect: { name: "tei" }, maxDocuments: 50 });
  });

  // src/llama-graph.cpp, build_pooling, at 00395eb: a softmax for the architectures QWEN3 and QWEN3VL.
  it.each([
    ["ggml-org/Qwen3-Reranker-0.6B-Q8_0-GGUF", true],
    ["qwen_3_reranker.gguf", true],
    ["gpustack/bge-reranker-v2-m3-GGUF", false],
    ["Qwen2-reranker.gguf", false],
  ])("of llama.cpp has logits but for Qwen3: %s", async (id, hasProbabilities) => {
    const { profile } = ask({ "/v1/models": list({ id, owned_by: "llamacpp" }) });
    expect(await profile).toMatchObject({ hasProbabilities });
  });
});
