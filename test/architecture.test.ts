/** Every file of src/ follows the import table of the conventions, and documents what it exports. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { undocumentedExports } from "./support/docstrings.ts";
import { findCircles, violations } from "./support/import-rules.ts";

const sourceFolder = fileURLToPath(new URL("../src/", import.meta.url));
const files = readdirSync(sourceFolder, { recursive: true, encoding: "utf8" })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"));

describe("src", () => {
  it.each(files)("%s imports only what its layer may", (path) => {
    expect(violations(path, readFileSync(`${sourceFolder}${path}`, "utf8"))).toEqual([]);
  });
});

describe("exports without a docstring", () => {
  it("do not exist in src", () => {
    const missing = files.flatMap((path) => undocumentedExports(path, readFileSync(`${sourceFolder}${path}`, "utf8")));
    expect(missing).toEqual([]);
  });

  it.each([
    ["a function", "export function f(): void {}", ["f"]],
    ["a class", "export class C {}", ["C"]],
    ["a type", "export type T = string;", ["T"]],
    ["an interface", "/** I. */\ntype Other = 1;\nexport interface I {}", ["I"]],
    ["a constant", "/** One. */\nexport const one = 1;\nexport const two = 2, three = 3;", ["two", "three"]],
    ["the second of two functions", "/** Does f. */\nexport function f(): void {}\nexport function g(): void {}", ["g"]],
  ])("are found: %s", (_what, source, names) => {
    expect(undocumentedExports("a.ts", source)).toEqual(names.map((name) => `a.ts: ${name}`));
  });

  it.each([
    ["documented", "/** Does f. */\nexport async function f(): Promise<void> {}"],
    ["private", "function f(): void {}\nconst x = 1;"],
    ["re-exported, with its docstring elsewhere", 'export { f } from "./f.ts";\nexport type { T } from "./t.ts";'],
    ["overloaded, with one docstring for all forms", "/** Does f. */\nexport function f(x: 1): void;\nexport function f(x: 2): void;"],
  ])("are not found where a name is %s", (_what, source) => {
    expect(undocumentedExports("a.ts", source)).toEqual([]);
  });
});

describe("circles of imports", () => {
  it("there are none in src, type-only ones included", () => {
    expect(findCircles(new Map(files.map((path) => [path, readFileSync(`${sourceFolder}${path}`, "utf8")])))).toEqual([]);
  });

  it("are found where there are some", () => {
    const sources = new Map([
      ["a.ts", 'import { b } from "./b/b.ts";'],
      ["b/b.ts", 'import type { C } from "./c.ts";'],
      ["b/c.ts", 'export type { A } from "../a.ts";'],
      ["d.ts", 'import { b } from "./b/b.ts";'],
    ]);
    expect(findCircles(sources)).toEqual([["a.ts", "b/b.ts", "b/c.ts", "a.ts"]]);
  });
});

describe("the rules", () => {
  it.each([
    ["a folder nobody thought of", "misc/thing.ts", "", "misc/thing.ts falls under no rule"],
    [
      "node: outside *.node.ts",
      "hub/repository-names.ts",
      'import { join } from "node:path";',
      "hub/repository-names.ts imports node:path, which only *.node.ts may",
    ],
    ["a type of node:, too", "threads/worker-pool.ts", 'import type { Worker } from "node:worker_threads";', "which only *.node.ts may"],
    [
      "an implementation in the contract",
      "config/config.ts",
      'import { getPreset } from "../catalogue/catalogue.ts";',
      "config/config.ts imports catalogue/catalogue.ts",
    ],
    ["its type, too", "scorer.ts", 'import type { Pool } from "./threads/worker-pool.ts";', "scorer.ts imports threads/worker-pool.ts"],
    ["over several lines", "types.ts", 'import {\n  type A,\n  b,\n} from "./scorer.ts";', "types.ts imports scorer.ts"],
    ["a re-export", "ranking/order.ts", 'export { x } from "../reranker.ts";', "ranking/order.ts imports reranker.ts"],
    ["an import for its effects", "rerank.ts", 'import "./index.ts";', "rerank.ts imports index.ts"],
    [
      "a dynamic import",
      "tokenization/library.ts",
      'const x = await import("../scorers/local/head.ts");',
      "tokenization/library.ts imports scorers/local/head.ts",
    ],
    [
      "a scorer in a scorer",
      "scorers/backend/backend-scorer.ts",
      'import { x } from "../local/head.ts";',
      "scorers/backend/backend-scorer.ts imports scorers/local/head.ts",
    ],
    [
      "a scorer in a thread's program",
      "scorers/local/worker.node.ts",
      'import { x } from "../backend/backend.ts";',
      "scorers/local/worker.node.ts imports scorers/backend/backend.ts",
    ],
    [
      "the pipeline in a scorer",
      "scorers/local/head.ts",
      'import { x } from "../../rerank.ts";',
      "scorers/local/head.ts imports rerank.ts",
    ],
    ["internals in the command line", "cli/rank.ts", 'import { x } from "../reranker.ts";', "cli/rank.ts imports reranker.ts"],
    ["the contract at run time in testing", "testing/a.ts", 'import { x } from "../scorer.ts";', "testing/a.ts imports scorer.ts"],
    ["a package", "hub/hub.ts", 'import { fetch } from "undici";', "hub/hub.ts imports undici statically"],
    [
      "a package of the command line elsewhere",
      "reranker.ts",
      'import pico from "picocolors";',
      "reranker.ts imports picocolors statically",
    ],
    [
      "require outside *.node.ts",
      "threads/worker-pool.ts",
      'createRequire(import.meta.url)("undici");',
      "threads/worker-pool.ts requires undici, which only *.node.ts may",
    ],
    [
      "a look-up of the catalogue below the place where models enter",
      "hub/locate.node.ts",
      'import {\n  type A,\n  resolveModel,\n} from "../catalogue/resolve-model.ts";',
      "hub/locate.node.ts looks a model up in catalogue/resolve-model.ts; it has to be given a ModelSpec",
    ],
    [
      "all of the catalogue",
      "scorers/local/reading.ts",
      'import * as catalogue from "../../catalogue/catalogue.ts";',
      "scorers/local/reading.ts looks a model up in catalogue/catalogue.ts",
    ],
    ["a clock in ranking", "ranking/order.ts", "const now = performance.now();", "ranking/order.ts is to be pure, and uses performance"],
  ])("find %s", (_what, path, source, expected) => {
    expect(violations(path, source).join("\n")).toContain(expected);
  });

  it.each([
    ["cli/rank.ts", 'import pico from "picocolors";\nimport { rerank } from "../index.ts";\nconst x = import("./io.ts");'],
    [
      "scorers/local/session.node.ts",
      'import type { Tensor } from "onnxruntime-node";\nconst ort = require("onnxruntime-node");\nimport { x } from "./head.ts";',
    ],
    ["hub/hub.node.ts", 'const { Agent } = await import("undici");\nimport fs from "node:fs";'],
    ["testing/a.ts", 'import type { Scorer } from "../scorer.ts";'],
    ["hub/hub-errors.ts", 'import { suggestRepository } from "../catalogue/catalogue.ts";'],
    ["scorers/local/local-scorer.node.ts", 'import { resolveModel } from "../../catalogue/resolve-model.ts";'],
    ["ranking/order.ts", '/** Takes no time: see performance.now(). */\n// import { x } from "../reranker.ts";\nexport const x = 1;'],
  ])("pass %s when it keeps them", (path, source) => {
    expect(violations(path, source)).toEqual([]);
  });
});
