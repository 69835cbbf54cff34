/** What a browser gets: the plugin path, bundled from the built package, with nothing of Node and no ONNX runtime. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createContext, runInContext } from "node:vm";
import { type OutputChunk, rolldown } from "rolldown";
import { afterAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "crossrank-bundle-"));
mkdirSync(join(folder, "node_modules"));
symlinkSync(root, join(folder, "node_modules", "crossrank"), "junction");
afterAll(() => rmSync(folder, { recursive: true }));

// What a page and a worker have; no process, no Buffer, no require.
const webGlobals = { AbortController, AbortSignal, TextDecoder, TextEncoder, URL, clearTimeout, performance, setTimeout };

/** What the bundler complained about. */
const logs: string[] = [];

const program = (specifier: string): string => `
import { createReranker, registerRerankerBackend, rerank, rerankSync, RerankError } from "${specifier}";
registerRerankerBackend({ name: "length", rerank: (query, documents) => documents.map((text) => text.length) });
const config = { model: { type: "plugin", name: "length" }, topK: 2 };
const codeWithoutRuntime = async () => {
  try {
    return await createReranker().rank("q", ["a"]);
  } catch (error) {
    return RerankError.is(error) ? error.code : error;
  }
};
globalThis.answer = (async () => ({
  ranked: await rerank("q", ["a", "ccc", "bb"], config),
  rankedSync: rerankSync("q", ["a", "ccc", "bb"], config),
  local: await codeWithoutRuntime(),
}))();`;

async function bundle(source: string, platform: "browser" | "node"): Promise<OutputChunk[]> {
  const input = join(folder, "entry.js");
  writeFileSync(input, source);
  const build = await rolldown({ input, cwd: folder, platform, logLevel: "warn", onLog: (_level, log) => logs.push(String(log.message)) });
  const { output } = await build.generate({ format: "iife", name: "program" });
  await build.close();
  return output.filter((part): part is OutputChunk => part.type === "chunk");
}
/** Modules and imports of a bundle that are Node's or a runtime's. */
function foreign(chunks: readonly OutputChunk[]): string[] {
  const specifiers = chunks.flatMap((chunk) => [...chunk.moduleIds, ...chunk.imports, ...chunk.dynamicImports]);
  const inCode = chunks.flatMap((chunk) => [...chunk.code.matchAll(/["'](node:[\w/]+|onnxruntime-[\w/-]+)["']/g)].map(([, name]) => name!));
  return [...specifiers, ...inCode].filter((name) => /^node:|onnxruntime|\.node\./.test(name));
}

it("dist/web.js has the codecs that clients use, and none of the schemas by which the server checks bodies", () => {
  const code = readFileSync(join(root, "dist/web.js"), "utf8");
  expect(code).toContain("src/dialects/llamacpp.ts");
  expect(code).not.toContain("src/dialects/schema-parts.ts");
  expect(code).not.toContain("schemas: () =>");
});

describe.each(["crossrank/web", "crossrank"])('import from "%s" in a browser bundle', (specifier) => {
  it("holds no module of Node and no ONNX runtime, and ranks with a plugin where there is no Node", async () => {
    logs.length = 0;
    const chunks = await bundle(program(specifier), "browser");
    expect(logs).toEqual([]);
    expect(chunks).toHaveLength(1);
    expect(chunks[0]!.moduleIds.length).toBeGreaterThan(1);
    expect(foreign(chunks)).toEqual([]);

    const context = createContext({ ...webGlobals });
    runInContext(chunks[0]!.code, context);
    const expected = [
      { index: 1, score: 3, document: "ccc" },
      { index: 2, score: 2, document: "bb" },
    ];
    expect(await context.answer).toEqual({ ranked: expected, rankedSync: expected, local: "missing-dependency" });
  });
});

it('import from "crossrank/eval" in a browser bundle holds no module of Node, and measures where there is no Node', async () => {
  const chunks = await bundle(
    `import { evaluateRun, parseQrels, parseRun } from "crossrank/eval";
globalThis.answer = evaluateRun(parseQrels(["q 0 d 1"]), parseRun(["q Q0 other 1 2 t", "q Q0 d 2 1 t"]), ["MRR"]).means.MRR;`,
    "browser",
  );
  expect(foreign(chunks)).toEqual([]);
  const context = createContext({});
  runInContext(chunks[0]!.code, context);
  expect(context.answer).toBe(0.5);
});

it("the same check finds Node's modules in a bundle of the Node entry", async () => {
  expect(foreign(await bundle(program("crossrank"), "node"))).toContain("node:worker_threads");
});
