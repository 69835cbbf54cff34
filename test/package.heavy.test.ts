/**
 * The packed tarball in an empty project, and the repository in an empty folder: what a stranger gets, with npm 10, npm 11 and pnpm.
 *
 * Needs a package registry; no other network. The hub is one on this machine, which gives the bundled model's files for those of `fast`.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { getPreset, rerankSync } from "../dist/index.js";
import { makeFolder, root, runCommand } from "./support/command.node.ts";
import { type Hub, startHub } from "./support/hub-server.node.ts";

const query = "How to train a dog";
const documents = [
  "Dog training requires patience and consistency.",
  "Cats are independent animals that prefer to play alone.",
  "Bird care includes proper cage setup and regular cleaning.",
];

// The snippet that the foundation promises, to the letter.
const snippet = `import { rerankSync, RerankerConfig } from "crossrank";
const config: RerankerConfig = { model: { type: "preset", name: "fast" }, top_k: 2 };
const results = rerankSync("How to train a dog", ["Dog training requires patience and consistency.", "Cats are independent animals that prefer to play alone.", "Bird care includes proper cage setup and regular cleaning."], config);
for (const r of results) console.log(\`#\${r.index}: \${r.score.toFixed(3)} \${r.document}\`);
`;

// Numbers come from the build beside this test, so that another bundled model changes nothing here.
const ranked = rerankSync(query, documents, { topK: 2 });
const lines = ranked.map(({ index, score, document }) => `#${index}: ${score.toFixed(3)} ${document}\n`).join("");
const quietly = (stdout: string) => ({ code: 0, signal: null, stdout, stderr: "" });

const folder = makeFolder();
let tarball = "";
let hub: Hub;

beforeAll(async () => {
  const packed = await runCommand("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], { cwd: root });
  expect(packed.code, packed.stderr).toBe(0);
  tarball = join(folder, (JSON.parse(packed.stdout) as { filename: string }[])[0]!.filename);
  const files = Object.fromEntries(
    ["config.json", "tokenizer.json", "tokenizer_config.json", "onnx/model.onnx"].map((path) => [
      path,
      readFileSync(join(root, "models/mini", path)),
    ]),
  );
  hub = await startHub({ repositories: { [getPreset("fast").repository!]: { files } } });
});
afterAll(async () => {
  await hub.close();
  rmSync(folder, { recursive: true, force: true });
});

/** README's line for users, with the tarball in place of the name. */
function installArguments(): string[] {
  const line = /^npm install crossrank .*$/m.exec(readFileSync(join(root, "README.md"), "utf8"))![0];
  return line
    .split(" ")
    .slice(1)
    .map((word) => (word === "crossrank" ? tarball : word));
}

// npm 11.19 and later leave out install scripts that the project does not allow by name.
describe.each([
  { npm: "npm@10", allowScripts: {} },
  { npm: "npm@11", allowScripts: {} },
  { npm: "npm@11", allowScripts: { "onnxruntime-node": true } },
])("installed by the README's line with $npm, scripts allowed: $allowScripts", ({ npm, allowScripts }) => {
  const project = join(folder, `${npm}-${Object.keys(allowScripts).length}`);
  const node = (args: string[], env: Record<string, string> = {}) => runCommand(process.execPath, args, { cwd: project, env });
  const tsc = join(root, "node_modules/typescript/bin/tsc");

  beforeAll(async () => {
    mkdirSync(project);
    writeFileSync(join(project, "package.json"), JSON.stringify({ name: "app", private: true, type: "module", allowScripts }));
    const args = ["--yes", "--prefer-offline", npm, ...installArguments(), "--prefer-offline", "--no-audit", "--no-fund"];
    const installed = await runCommand("npx", args, { cwd: project, env: { npm_config_ignore_scripts: "false" } });
    expect(installed.code, installed.stderr).toBe(0);
  });

  it("runs from an ES module", async () => {
    const source = `import { rerank } from "crossrank";
for (const { index, score, document } of await rerank(${JSON.stringify(query)}, ${JSON.stringify(documents)}, { topK: 2 }))
  console.log(\`#\${index}: \${score.toFixed(3)} \${document}\`);`;
    writeFileSync(join(project, "module.mjs"), source);
    expect(await node(["module.mjs"])).toEqual(quietly(lines));
  });

  it("runs by require", async () => {
    const source = `const { rerankSync } = require("crossrank");
for (const { index, score, document } of rerankSync(${JSON.stringify(query)}, ${JSON.stringify(documents)}, { topK: 2 }))
  console.log(\`#\${index}: \${score.toFixed(3)} \${document}\`);`;
    writeFileSync(join(project, "common.cjs"), source);
    expect(await node(["common.cjs"])).toEqual(quietly(lines));
  });

  it.each([
    ["nodenext", "nodenext"],
    ["bundler", "esnext"],
  ])("type-checks and runs the promised snippet with verbatimModuleSyntax and moduleResolution %s", async (moduleResolution, module) => {
    const name = `app-${moduleResolution}`;
    writeFileSync(join(project, `${name}.ts`), snippet);
    const options = [
      "--strict",
      "--verbatimModuleSyntax",
      "--target",
      "es2022",
      "--module",
      module,
      "--moduleResolution",
      moduleResolution,
    ];
    expect(await node([tsc, ...options, `${name}.ts`])).toEqual(quietly(""));
    const env = {
      HF_ENDPOINT: hub.url,
      CROSSRANK_CACHE: join(project, `cache-${moduleResolution}`),
      HF_HOME: join(project, "hub"),
      NO_PROXY: "127.0.0.1",
    };
    // The first call downloads, on the thread that waits; the second finds the model.
    for (let run = 0; run < 2; run += 1) expect(await node([`${name}.js`], env)).toEqual(quietly(lines));
  });

  it("runs by its bin, and by npx", async () => {
    writeFileSync(join(project, "pets.txt"), `${documents.join("\n")}\n`);
    const table = ranked
      .map(({ index, score, document }, rank) => `${[rank + 1, index, score, document, "pets.txt", index + 1].join("\t")}\n`)
      .join("");
    const args = ["rank", query, "pets.txt", "--top-k", "2", "--format", "tsv"];
    expect(await runCommand(join(project, "node_modules/.bin/crossrank"), args, { cwd: project })).toEqual(quietly(table));
    const viaNpx = await runCommand("npx", ["--no-install", "crossrank", ...args], { cwd: project });
    expect(viaNpx).toMatchObject({ code: 0, stdout: table });
  });
});

// pnpm links a package of a workspace to what its package.json names, and to nothing else: nothing is found there by accident.
describe("installed by pnpm in a workspace, without hoisting", () => {
  const app = `import { trace } from "@opentelemetry/api";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { registerRerankerBackend } from "crossrank";
import { createRerankServer } from "crossrank/server";
const exporter = new InMemorySpanExporter();
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
registerRerankerBackend({ name: "length", rerank: (_query, documents) => documents.map((text) => text.length) });
const server = createRerankServer({ models: ["plugin:length"] });
await server.ready;
const init = { method: "POST", headers: { "content-type": "application/json" }, body: ${JSON.stringify(JSON.stringify({ query, documents }))} };
const response = await server.fetch(new Request("http://localhost/v1/rerank", init));
console.log(response.status, exporter.getFinishedSpans().map(({ name }) => name).join());
await server.close();
`;

  it("has traces where OpenTelemetry's API is installed beside it", async () => {
    const workspace = join(folder, "pnpm");
    const project = join(workspace, "packages/app");
    mkdirSync(project, { recursive: true });
    writeFileSync(join(workspace, "package.json"), JSON.stringify({ name: "workspace", private: true }));
    writeFileSync(join(workspace, "pnpm-workspace.yaml"), "packages: [packages/*]\nhoist: false\n");
    writeFileSync(join(project, "package.json"), JSON.stringify({ name: "app", private: true, type: "module" }));
    // Not the newest: a copy of the API inside of crossrank would refuse to be traced by an older one, without a word.
    const packages = [tarball, "@opentelemetry/api@1.8.0", "@opentelemetry/sdk-trace-base@1.30.1"];
    const flags = ["--ignore-scripts", "--prefer-offline", "--store-dir", join(folder, "pnpm-store")];
    const args = ["--yes", "--prefer-offline", "pnpm@10", "add", ...packages, ...flags];
    const installed = await runCommand("npx", args, { cwd: project });
    expect(installed.code, installed.stdout + installed.stderr).toBe(0);
    writeFileSync(join(project, "app.mjs"), app);
    expect(await runCommand(process.execPath, ["app.mjs"], { cwd: project })).toEqual(quietly("200 POST /v1/rerank\n"));
  });
});

describe("the tarball", () => {
  it("holds the build, the model and the usual papers, but no source maps, sources or tests", async () => {
    const inside = join(folder, "inside");
    mkdirSync(inside);
    expect(await runCommand("tar", ["-xzf", tarball, "-C", inside], { cwd: folder })).toMatchObject({ code: 0 });
    const files = readdirSync(join(inside, "package"), { recursive: true, encoding: "utf8" }).filter((path) =>
      statSync(join(inside, "package", path)).isFile(),
    );
    const others = files.filter(
      (path) =>
        !/^dist\/((?:adapters\/)?[\w.-]+\.(js|d\.ts)|serve\.schema\.json|swagger-ui\/[\w.-]+)$/.test(path) &&
        !path.startsWith("models/mini/"),
    );
    expect(others.sort()).toEqual(["LICENSE", "README.md", "package.json"]);
    expect(files.filter((path) => /\.map$|\.test\.|(?<!\.d)\.ts$/.test(path))).toEqual([]);
    expect(files).toEqual(
      expect.arrayContaining(["dist/index.js", "dist/index.d.ts", "dist/web.js", "dist/cli.js", "models/mini/onnx/model.onnx"]),
    );
    const bin = join(inside, "package/dist/cli.js");
    expect(readFileSync(bin, "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect(statSync(bin).mode & 0o111).toBe(0o111);
  });
});

describe.each(["npm@10", "npm@11"])("a clean copy of the repository, with %s", (npm) => {
  it("ranks the example by npx right after npm ci", async () => {
    const clone = join(folder, `clone-${npm}`);
    const listed = await runCommand("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: root });
    for (const path of listed.stdout.split("\0").filter(Boolean)) {
      mkdirSync(dirname(join(clone, path)), { recursive: true });
      cpSync(join(root, path), join(clone, path));
    }
    const installed = await runCommand("npx", ["--yes", "--prefer-offline", npm, "ci", "--prefer-offline"], { cwd: clone });
    expect(installed.code, installed.stderr).toBe(0);
    // npm 12 refuses what npm 11 warns of: settings that it does not know.
    expect(installed.stderr).not.toMatch(/Unknown .*config/);
    const command = ["crossrank", "rank", query, "examples/pets.txt", "--format", "jsonl"];
    // A registry that nobody answers for: npx must find the program here, and ask nothing.
    const env = { npm_config_registry: "http://127.0.0.1:9/", npm_config_cache: join(clone, "npm-cache") };
    const npxOf = npm === "npm@10" ? await oldNpm(clone) : ["npx"];
    const ranking = await runCommand(npxOf[0]!, [...npxOf.slice(1), ...command], { cwd: clone, env });
    const texts = readFileSync(join(root, "examples/pets.txt"), "utf8").trimEnd().split("\n");
    const expected = rerankSync(query, texts)
      .map((result) => `${JSON.stringify({ ...result, file: "examples/pets.txt", line: result.index + 1 })}\n`)
      .join("");
    expect(ranking).toMatchObject({ code: 0, stdout: expected });
  });
});

it("the lock file names no install script of the runtime, so that no npm runs it and downloads GPU files", () => {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, { hasInstallScript?: boolean }>;
  };
  expect(packages["node_modules/onnxruntime-node"]).toBeDefined();
  expect(packages["node_modules/onnxruntime-node"]!.hasInstallScript).toBeUndefined();
});

/** npm 10's own npx, as a command: it is in the cache of the npx that installed it. */
async function oldNpm(cwd: string): Promise<string[]> {
  const { stdout } = await runCommand("npx", ["--yes", "--prefer-offline", "--package", "npm@10", "-c", "command -v npm"], { cwd });
  return [join(dirname(stdout.trim()), "npx")];
}
