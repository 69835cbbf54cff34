/** The public types of the built package, asked of TypeScript's language service as an editor does. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { listPresets, listProviders } from "../src/index.ts";
import { root } from "./support/command.node.ts";
import { entryPoints, type Hover, PublicTypes } from "./support/public-types.node.ts";

/** Where an editor is asked for completions: at each `|`. */
const probes: Record<string, string> = {
  "probe-model.ts": 'import { rerank } from "crossrank";\nrerank("q", ["a"], { model: "|" });',
  "probe-preset.ts": 'import { createReranker } from "crossrank";\ncreateReranker({ model: { type: "preset", name: "|" } });',
  "probe-server.ts": 'import { createRerankServer } from "crossrank/server";\ncreateRerankServer({ models: ["|"] });',
  "probe-fields.ts": 'import { rerank } from "crossrank";\nrerank("q", [{ title: "a", meta: { year: 1 } }], { fields: ["|"] });',
  "probe-keys.ts": 'import { rerank } from "crossrank";\nrerank("q", ["a"], { | });',
};
const types = new PublicTypes(Object.fromEntries(Object.entries(probes).map(([name, text]) => [name, text.replace("|", "")])));
const completions = (probe: string): string[] => types.completionsAt(probe, probes[probe]!.indexOf("|"));

describe.each(entryPoints)("an editor, for $specifier,", (entry) => {
  const exports = types.exportsOf(entry);

  it("shows documentation of each export, with an example for functions", () => {
    const found = [...exports].flatMap(([name, symbol]) =>
      types.declarationsOf(symbol).flatMap((declaration) => {
        const hover = types.hoverOf(declaration);
        const needsExample = hover.signature.startsWith("function") && hover.examples.length === 0;
        return [...mistakes(name, hover), ...(needsExample ? [`${name} has no @example`] : [])];
      }),
    );
    expect(found).toEqual([]);
    expect(exports.size).toBeGreaterThan(0);
  });

  // Adapters repeat parts of a framework's own interfaces: of those, what is exported is documented here, and the rest there.
  const isAdapter = entry.types.startsWith("dist/adapters/");

  it("shows documentation of each key of each type", () => {
    const members = (isAdapter ? [...exports.values()] : types.reachableFrom(exports.values())).flatMap((symbol) =>
      types
        .declarationsOf(symbol)
        .flatMap((declaration) => types.membersOf(declaration).filter((key) => !isAdapter || key.parent === declaration))
        .map((key) => ({ symbol, key })),
    );
    const found = members.flatMap(({ symbol, key }) => mistakes(`${symbol.name}.${key.name!.getText()}`, types.hoverOf(key)));
    expect(found).toEqual([]);
    expect(members.length).toBeGreaterThan(0);
  });
});

describe("an editor completes", () => {
  const presets = listPresets().map(({ name }) => name);
  const providers = listProviders().map(({ prefix }) => `${prefix}/`);

  it("presets, providers and prefixes as names of models", () => {
    expect(completions("probe-model.ts").sort()).toEqual([...presets, ...providers, "hf:", "plugin:"].sort());
    expect(completions("probe-server.ts").sort()).toEqual([...presets, ...providers, "hf:", "plugin:"].sort());
  });

  it("names of presets", () => {
    expect(completions("probe-preset.ts").sort()).toEqual([...presets].sort());
  });

  it("the fields of the caller's documents", () => {
    expect(completions("probe-fields.ts").sort()).toEqual(["meta", "meta.year", "title"]);
  });

  it("keys in both spellings", () => {
    expect(completions("probe-keys.ts")).toEqual(expect.arrayContaining(["model", "topK", "top_k", "fields", "scoreCacheBytes"]));
  });
});

/** `UPDATE_DOCS=1` writes it: each export, and each type that one mentions, without comments. A declaration is written once. */
it("docs/api.txt has the public surface of the package", () => {
  const path = join(root, "docs/api.txt");
  const report = describePackage();
  if (process.env.UPDATE_DOCS === "1") writeFileSync(path, report);
  const advice = "The public surface changed. If that is meant: UPDATE_DOCS=1 npm test -- public-types, and a line in CHANGELOG.md.";
  expect(report, advice).toBe(readFileSync(path, "utf8"));
});

/** What is wrong with a hover; empty if nothing is. */
function mistakes(name: string, { signature, documentation, deadLinks }: Hover): string[] {
  const found: string[] = [];
  if (documentation.trim() === "") found.push(`${name} has no documentation`);
  if (/\{@(?!link)/.test(documentation)) found.push(`${name} shows ${documentation}`);
  if (deadLinks.length > 0) found.push(`${name} links to ${deadLinks.join()}, which does not exist`);
  if (/\w\$\d/.test(signature)) found.push(`${name} is shown as ${signature}`);
  return found;
}

function describePackage(): string {
  const written = new Set<ts.Symbol>();
  const sections = entryPoints.map((entry) => {
    const exports = types.exportsOf(entry);
    const reached = types.reachableFrom(exports.values()).filter((symbol) => !written.has(symbol));
    for (const symbol of reached) written.add(symbol);
    const declarations = reached.sort((left, right) => (left.name < right.name ? -1 : 1)).flatMap((symbol) => types.declarationsOf(symbol));
    return [`# ${entry.specifier}`, `export {\n  ${[...exports.keys()].join(",\n  ")}\n}`, ...declarations.map(print)].join("\n\n");
  });
  return `${sections.join("\n\n")}\n`;
}

function print(declaration: ts.Declaration): string {
  const printer = ts.createPrinter({ removeComments: true, newLine: ts.NewLineKind.LineFeed });
  return printer.printNode(ts.EmitHint.Unspecified, declaration, declaration.getSourceFile());
}
