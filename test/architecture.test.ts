/** The import table of the conventions, kept by every file of src/. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { violations } from "./support/import-rules.ts";

const sourceFolder = fileURLToPath(new URL("../src/", import.meta.url));
const files = readdirSync(sourceFolder, { recursive: true, encoding: "utf8" })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"));

describe("src", () => {
  test.each(files)("%s imports only what its layer may", (path) => {
    expect(violations(path, readFileSync(`${sourceFolder}${path}`, "utf8"))).toEqual([]);
  });
});

describe("the rules", () => {
  test.each([
    ["a folder nobody thought of", "misc/thing.ts", "", "misc/thing.ts falls under no rule"],
    [
      "node: outside *.node.ts",
      "models/names.ts",
      'import { join } from "node:path";',
      "models/names.ts imports node:path, which only *.node.ts may",
    ],
    ["a type of node:, too", "engine/pool.ts", 'import type { Worker } from "node:worker_threads";', "which only *.node.ts may"],
    [
      "an implementation in the contract",
      "config/config.ts",
      'import { getPreset } from "../models/catalogue.ts";',
      "config/config.ts imports models/catalogue.ts",
    ],
    ["its type, too", "scorer.ts", 'import type { Pool } from "./engine/pool.ts";', "scorer.ts imports engine/pool.ts"],
    ["over several lines", "types.ts", 'import {\n  type A,\n  b,\n} from "./scorer.ts";', "types.ts imports scorer.ts"],
    ["a re-export", "ranking/order.ts", 'export { x } from "../reranker.ts";', "ranking/order.ts imports reranker.ts"],
    ["an import for its effects", "rerank.ts", 'import "./index.ts";', "rerank.ts imports index.ts"],
    [
      "a dynamic import",
      "tokenization/library.ts",
      'const x = await import("../scorers/onnx/head.ts");',
      "tokenization/library.ts imports scorers/onnx/head.ts",
    ],
    [
      "a scorer in a scorer",
      "scorers/plugin/plugin.ts",
      'import { x } from "../onnx/head.ts";',
      "scorers/plugin/plugin.ts imports scorers/onnx/head.ts",
    ],
    [
      "a scorer in a thread's program",
      "scorers/onnx/worker.node.ts",
      'import { x } from "../plugin/backend.ts";',
      "scorers/onnx/worker.node.ts imports scorers/plugin/backend.ts",
    ],
    ["the pipeline in a scorer", "scorers/onnx/head.ts", 'import { x } from "../../rerank.ts";', "scorers/onnx/head.ts imports rerank.ts"],
    ["internals in the command line", "cli/rank.ts", 'import { x } from "../reranker.ts";', "cli/rank.ts imports reranker.ts"],
    ["the contract at run time in testing", "testing/a.ts", 'import { x } from "../scorer.ts";', "testing/a.ts imports scorer.ts"],
    ["a package", "models/hub.ts", 'import { fetch } from "undici";', "models/hub.ts imports undici statically"],
    [
      "a package of the command line elsewhere",
      "reranker.ts",
      'import pico from "picocolors";',
      "reranker.ts imports picocolors statically",
    ],
    [
      "require outside *.node.ts",
      "engine/pool.ts",
      'createRequire(import.meta.url)("undici");',
      "engine/pool.ts requires undici, which only *.node.ts may",
    ],
    ["a clock in ranking", "ranking/order.ts", "const now = performance.now();", "ranking/order.ts is to be pure, and uses performance"],
  ])("find %s", (_what, path, source, expected) => {
    expect(violations(path, source).join("\n")).toContain(expected);
  });

  test.each([
    ["cli/rank.ts", 'import pico from "picocolors";\nimport { rerank } from "../index.ts";\nconst x = import("./io.ts");'],
    [
      "scorers/onnx/session.node.ts",
      'import type { Tensor } from "onnxruntime-node";\nconst ort = require("onnxruntime-node");\nimport { x } from "./head.ts";',
    ],
    ["models/hub.node.ts", 'const { Agent } = await import("undici");\nimport fs from "node:fs";'],
    ["testing/a.ts", 'import type { Scorer } from "../scorer.ts";'],
    ["ranking/order.ts", '/** Takes no time: see performance.now(). */\n// import { x } from "../reranker.ts";\nexport const x = 1;'],
  ])("pass %s when it keeps them", (path, source) => {
    expect(violations(path, source)).toEqual([]);
  });
});
