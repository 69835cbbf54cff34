/** Programs with crossrank as docs/bundlers.md says, by each bundler; run in a folder that holds what the page says, and nothing else. */
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import type { Plugin } from "rollup";
import { rollup } from "rollup";
import { build as viteBuild } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeFolder, root, runCommand } from "../support/command.node.ts";
import { rankedByLibrary } from "./server.node.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
// Outside of the repository, whose packages a bundle must not find.
const application = makeFolder();
// Below this folder, so that Next.js finds itself.
const nextApplication = join(here, ".bundles");
const elsewhere = makeFolder();
const page = readFileSync(join(root, "docs/bundlers.md"), "utf8");
const documents = ["Cats sleep.", "Dog training requires patience."];
// Nobody answers there.
const env = { HF_ENDPOINT: "http://127.0.0.1:9", NO_PROXY: "127.0.0.1", NEXT_TELEMETRY_DISABLED: "1" };

/** A whole answer; top-level await is left to modules. */
const body = `
  const documents = ${JSON.stringify(documents)};
  const [best] = await rerank("How to train a dog", documents);
  const [bestSync] = rerankSync("How to train a dog", documents);
  let code;
  try { rerankSync("dog", ["a"], { model: "org/none" }); } catch (error) { code = error.code; }
  registerRerankerBackend(new URL("data:text/javascript,export default { name: 'module', rerank: async () => [7] }"), { replace: true });
  const plugin = rerankSync("q", ["a"], { model: "plugin:module" })[0].score;`;
const names = "registerRerankerBackend, rerank, rerankSync";
const program = `import { ${names} } from "crossrank";
async function main() {${body}
  console.log(JSON.stringify([best.index, best.score, bestSync.score, code, plugin]));
}
main();`;

async function expected(): Promise<unknown> {
  const { score } = (await rankedByLibrary(documents))[0]!;
  return [1, expect.closeTo(score, 6), expect.closeTo(score, 6), "download", 7];
}

beforeAll(() => {
  rmSync(nextApplication, { recursive: true, force: true });
  install(join(application, "node_modules"), ["onnxruntime-node", "onnxruntime-common", "undici", "lru-cache", "@huggingface/tokenizers"]);
  install(join(application, "node_modules"), ["hono", "@hono/node-server", "zod", "pino", "prom-client", "commander", "picocolors"]);
  const { files } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { files: string[] };
  for (const path of ["package.json", ...files])
    cpSync(join(root, path), join(application, "node_modules/crossrank", path), { recursive: true });
  writeFileSync(join(application, "package.json"), '{ "private": true, "type": "module" }\n');
  writeFileSync(join(application, "program.js"), program);
});
afterAll(() => {
  rmSync(application, { recursive: true, force: true });
  rmSync(nextApplication, { recursive: true, force: true });
  rmSync(elsewhere, { recursive: true, force: true });
});

interface Bundled {
  /** Folder of the bundle in the application. */
  folder: string;
  file: string;
}

const entry = join(application, "program.js");
const out = (name: string): string => join(application, "out", name);

async function byEsbuild(format: "esm" | "cjs"): Promise<Bundled> {
  const file = format === "esm" ? "main.mjs" : "main.cjs";
  const outfile = join(out(`esbuild-${format}`), file);
  const { warnings } = await esbuild.build({ entryPoints: [entry], bundle: true, platform: "node", format, outfile, logLevel: "silent" });
  expect(warnings).toEqual([]);
  return { folder: out(`esbuild-${format}`), file };
}

async function byVite(): Promise<Bundled> {
  const build = { ssr: "program.js", outDir: out("vite") };
  await viteBuild({ root: application, configFile: false, logLevel: "silent", build, ssr: { noExternal: true } });
  writeFileSync(join(out("vite"), "package.json"), '{ "type": "module" }');
  return { folder: out("vite"), file: "program.js" };
}

async function byRollup(): Promise<Bundled> {
  const { default: resolve } = (await import("@rollup/plugin-node-resolve")) as unknown as { default: (options: object) => Plugin };
  const { default: commonjs } = (await import("@rollup/plugin-commonjs")) as unknown as { default: () => Plugin };
  const bundle = await rollup({ input: entry, plugins: [resolve({ preferBuiltins: true }), commonjs()], onLog: () => undefined });
  await bundle.write({ dir: out("rollup"), entryFileNames: "main.mjs", chunkFileNames: "[name]-[hash].mjs" });
  return { folder: out("rollup"), file: "main.mjs" };
}

async function byWebpack(format: "esm" | "cjs"): Promise<Bundled> {
  const { default: webpack } = await import("webpack");
  const isModule = format === "esm";
  const file = isModule ? "main.mjs" : "main.cjs";
  const output = { path: out(`webpack-${format}`), filename: file, ...(isModule ? { module: true, chunkFilename: "[id].mjs" } : {}) };
  const experiments = isModule ? { outputModule: true } : {};
  await new Promise<void>((done, fail) => {
    webpack({ mode: "production", target: "node20", context: application, entry, output, experiments }, (error, stats) => {
      if (error !== null) fail(error);
      else if (stats!.hasErrors() || stats!.hasWarnings()) fail(new Error(stats!.toString({ all: false, errors: true, warnings: true })));
      else done();
    });
  });
  return { folder: out(`webpack-${format}`), file };
}

async function byNcc(): Promise<Bundled> {
  const command = join(here, "node_modules/@vercel/ncc/dist/ncc/cli.js");
  const built = await runCommand(process.execPath, [command, "build", "program.js", "-o", out("ncc")], { cwd: application, env });
  expect(built.code, built.stdout + built.stderr).toBe(0);
  return { folder: out("ncc"), file: "index.js" };
}

describe.each<[string, () => Promise<Bundled>, { models: boolean }]>([
  ["esbuild to a module", () => byEsbuild("esm"), { models: true }],
  ["esbuild to CommonJS", () => byEsbuild("cjs"), { models: true }],
  ["Vite SSR", byVite, { models: true }],
  ["rollup", byRollup, { models: true }],
  ["webpack to a module", () => byWebpack("esm"), { models: false }],
  ["webpack to CommonJS", () => byWebpack("cjs"), { models: false }],
  ["ncc", byNcc, { models: true }],
])("a bundle by %s", (name, build, { models }) => {
  it("ranks where node_modules is, and elsewhere with what the page says, and names what is missing without it", async () => {
    const { folder, file } = await build();
    expect(await answer(folder, file)).toEqual(await expected());

    const moved = join(elsewhere, name.replaceAll(" ", "-"));
    cpSync(folder, moved, { recursive: true });
    // webpack writes the build's paths into a bundle: they must not be what makes it work.
    await withHidden(join(application, "node_modules"), async () => {
      const failed = await runCommand(process.execPath, [file], { cwd: moved, env });
      // ncc copies the model as if it were text.
      expect(failed.stderr).toMatch(name === "ncc" ? /unsupported-model/ : /missing-dependency/);
      if (models) cpSync(join(root, "models"), join(moved, "models"), { recursive: true });
      install(join(moved, "node_modules"), ["onnxruntime-node", "onnxruntime-common"]);
      expect(await answer(moved, file)).toEqual(await expected());
    });
    rmSync(moved, { recursive: true });
  });
});

it("Vercel's tracer finds the model, the runtime and its shared library", async () => {
  // As a process: what it takes for files of the application depends on the folder that it runs in.
  const command = join(here, "node_modules/@vercel/nft/out/cli.js");
  const { stdout } = await runCommand(process.execPath, [command, "print", "program.js"], { cwd: application, env });
  const fileList = stdout.split("\n").map((line) => line.trim());
  const runtime = `node_modules/onnxruntime-node/bin/napi-v6/${process.platform}/${process.arch}`;
  expect(fileList).toEqual(
    expect.arrayContaining([
      ...["config.json", "tokenizer.json", "tokenizer_config.json", "onnx/model.onnx"].map(
        (path) => `node_modules/crossrank/models/mini/${path}`,
      ),
      `${runtime}/onnxruntime_binding.node`,
      ...(process.platform === "linux" ? [`${runtime}/libonnxruntime.so.1`] : []),
    ]),
  );
});

it("a small read-only folder without HOME ranks after the page's pruning command, below 250 MB", async () => {
  const folder = join(elsewhere, "lambda");
  const { folder: bundle, file } = await byEsbuild("esm");
  cpSync(bundle, folder, { recursive: true });
  cpSync(join(root, "models"), join(folder, "models"), { recursive: true });
  install(join(folder, "node_modules"), ["onnxruntime-node", "onnxruntime-common"], { allPlatforms: true });
  const prune = /^find .*$/m.exec(page)![0].replace("linux/x64", `linux/${process.arch}`);
  expect(await runCommand("sh", ["-c", prune], { cwd: folder })).toMatchObject({ code: 0, stderr: "" });
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((path) => join(folder, path));
  const sizeBytes = paths.reduce((sum, path) => sum + (statSync(path).isFile() ? statSync(path).size : 0), 0);
  expect(sizeBytes).toBeLessThan(250e6);
  expect(sizeBytes).toBeGreaterThan(50e6);
  for (const path of [...paths, folder]) if (statSync(path).isDirectory()) chmodSync(path, 0o555);
  try {
    // env -u: an empty HOME is another case.
    const run = await runCommand("env", ["-u", "HOME", process.execPath, file], { cwd: folder, env });
    expect(JSON.parse(run.stdout || JSON.stringify(run.stderr))).toEqual(await expected());
  } finally {
    for (const path of [folder, ...paths]) if (statSync(path).isDirectory()) chmodSync(path, 0o755);
  }
});

describe("Jest", () => {
  const jest = join(here, "node_modules/jest/bin/jest.js");
  const test_ = (imports: string): string => `${imports}
it("ranks", async () => {${body}
  expect([best.index, bestSync.index, code, plugin]).toEqual([1, 1, "download", 7]);
  expect(bestSync.score).toBeCloseTo(best.score, 5);
});`;

  it.each([
    ["ES modules", ["--experimental-vm-modules"], "module.test.js", `import { ${names} } from "crossrank";`, {}],
    ["CommonJS by the page's setting", [], "common.test.cjs", `const { ${names} } = require("crossrank");`, pageFiles()],
  ])("ranks with %s", async (_name, flags, file, imports, files) => {
    const folder = join(application, file.replace(/\W/g, "-"));
    mkdirSync(folder);
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(join(folder, "jest.config.cjs"), 'module.exports = { testMatch: ["**/*.test.*"], transform: {} };');
    for (const [path, text] of Object.entries(files))
      writeFileSync(join(folder, path), text.replace("{ moduleName", '{ testMatch: ["**/*.test.*"], transform: {}, moduleName'));
    writeFileSync(join(folder, file), test_(imports));
    const run = await runCommand(process.execPath, [...flags, jest, "--rootDir", folder, "--config", join(folder, "jest.config.cjs")], {
      cwd: folder,
      env,
    });
    expect(run.code, run.stderr).toBe(0);
  });
});

/** The files of the page's section on Jest. */
function pageFiles(): Record<string, string> {
  const block = /```text\n(\/\/ jest\.config\.cjs[\s\S]*?)```/.exec(page)![1]!;
  return Object.fromEntries([...block.matchAll(/^\/\/ (\S+)\n([\s\S]*?)(?=^\/\/ |$(?![\s\S]))/gm)].map(([, path, text]) => [path!, text!]));
}

it("a standalone Next.js server ranks elsewhere, with the page's settings", async () => {
  const app = nextApplication;
  mkdirSync(join(app, "app/api"), { recursive: true });
  cpSync(join(application, "node_modules"), join(app, "node_modules"), { recursive: true });
  writeFileSync(join(app, "package.json"), '{ "private": true, "type": "module" }');
  const settings = /```text\nexport default \{\n([\s\S]*?)\};\n```/.exec(page)![1]!.replace("linux/x64", `linux/${process.arch}`);
  // Next.js itself is outside of the application here, and the tsconfig.json beside it extends the repository's.
  const roots = `turbopack: { root: ${JSON.stringify(root)} }, outputFileTracingRoot: ${JSON.stringify(root)}`;
  writeFileSync(join(app, "next.config.js"), `export default {\n${settings}  ${roots},\n};\n`);
  writeFileSync(
    join(app, "app/api/route.js"),
    `import { ${names} } from "crossrank";
export const dynamic = "force-dynamic";
export async function GET() {${body}
  return Response.json([best.index, best.score, bestSync.score, code, plugin]);
}`,
  );
  const next = join(here, "node_modules/next/dist/bin/next");
  const built = await runCommand(process.execPath, [next, "build"], { cwd: app, env });
  expect(built, built.stdout + built.stderr).toMatchObject({ code: 0 });
  const moved = join(elsewhere, "next");
  cpSync(join(app, ".next/standalone"), moved, { recursive: true, verbatimSymlinks: true });
  await withHidden(join(app, "node_modules"), async () => {
    const port = await freePort();
    const server = spawn(process.execPath, ["server.js"], {
      cwd: join(moved, relative(root, app)),
      env: { ...process.env, ...env, PORT: String(port), HOSTNAME: "127.0.0.1", NODE_ENV: "production" },
      stdio: "ignore",
    });
    try {
      const ask = async (): Promise<unknown> => (await fetch(`http://127.0.0.1:${port}/api`)).json();
      await expect.poll(() => ask().catch(String), { timeout: 60_000 }).toEqual(await expected());
    } finally {
      await ended(server);
    }
  });
}, 400_000);

/** What a bundle prints. */
async function answer(folder: string, file: string): Promise<unknown> {
  const { stdout, stderr } = await runCommand(process.execPath, [file], { cwd: folder, env });
  return stdout === "" ? stderr.slice(-2000) : JSON.parse(stdout);
}

/** Copies packages of the repository, with what they need of their own; of the runtime's binaries those of this platform, unless all are wanted. */
function install(folder: string, packages: readonly string[], { allPlatforms = false }: { allPlatforms?: boolean } = {}): void {
  const bin = join(root, "node_modules/onnxruntime-node/bin/napi-v6");
  const ofPlatform = join(bin, process.platform, process.arch);
  const isWanted = (path: string): boolean =>
    allPlatforms || !path.startsWith(bin) || path.startsWith(ofPlatform) || ofPlatform.startsWith(path);
  for (const name of packages) cpSync(join(root, "node_modules", name), join(folder, name), { recursive: true, filter: isWanted });
}

/** Runs while a folder is not where it was. */
async function withHidden(path: string, run: () => Promise<void>): Promise<void> {
  const aside = join(dirname(path), `.aside-${Date.now()}`);
  const { renameSync } = await import("node:fs");
  renameSync(path, aside);
  try {
    await run();
  } finally {
    renameSync(aside, path);
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

function ended(child: ChildProcess): Promise<void> {
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  child.kill();
  return closed;
}
