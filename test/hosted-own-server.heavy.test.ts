/** Each provider's client against our own server's dialect for it, over a socket: the library's order and scores come back. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { providerPrefixes } from "../src/config/model-string.ts";
import { nodeNetwork } from "../src/http/network.node.ts";
import type { Network } from "../src/http/request.ts";
import { rerank } from "../src/index.ts";
import { Reranker } from "../src/reranker.ts";
import { createHostedScorer } from "../src/scorers/hosted/hosted.ts";
import { type Listening, listen } from "../src/server/listen.node.ts";
import { createRerankServer, type RerankServer } from "../src/server/server.ts";
import type { RerankedDocument } from "../src/types.ts";

const query = "How to train a dog";
const topics = [
  "Cats are independent animals.",
  "Dog training requires patience.",
  "Bird care includes proper cage setup.",
  "Reward your dog.",
  "",
];
const documents = topics.map((text, index) => `${text} ${index} über 🐕`);
const many = Array.from({ length: 1030 }, (_, index) => `${topics[index % topics.length]} ${index}`);
// Scores go through JSON in full precision; what moves is the last bits of a float32, by other company in a forward pass.
const tolerance = 1e-6;

/** Base URLs on our server, by prefix. */
const bases: Readonly<Record<string, readonly string[]>> = {
  cohere: ["/cohere/v2", "/v2"],
  jina: ["/jina/v1", "/v1"],
  jina_ai: ["/jina/v1", "/litellm/v1"],
  voyage: ["/voyage/v1"],
  mixedbread: ["/mixedbread/v1", "/v1"],
  together_ai: ["/together/v1"],
  pinecone: ["/pinecone"],
  nvidia_nim: ["/nim/v1", "/v1"],
  bedrock: ["/bedrock", ""],
  vertex_ai: ["/vertex/v1/projects/p/locations/global/rankingConfigs", "/v1/projects/p/locations/global/rankingConfigs"],
  azure_ai: ["/providers/cohere/v2", "/cohere/v2"],
  openrouter: ["/openrouter/api/v1", "/vllm/v1"],
  zeroentropy: ["/zeroentropy/v1/models"],
  dashscope: ["/dashscope/api/v1/services/rerank/text-rerank", "/api/v1/services/rerank/text-rerank", "/dashscope/compatible-api/v1"],
  siliconflow: ["/v1", "/cohere/v1"],
  fireworks_ai: ["/fireworks/inference/v1"],
  deepinfra: ["/deepinfra/v1"],
  huggingface: ["/tei"],
  tei: ["/tei", ""],
  vllm: ["/vllm", "/vllm/v1", "/vllm/v2", "/v1"],
  hosted_vllm: ["/vllm/v1", "/litellm"],
  infinity: ["/infinity", "", "/v1"],
  llamacpp: ["/llamacpp", "/llamacpp/v1"],
  localai: ["/localai/v1", "/v1"],
  xinference: ["/xinference/v1", "/v1"],
  crossrank: ["", "/v1"],
};
const rows = Object.entries(bases).flatMap(([prefix, paths]) => paths.map((base) => ({ prefix, base })));
const givesLogits = new Set(["nvidia_nim"]);

/** With keys to sign with, which the server has no use for. */
const keys: Readonly<Record<string, string>> = {
  AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
  AWS_SECRET_ACCESS_KEY: "secret",
  AWS_REGION: "us-west-2",
};
const network: Network = { ...nodeNetwork, readVariable: (name) => keys[name] ?? nodeNetwork.readVariable(name) };

let server: RerankServer;
let listening: Listening;
beforeAll(async () => {
  server = createRerankServer({ models: [{ name: "mini", model: "mini" }] });
  await server.ready;
  listening = await listen(server, { port: 0 });
});
afterAll(() => listening.stop());

async function rankAt(prefix: string, base: string, texts: readonly string[]): Promise<Awaited<ReturnType<Reranker["rank"]>>> {
  const llm = { model: `${prefix}/mini`, baseUrl: `${listening.url}${base}`, maxRetries: 0 };
  return new Reranker(createHostedScorer(llm, network)).rank(query, texts);
}

function expectSame(
  actual: readonly RerankedDocument[],
  expected: readonly RerankedDocument[],
  scoreOf: (result: RerankedDocument) => number,
): void {
  expect(actual.map(({ index }) => index)).toEqual(expected.map(({ index }) => index));
  for (const [index, { score }] of actual.entries()) expect(Math.abs(score - scoreOf(expected[index]!))).toBeLessThan(tolerance);
}

it("covers every provider", () => {
  expect(Object.keys(bases).sort()).toEqual([...providerPrefixes].sort());
});

describe("the library's order and scores come back", () => {
  it.each(rows)("$prefix at $base/…", async ({ prefix, base }) => {
    const expected = await rerank(query, documents, { return: ["logit"] });
    const { results, usage, warnings } = await rankAt(prefix, base, documents);
    expectSame(results, expected, ({ score, logit }) => (givesLogits.has(prefix) ? logit! : score));
    expect(usage).toMatchObject({ documents: documents.length, requests: 1 });
    expect(warnings).toEqual([]);
  });

  it.each([
    ["crossrank", ""],
    ["tei", "/tei"],
  ])("in one order from %s for more documents than the server takes at once", async (prefix, base) => {
    const expected = await rerank(query, many);
    const { results, usage } = await rankAt(prefix, base, many);
    expectSame(results, expected, ({ score }) => score);
    expect(usage.requests).toBe(2);
  });

  it("but not where the server takes less than the provider whose words it speaks: its own say so", async () => {
    await expect(rankAt("infinity", "/infinity", many)).rejects.toMatchObject({ code: "hosted", message: expect.stringContaining("1024") });
  });
});
