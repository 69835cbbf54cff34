/** A model whose license forbids commercial use says so when it is loaded, to whoever loads it. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { clearRerankers, createReranker, type ModelInput, type RerankWarning, rerankSync } from "../dist/index.js";
import { createRerankServer, type ServerLogger } from "../dist/server.js";
import { runCommand } from "./support/command.node.ts";
import { type Hub, startHub } from "./support/hub-server.node.ts";
import { dist } from "./support/run-program.node.ts";

const name = "jina-reranker-v2-base-multilingual";
const repository = `jinaai/${name}`;
const message = `${name}: its license, CC-BY-NC-4.0, forbids commercial use`;
const warning: RerankWarning = { type: "license", message, model: name, license: "CC-BY-NC-4.0" };
const documents = ["a dog", "a cat"];
const model = fileURLToPath(new URL("fixtures/models/tiny-bert", import.meta.url));
let hub: Hub;
let folder: string;
let environment: Record<string, string>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "crossrank-license-"));
  const paths = ["config.json", "tokenizer.json", "tokenizer_config.json", "onnx/model.onnx"];
  const files = Object.fromEntries(paths.map((path) => [path, readFileSync(join(model, path))]));
  hub = await startHub({ repositories: { [repository]: { files } } });
  environment = { HF_ENDPOINT: hub.url, HF_HOME: join(folder, "hub"), CROSSRANK_CACHE: join(folder, "cache"), NO_PROXY: "127.0.0.1" };
  for (const [key, value] of Object.entries(environment)) vi.stubEnv(key, value);
});
afterAll(async () => {
  await clearRerankers();
  vi.unstubAllEnvs();
  await hub.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("a model that is not for commercial use", () => {
  it.each<[string, ModelInput]>([
    ["as a preset", name],
    ["by its repository", repository],
    ["inside another model", { type: "fallback", models: [name, { type: "none" }] }],
  ])("%s warns in the first result that it was loaded for, and in no other", async (_, input) => {
    const reranker = createReranker({ model: input });
    expect((await reranker.rank("dogs", [])).warnings).toEqual([]);
    expect((await reranker.rank("dogs", documents)).warnings).toEqual([warning]);
    expect((await reranker.rank("dogs", documents)).warnings).toEqual([]);
    await reranker.close();
  });

  it("tells of it by onWarning where there is no result: from warmUp, and from rerankSync", async () => {
    const heard: RerankWarning[] = [];
    const onWarning = (warning: RerankWarning): void => void heard.push(warning);
    const reranker = createReranker({ model: name, onWarning });
    await reranker.warmUp();
    expect(heard).toEqual([warning]);
    await reranker.rank("dogs", documents);
    await reranker.close();
    expect(heard).toEqual([warning]);

    rerankSync("dogs", documents, { model: name, onWarning });
    rerankSync("dogs", documents, { model: name, onWarning });
    expect(heard).toEqual([warning, warning]);
  });

  it("keeps it for the first result when nobody listens to warmUp", async () => {
    const reranker = createReranker({ model: name });
    await reranker.warmUp();
    expect((await reranker.rank("dogs", documents)).warnings).toEqual([warning]);
    await reranker.close();
  });

  it.each([
    ["rank", ["rank", "dogs", "--model", name]],
    ["bench", ["bench", "--query", "dogs", "--model", name, "--rounds", "1", "--warm-up", "0", "-"]],
  ])("is named on stderr by crossrank %s, unless it is to be quiet", async (_, args) => {
    const run = (...more: string[]) =>
      runCommand("bash", ["-c", `printf 'a dog\\na cat\\n' | "$0" "$@"`, process.execPath, `${dist}/cli.js`, ...args, ...more], {
        cwd: folder,
        env: { ...environment, PATH: process.env.PATH! },
      });
    expect((await run()).stderr).toBe(`crossrank: ${message}\n`);
    expect((await run("--quiet")).stderr).toBe("");
  });

  it("is named in the server's log when it is loaded, at start or on demand, and in no reply", async () => {
    const warned: [object, string][] = [];
    const quiet = (): void => undefined;
    const logger: ServerLogger = { debug: quiet, info: quiet, error: quiet, warn: (fields, text) => void warned.push([fields, text]) };
    for (const models of [[name], ["mini"]]) {
      const server = createRerankServer({ models, logger });
      await server.ready;
      const body = JSON.stringify({ query: "dogs", documents, config: { model: name, return: ["warnings"] } });
      const request = () =>
        new Request("http://localhost/rerank", { method: "POST", body, headers: { "content-type": "application/json" } });
      for (const response of [await server.fetch(request()), await server.fetch(request())]) {
        expect(await response.json()).toMatchObject({ warnings: [] });
      }
      await server.close();
    }
    const entry = [{ model: name, license: "CC-BY-NC-4.0" }, message];
    expect(warned).toEqual([entry, entry]);
  });
});
