/** Runs the `@example` of every public function: type-checked, and each line that ends with a comment prints just that. */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeFolder, root, runCommand } from "./support/command.node.ts";
import { entryPoints, PublicTypes } from "./support/public-types.node.ts";

const folder = makeFolder();
const types = new PublicTypes();
// Entry points of the same declarations have the same examples.
const entries = entryPoints.filter(({ types: path }, index) => entryPoints.findIndex((other) => other.types === path) === index);
const examples = entries.flatMap((entry) => {
  const exports = types.exportsOf(entry);
  return [...exports].flatMap(([name, symbol]) =>
    types
      .declarationsOf(symbol)
      .flatMap((declaration) => [declaration, ...types.membersOf(declaration)])
      .flatMap((declaration) => types.hoverOf(declaration).examples)
      .map((code, index) => ({
        name: `${entry.specifier} ${name} ${index}`,
        file: fileOf(entry.specifier, name, index),
        code: whole(entry.specifier, exports, code),
      })),
  );
});

let outputs: Record<string, { lines: string[]; error?: string }>;
let diagnostics: readonly ts.Diagnostic[];

beforeAll(async () => {
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(root, join(folder, "node_modules", "crossrank"), "junction");
  for (const name of ["@types", "undici-types"])
    symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name), "junction");
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  for (const { file, code } of examples) writeFileSync(join(folder, `${file}.ts`), code);
  const program = ts.createProgram(
    examples.map(({ file }) => join(folder, `${file}.ts`)),
    { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, strict: true, types: ["node"] },
  );
  diagnostics = ts.getPreEmitDiagnostics(program);
  program.emit();
  // One process for all: each example closes what it opens, or uses what is shared.
  const run = `
import { format } from "node:util";
const outputs = {};
const print = console.log;
for (const file of ${JSON.stringify(examples.map(({ file }) => file))}) {
  const output = (outputs[file] = { lines: [] });
  console.log = (...values) => output.lines.push(format(...values));
  await import(\`./\${file}.js\`).catch((error) => { output.error = String(error.stack); });
}
print(JSON.stringify(outputs));`;
  writeFileSync(join(folder, "run.js"), run);
  const { stdout, stderr, code } = await runCommand(process.execPath, ["run.js"], { cwd: folder });
  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  outputs = JSON.parse(stdout) as typeof outputs;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each(examples)("$name", ({ file, code }) => {
  const mistakes = diagnostics.filter((diagnostic) => diagnostic.file?.fileName.endsWith(`/${file}.ts`));
  expect(mistakes.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "))).toEqual([]);
  const promised = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => text);
  expect(outputs[file]).toEqual({ lines: promised });
});

function fileOf(specifier: string, name: string, index: number): string {
  return `${specifier}-${name}-${index}`.replace(/\W/g, "-");
}

/** The example with an import of the values that it names. */
function whole(specifier: string, exports: ReadonlyMap<string, ts.Symbol>, code: string): string {
  const own = code.replace(/^import .*$/gm, "");
  const isValue = (symbol: ts.Symbol): boolean => (symbol.flags & ts.SymbolFlags.Value) !== 0;
  const names = [...exports].filter(([name, symbol]) => isValue(symbol) && new RegExp(`\\b${name}\\b`).test(own)).map(([name]) => name);
  return `import { ${names.join(", ")} } from "${specifier}";\n${code}\n`;
}
