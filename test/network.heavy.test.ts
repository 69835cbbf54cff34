/** Models behind HTTP as a program's users call them, awaited and not: the other side is a `crossrank serve` in a process of its own. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createReranker, type RerankerConfig, rerank, rerankSync } from "../dist/index.js";
import { root, runCommand } from "./support/command.node.ts";
import { type ServeProcess, startServe } from "./support/serve.node.ts";

const query = "How to train a dog";
const documents = ["Cats are independent animals.", "Dog training requires patience.", "Bird care includes proper cage setup."];

let folder: string;
let server: ServeProcess;
let local: { index: number; score: number }[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "crossrank-network-"));
  const silent = join(folder, "silent.mjs");
  writeFileSync(silent, "export default { name: 'silent', rerank: () => new Promise(() => setInterval(() => {}, 1000)) };");
  server = await startServe(["--api-key", "the-key", "--backend", silent]);
  local = (await rerank(query, documents)).map(({ index, score }) => ({ index, score }));
});
afterAll(async () => {
  server.child.kill("SIGTERM");
  await server.ended;
  rmSync(folder, { recursive: true, force: true });
});

const configs = (apiKey: string, model = "mini"): [name: string, config: RerankerConfig][] => [
  ["cohere/", { model: { type: "llm", llm: { model: `cohere/${model}`, apiKey, baseUrl: `${server.url}/cohere/v2` } } }],
  ["crossrank/", { model: { type: "llm", llm: { model: `crossrank/${model}`, apiKey, base_url: server.url } } }],
  ["hosted", { model: { type: "hosted", model: `cohere/${model}`, apiKey, baseUrl: `${server.url}/cohere/v2` } }],
  ["remote", { model: { type: "remote", urls: [server.url], apiKey } }],
];

/** How a call ends, as plain data. */
async function outcomeOf(call: () => unknown): Promise<unknown> {
  try {
    return { results: await call() };
  } catch (error) {
    const { code, status, message } = error as { code: string; status?: number; message: string };
    return { code, status, message };
  }
}

describe("rerankSync", () => {
  it.each(["cohere/", "crossrank/", "hosted", "remote"])("by %s gives what rerank gives, and what the model gives here", async (name) => {
    const [, config] = configs("the-key").find(([candidate]) => candidate === name)!;
    const waited = rerankSync(query, documents, config);
    expect(waited.map(({ index }) => index)).toEqual(local.map(({ index }) => index));
    for (const [position, { score, document, index }] of waited.entries()) {
      expect(score).toBeCloseTo(local[position]!.score, 9);
      expect(document).toBe(documents[index]);
    }
    expect(waited).toEqual(await rerank(query, documents, config));
  });

  it.each(["cohere/", "crossrank/", "hosted", "remote"])("by %s fails as rerank does, and does not tell the key", async (name) => {
    const [, config] = configs("wrong-secret-key").find(([candidate]) => candidate === name)!;
    const waited = await outcomeOf(() => rerankSync(query, documents, config));
    expect(waited).toMatchObject({ code: "hosted", status: 401 });
    expect(JSON.stringify(waited)).not.toContain("wrong-secret-key");
    expect(await outcomeOf(() => rerank(query, documents, config))).toEqual(waited);
  });

  it("takes onProgress, which only rerank calls", () => {
    const [, config] = configs("the-key")[0]!;
    expect(rerankSync(query, documents, { ...config, onProgress: () => undefined })).toEqual(rerankSync(query, documents, config));
  });

  it("ends at its deadline while the other side is silent", async () => {
    const llm = { model: "cohere/plugin:silent", apiKey: "the-key", baseUrl: `${server.url}/cohere/v2` };
    const config = { model: { type: "llm", llm }, maxRerankDurationSecs: 1 } as const;
    expect(await outcomeOf(() => rerankSync(query, documents, config))).toMatchObject({ code: "timeout" });
    expect(await outcomeOf(() => rerank(query, documents, config))).toMatchObject({ code: "timeout" });
  });
});

it("usage and warnings of a composition come through", async () => {
  const [, cohere] = configs("the-key")[0]!;
  const down = { type: "llm", llm: { model: "jina/x", apiKey: "k", baseUrl: "http://127.0.0.1:9", maxRetries: 0 } } as const;
  await using reranker = createReranker({ model: { type: "fallback", models: [down, cohere.model!] } });
  const { usage, warnings, model } = reranker.rankSync(query, documents);
  expect(usage).toMatchObject({ documents: 3, requests: 1 });
  expect(model).toContain("cohere/mini");
  expect(warnings.map(({ type }) => type)).toEqual(["fallback", "fallback"]);
});

describe("the command line", () => {
  const run = (args: readonly string[], env: Record<string, string> = {}) =>
    runCommand(process.execPath, [join(root, "dist/cli.js"), ...args], { cwd: folder, env });

  it("ranks by a hosted model that a string names", async () => {
    writeFileSync(join(folder, "pets.txt"), documents.join("\n"));
    const env = { HOSTED_VLLM_API_BASE: `${server.url}/vllm`, HOSTED_VLLM_API_KEY: "the-key" };
    const ranked = await run(["rank", query, "pets.txt", "--model", "vllm/mini", "--format", "tsv"], env);
    expect(ranked).toMatchObject({ code: 0, stderr: "" });
    expect(
      ranked.stdout
        .split("\n")
        .slice(0, 3)
        .map((line) => Number(line.split("\t")[1])),
    ).toEqual(local.map(({ index }) => index));
  });

  it("says which variable a provider needs, before the call and when it is missing", async () => {
    const listed = await run(["models", "list"]);
    expect(listed.stdout).toMatch(/^cohere\/…\t\(hosted\)\t.*COHERE_API_KEY/m);
    const missing = await run(["rank", query, "pets.txt", "--model", "cohere/rerank-v3.5"]);
    expect(missing.code).toBe(2);
    expect(missing.stderr).toMatch(/COHERE_API_KEY/);
  });
});

it("liter-llm is asked for with the command that installs it, where it is missing", async () => {
  // A program of its own: the test runner stands in for optional packages that are not there.
  const source = `import { rerank } from "${root}/dist/index.js";
const llm = { model: "cohere/x", client: "liter-llm", apiKey: "k" };
await rerank("q", ["d"], { model: { type: "llm", llm } }).catch(({ code, message }) => console.log(code, message));`;
  const { stdout } = await runCommand(process.execPath, ["--input-type=module", "--eval", source], { cwd: folder });
  expect(stdout).toMatch(/^missing-dependency .*npm install @kreuzberg\/liter-llm/);
});

it("a served name is looked up in the server's own format, too", async () => {
  const named = await startServe(["--model", "house=mini"]);
  const results = await rerank(query, documents, { model: { type: "remote", urls: [named.url], model: "house" } });
  expect(results.map(({ index, score }) => ({ index, score }))).toEqual(local);
  named.child.kill("SIGTERM");
  await named.ended;
});
