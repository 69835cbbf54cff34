/**
 * Every code block of README and docs: type-checked, run, and compared with the output that the page shows.
 *
 * `UPDATE_DOCS=1` writes the real output into the pages instead. Programs run in a folder with examples/ and models/, against a hub on
 * this machine that gives the bundled model's files for those of the presets.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listPresets } from "../dist/index.js";
import { makeFolder, root, runCommand } from "./support/command.node.ts";
import { type Hub, startHub } from "./support/hub-server.node.ts";
import { type CodeBlock, readCodeBlocks, splitNumbers } from "./support/markdown.ts";

const isUpdate = process.env.UPDATE_DOCS === "1";
const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "ARCHITECTURE.md",
  // The programs of frameworks.md need the frameworks: test/clients/frameworks.test.ts runs them.
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md") && name !== "frameworks.md")
    .map((name) => `docs/${name}`),
].map((path) => ({
  path,
  blocks: readCodeBlocks(readFileSync(join(root, path), "utf8")),
}));
const blocksOf = (...languages: string[]) =>
  pages.flatMap(({ path, blocks }) =>
    blocks.filter(({ language }) => languages.includes(language)).map((block) => ({ path, block, where: `${path}:${block.line}` })),
  );

const programs = blocksOf("ts", "js").map((program) => ({ ...program, name: program.where.replace(/\W/g, "-") }));

const compilerOptions: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  verbatimModuleSyntax: true,
  types: ["node"],
  typeRoots: [join(root, "node_modules", "@types")],
};

const folder = makeFolder();
let hub: Hub;
let environment: Record<string, string>;
let compiled: ts.Program;

beforeAll(async () => {
  mkdirSync(join(folder, "node_modules"));
  mkdirSync(join(folder, "bin"));
  symlinkSync(root, join(folder, "node_modules", "crossrank"), "junction");
  symlinkSync(join(root, "node_modules", "@types"), join(folder, "node_modules", "@types"), "junction");
  symlinkSync(join(root, "node_modules", "undici-types"), join(folder, "node_modules", "undici-types"), "junction");
  for (const name of ["examples", "models"]) symlinkSync(join(root, name), join(folder, name), "junction");
  symlinkSync(join(root, "dist", "cli.js"), join(folder, "bin", "crossrank"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  for (const { name, block } of programs) writeFileSync(join(folder, `${name}.ts`), block.code);
  compiled = ts.createProgram(
    programs.map(({ name }) => join(folder, `${name}.ts`)),
    compilerOptions,
  );
  compiled.emit();
  const paths = ["config.json", "tokenizer.json", "tokenizer_config.json", "onnx/model.onnx"];
  const files = Object.fromEntries(paths.map((path) => [path, readFileSync(join(root, "models/mini", path))]));
  const repositories = listPresets().flatMap(({ repository, verified }) =>
    repository === undefined || verified ? [] : [[repository, { files }] as const],
  );
  hub = await startHub({ repositories: Object.fromEntries(repositories) });
  environment = {
    PATH: `${join(folder, "bin")}:${process.env.PATH}`,
    HF_ENDPOINT: hub.url,
    HF_HOME: join(folder, "hub"),
    CROSSRANK_CACHE: join(folder, "cache"),
    NO_PROXY: "127.0.0.1",
  };
});
afterAll(async () => {
  await hub.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("programs", () => {
  it("type-check against the package's own types, with verbatimModuleSyntax", () => {
    const found = ts.getPreEmitDiagnostics(compiled).map(({ file, start, messageText }) => {
      const name = file?.fileName.split("/").at(-1)?.replace(".ts", "");
      const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start ?? 0).line + 1;
      const where = programs.find((candidate) => candidate.name === name)?.where ?? file?.fileName;
      return `${where} line ${line}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
    });
    expect(found).toEqual([]);
  });

  it.each(programs)("$where prints what the page says, and nothing on stderr", async ({ path, block, name }) => {
    const outcome = await runCommand(process.execPath, [`${name}.js`], { cwd: folder, env: environment });
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    const fences = (output: string): string => `${block.code}\`\`\`\n\`\`\`text\n${output}\`\`\``;
    if (isUpdate && block.output !== undefined) updatePage(path, fences(block.output), fences(outcome.stdout));
    else expectSimilar(outcome.stdout, block.output ?? "");
  });
});

describe("command lines", () => {
  it.each(blocksOf("console"))("$where prints what the page says", async ({ path, block }) => {
    for (const { command, output } of readCommands(block)) {
      const script = command.replace(/\bnpx crossrank\b/g, "crossrank");
      const { stdout } = await runCommand("bash", ["-c", `exec 2>&1; ${script}`], { cwd: folder, env: environment });
      if (isUpdate) updatePage(path, `$ ${command}\n${output}`, `$ ${command}\n${stdout}`);
      else expectSimilar(stdout, output);
    }
  });

  // Set-up: CI runs these very commands, the package test the one for users; the test of bundlers does what those on bundles say.
  it.each(blocksOf("sh"))("$where names only commands that exist", ({ block }) => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: Record<string, string> };
    for (const line of block.code
      .trimEnd()
      .split("\n")
      .filter((text) => !text.startsWith("#"))) {
      expect(line).toMatch(
        /^(npm (ci|test|install crossrank|version |publish |run [\w:]+)|git push |\.ci\/run|(npx )?crossrank |UPDATE_DOCS=1 npm run|\.venv\/bin\/|python3 -m venv |docker (build|run) |kubectl (apply|create) |mkdir -p out\/|cp -r node_modules\/|find node_modules\/)/,
      );
      const script = /npm run ([\w:]+)/.exec(line)?.[1];
      if (script !== undefined) expect(Object.keys(scripts)).toContain(script);
    }
  });
});

it.each(blocksOf("json"))("$where is JSON", ({ block }) => {
  expect(() => JSON.parse(block.code) as unknown).not.toThrow();
});

it("every block is of a language that is checked, or is plain text", () => {
  // From yaml on they are of docs/deploy.md; test/deploy.heavy.test.ts checks yaml and dockerfile.
  const known = ["ts", "js", "console", "sh", "json", "text", "python", "go", "java", "rust", "yaml", "dockerfile", "ini", "nginx"];
  const others = pages.flatMap(({ path, blocks }) =>
    blocks.filter(({ language }) => !known.includes(language)).map(({ line }) => `${path}:${line}`),
  );
  expect(others).toEqual([]);
  expect(programs.length).toBeGreaterThan(5);
});

describe("README.md", () => {
  it("has its first program within 30 lines", () => {
    expect(programs.find(({ path }) => path === "README.md")!.block.line).toBeLessThan(30);
  });
});

/** The `$ ` lines of a console block, each with what follows it. */
function readCommands({ code }: CodeBlock): { command: string; output: string }[] {
  return code
    .split(/^\$ /m)
    .slice(1)
    .map((part) => ({ command: part.slice(0, part.indexOf("\n")), output: part.slice(part.indexOf("\n") + 1) }));
}

/** The same text, with scores within 0.1 or 5 %: what an 8-bit model gives depends on the processor (0.455 with AVX2, 0.528 with VNNI). */
function expectSimilar(actual: string, shown: string): void {
  const [actualParts, shownParts] = [splitNumbers(actual), splitNumbers(shown)];
  expect(actualParts.text).toBe(shownParts.text);
  for (const [where, number] of shownParts.numbers.entries()) {
    expect(Math.abs(actualParts.numbers[where]! - number), `${actualParts.numbers[where]} for ${number}`).toBeLessThan(
      Math.max(0.1, Math.abs(number) * 0.05),
    );
  }
}

function updatePage(path: string, shown: string, actual: string): void {
  const file = join(root, path);
  const page = readFileSync(file, "utf8");
  expect(page.split(shown).length, "the same output stands on the page twice: change it by hand").toBe(2);
  writeFileSync(
    file,
    page.replace(shown, () => actual),
  );
}
