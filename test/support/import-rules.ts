/** Checks which source files may import which others. Reads the import lines, without a parser. */

/** One import of a source file. */
interface Import {
  specifier: string;
  /** `type` is gone at run time; `dynamic` is `import()`; `require` comes from createRequire. */
  kind: "static" | "type" | "dynamic" | "require";
  /** The names in braces, or `* as …`; "" where the line has none. */
  names: string;
}

interface Rule {
  /** Paths in src/ that the rule is for; the first rule that fits a file counts. */
  files: RegExp;
  /** Paths in src/ that they may import; their own folder is in it only where it says so. */
  may: readonly RegExp[];
  /** Paths of which they may import types. */
  mayTypes?: readonly RegExp[];
  /** No network, clock, randomness or environment. */
  isPure?: boolean;
  /** Packages that they may import statically beside the usual ones. */
  packages?: readonly string[];
}

const base = [
  /^(types|errors|warnings|abort|concurrency|spelling|printable|values|exact-json|package-files\.node)\.ts$/,
  /^config\/types\.ts$/,
];
const contracts = [...base, /^scorer\.ts$/, /^config\//];
const pure = [...contracts, /^ranking\//, /^threads\/plan\.ts$/, /^dialects\//, /^onnx-graph\//];
const parts = [...pure, /^(tokenization|catalogue|hub|threads|machine|http)\//];
const publicRoot = /^index\.ts$/;

const rules: readonly Rule[] = [
  { files: base[0]!, may: base },
  { files: /^(scorer\.ts$|config\/)/, may: contracts },
  // The contract names the kinds, tiers and failures of scores that ranking orders.
  { files: /^ranking\//, may: [...base, /^ranking\//], mayTypes: [/^scorer\.ts$/], isPure: true },
  { files: /^threads\/plan\.ts$/, may: base, isPure: true },
  { files: /^dialects\//, may: [...base, /^dialects\//], isPure: true },
  { files: /^eval\//, may: [...base, /^ranking\/(apply-calibration|scores)\.ts$/, /^eval\//], isPure: true },
  { files: /^onnx-graph\//, may: [...base, /^onnx-graph\//] },
  { files: /^(tokenization|machine|http)\//, may: [...pure, /^(tokenization|machine|http)\//] },
  { files: /^(catalogue|hub)\//, may: [...pure, /^(catalogue|hub|machine|http)\//] },
  { files: /^threads\//, may: [...pure, /^(threads|machine)\//] },
  // The program of a thread that makes scorers is a root of its own.
  { files: /^(index|web|scorers\/network-scorers|scorers\/network-thread\.node|traced-runtime\.node|untraced-runtime)\.ts$/, may: [/./] },
  // The programs of threads, too, are of the scorer in whose folder they are.
  { files: /^scorers\/[^/]+\//, may: parts },
  { files: /^(rerank|reranker)\.ts$/, may: [...contracts, /^ranking\//, /^reranker\.ts$/] },
  {
    files: /^cli\//,
    may: [
      publicRoot,
      /^(cli|server|mcp|eval|catalogue|hub|machine|onnx-graph)\//,
      /^(errors|exact-json|spelling|values)\.ts$/,
      /^ranking\/(documents|fields)\.ts$/,
      /^\.\.\/package\.json$/,
    ],
    packages: ["@modelcontextprotocol/server/stdio", "commander", "picocolors", "pino", "tinyglobby", "yaml"],
  },
  {
    files: /^server\//,
    may: [publicRoot, /^(server|dialects|mcp)\//, /^config\//, /^values\.ts$/, /^\.\.\/package\.json$/],
    packages: ["hono", "hono/cors", "hono/utils/url", "@hono/node-server", "zod", "prom-client"],
  },
  { files: /^testing\//, may: [publicRoot, /^testing\//], mayTypes: [/^scorer\.ts$/] },
  { files: /^mcp\//, may: [publicRoot, /^mcp\//, /^\.\.\/package\.json$/], packages: ["@modelcontextprotocol/server", "zod"] },
  { files: /^adapters\//, may: [publicRoot] },
];

// A model is resolved once, where it enters. What is below reads the ModelSpec, and knows no presets.
const lookUps = /\*|\b(presets|listPresets|getPreset|findRepositories|pinnedSha256|resolveModel)\b/;
const mayLookUp = /^(catalogue\/|cli\/|(index|web|scorers\/local\/local-scorer\.node)\.ts$)/;

const staticPackages = ["@huggingface/tokenizers", "json-with-bigint", "lru-cache", "zod/mini"];
const impure = /\bfetch\s*\(|\bDate\b|\bperformance\b|\bMath\.random\b|\bcrypto\b|\bprocess\b|\bset(Timeout|Interval|Immediate)\b/;

/**
 * Violations of the rules in a source file, one sentence for each.
 *
 * @param path inside src/, with forward slashes
 */
export function violations(path: string, source: string): string[] {
  const rule = rules.find((candidate) => candidate.files.test(path));
  if (rule === undefined) return [`${path} falls under no rule`];
  const code = source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  const found = readImports(code).flatMap((entry) => judge(path, rule, entry));
  if (rule.isPure === true && impure.test(code)) found.push(`${path} is to be pure, and uses ${impure.exec(code)![0]}`);
  return found;
}

/**
 * Finds import cycles, type-only imports included.
 *
 * @param sources text of each file, by its path inside src/
 * @returns one list of paths for each circle, the first path repeated at its end; empty when there is none
 */
export function findCircles(sources: ReadonlyMap<string, string>): string[][] {
  const targets = new Map(
    [...sources].map(([path, source]) => {
      const code = source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
      const local = readImports(code).filter(({ specifier }) => specifier.startsWith("."));
      return [path, [...new Set(local.map(({ specifier }) => resolvePath(path, specifier)))].filter((target) => sources.has(target))];
    }),
  );
  const circles: string[][] = [];
  const finished = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start !== -1) circles.push([...trail.slice(start), path]);
    if (start !== -1 || finished.has(path)) return;
    for (const target of targets.get(path)!) visit(target, [...trail, path]);
    finished.add(path);
  };
  for (const path of sources.keys()) visit(path, []);
  return circles;
}

function judge(path: string, rule: Rule, { specifier, kind, names }: Import): string[] {
  const isNodeFile = path.endsWith(".node.ts");
  if (specifier.startsWith("node:")) return isNodeFile ? [] : [`${path} imports ${specifier}, which only *.node.ts may`];
  if (!specifier.startsWith(".")) return judgePackage(path, rule, specifier, kind);
  const target = resolvePath(path, specifier);
  const scorer = /^scorers\/([^/]+)\//;
  const isOwnScorer = scorer.test(path) && scorer.exec(target)?.[1] === scorer.exec(path)![1];
  const allowed = kind === "type" ? [...rule.may, ...(rule.mayTypes ?? [])] : rule.may;
  if (!isOwnScorer && !allowed.some((pattern) => pattern.test(target))) return [`${path} imports ${target}`];
  const looksUp = target.startsWith("catalogue/") && kind !== "type" && (kind !== "static" || lookUps.test(names));
  return looksUp && !mayLookUp.test(path) ? [`${path} looks a model up in ${target}; it has to be given a ModelSpec`] : [];
}

function judgePackage(path: string, rule: Rule, specifier: string, kind: Import["kind"]): string[] {
  if (kind === "type" || kind === "dynamic") return [];
  if (kind === "require") return path.endsWith(".node.ts") ? [] : [`${path} requires ${specifier}, which only *.node.ts may`];
  const isAllowed = [...staticPackages, ...(rule.packages ?? [])].includes(specifier);
  return isAllowed ? [] : [`${path} imports ${specifier} statically`];
}

function readImports(code: string): Import[] {
  const imports: Import[] = [];
  const patterns: [RegExp, Import["kind"] | undefined][] = [
    [/^(?:import|export)\s+(type\s)?[^;"'`]*?\bfrom\s*["']([^"']+)["']/gm, undefined],
    [/^import\s*()["']([^"']+)["']/gm, "static"],
    [/(\btypeof\s+)?\bimport\s*\(\s*["']([^"']+)["']/g, undefined],
    [/\b(?:require|createRequire\s*\([^)]*\))()\s*\(\s*["'`]([^"'`]+)["'`]/g, "require"],
  ];
  for (const [index, [pattern, kind]] of patterns.entries()) {
    for (const [line, typeMark, specifier] of code.matchAll(pattern)) {
      const valueKind = index === 2 ? "dynamic" : "static";
      const names = /\{[^}]*\}|\*/.exec(line)?.[0] ?? "";
      imports.push({ specifier: specifier!, kind: kind ?? (typeMark === undefined ? valueKind : "type"), names });
    }
  }
  return imports;
}

/** The imported file, from src/: `../errors.ts` in `ranking/order.ts` is `errors.ts`; outside src/ it keeps its `../`. */
function resolvePath(from: string, specifier: string): string {
  const segments = from.split("/").slice(0, -1);
  for (const segment of specifier.split("/")) {
    if (segment === "..") segments.length > 0 && segments.at(-1) !== ".." ? segments.pop() : segments.push("..");
    else if (segment !== ".") segments.push(segment);
  }
  return segments.join("/");
}
