/** The tools that agents get over the Model Context Protocol. @see https://modelcontextprotocol.io/specification/2026-07-28 */
import { McpServer, type ServerContext } from "@modelcontextprotocol/server";
import { z } from "zod";
import packageJson from "../../package.json" with { type: "json" };
import { listPresets } from "../index.ts";

/** What the tools need from the server that they belong to. */
export interface ToolHost {
  /** Names of all models that a call may name; the first one is the default. */
  readonly modelNames: readonly string[];
  /**
   * Ranks documents within the limits and the policy of the server.
   *
   * @throws Error with a message for the client
   */
  rank(request: RankRequest, options: RankControl): Promise<RankReply>;
}

/** A ranking, in crossrank's own HTTP format. */
export interface RankRequest {
  query: string;
  documents: readonly (string | Record<string, unknown>)[];
  config: Record<string, unknown>;
}

/** Who may end a ranking, and who hears about its progress. */
export interface RankControl {
  signal: AbortSignal;
  /** @param scored documents that have a score, out of `total` */
  onProgress?: (scored: number, total: number) => void;
}

/** The results of a ranking, best first. */
export interface RankReply {
  results: readonly { index: number; score: number; document: unknown }[];
  model: string;
  warnings: readonly { message: string }[];
}

/** Passages of text files, for the tool `rerank_files`. */
export interface FilePassages {
  /**
   * Reads the files that match one of the patterns.
   *
   * @param patterns globs, relative to the root folder
   * @throws Error with a message for the client
   */
  read(patterns: readonly string[], signal: AbortSignal): Promise<FoundPassages>;
}

/** What {@link FilePassages} found. */
export interface FoundPassages {
  /** `file` is relative to the root folder; `line`, from 1, is where the passage begins. */
  passages: readonly { file: string; line: number; text: string }[];
  /** How many files were read. */
  files: number;
  /** What was left out, and why. */
  warnings: readonly string[];
}

/** Maximum characters of a document in the text of a result. The client already has the document. */
const excerptChars = 120;
/** Maximum characters of a passage that `rerank_files` returns. The client has not read the file. */
const passageChars = 1500;
/** A model reads every result, so a call that does not say how many it wants gets few. */
const defaultFileResults = 10;

const isReadOnly = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false };

const modelName = z.string().optional().describe("Name of a model from list_models. Default: the first one of that list.");
const threshold = z.number().optional().describe("Leave out results with a lower score.");
const score = z.number().describe("Relevance. Higher is better; from 0 to 1 for local models. Compare it only within one call.");
const warnings = z.array(z.string()).optional().describe("What to know about these scores, for example that a document was cut.");

const rerankInput = z.object({
  query: z.string().min(1).describe("The question or the search words that the documents should answer."),
  documents: z
    .array(z.union([z.string(), z.record(z.string(), z.unknown())]))
    .describe("The texts to order. An object is read through its text, content or title, or through the keys in fields."),
  top_k: z.int().min(0).optional().describe("Maximum number of results. Default: all documents."),
  threshold,
  fields: z.array(z.string()).min(1).optional().describe("Keys of object documents to read, in this order."),
  model: modelName,
  return_documents: z.boolean().optional().describe("Repeat each document in the structured result. Default: false."),
});

const rerankOutput = z.object({
  results: z.array(
    z.object({
      index: z.int().min(0).describe("Position of the document in the documents that were passed, from 0."),
      score,
      document: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
    }),
  ),
  model: z.string(),
  warnings,
});

const filesInput = z.object({
  query: z.string().min(1).describe("The question or the search words that a passage should answer."),
  patterns: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('Glob patterns of text files, relative to the root folder, for example "docs/**/*.md". Default: every file.'),
  top_k: z.int().min(1).optional().describe(`Maximum number of passages. Default: ${defaultFileResults}.`),
  threshold,
  model: modelName,
});

const filesOutput = z.object({
  results: z.array(
    z.object({
      file: z.string().describe("Path relative to the root folder."),
      line: z.int().min(1).describe("Line where the passage begins, from 1."),
      score,
      text: z.string(),
    }),
  ),
  model: z.string(),
  files: z.int().describe("How many files were read."),
  warnings,
});

const modelsOutput = z.object({
  models: z.array(
    z.object({
      name: z.string(),
      isDefault: z.boolean(),
      description: z.string().optional(),
      languages: z.array(z.string()).optional().describe('BCP 47 tags; "multi" for seventy and more.'),
      maxTokens: z.int().optional().describe("Maximum tokens of a query and a document together."),
      license: z.string().optional().describe("SPDX identifier."),
    }),
  ),
});

/**
 * Creates an MCP server with the tools `rerank` and `list_models`, and `rerank_files` if there are files.
 *
 * @param files reads passages from files of a root folder; absent: no tool reads files
 */
export function createMcpServer(host: ToolHost, files?: FilePassages): McpServer {
  const server = new McpServer(
    { name: "crossrank", title: "crossrank", version: packageJson.version },
    { instructions: "Orders documents by how well they answer a query. Use it after a search, before you read the results." },
  );
  server.registerTool(
    "rerank",
    {
      title: "Rerank documents",
      description:
        "Order documents by how well each one answers a query, best first, with a relevance score for each. Use it when a search, a " +
        "database or a tool returned more candidates than you want to read, or when you must choose the most relevant of several " +
        "texts. It reads the query and each document together, so it is more exact than keyword or embedding search. It does not " +
        "search: pass the candidates. One call with many documents is much faster than many calls.",
      inputSchema: rerankInput,
      outputSchema: rerankOutput,
      annotations: isReadOnly,
    },
    async ({ query, documents, model, top_k, threshold, fields, return_documents }, context) => {
      const config = compact({ model, top_k, threshold, fields });
      const reply = await host.rank({ query, documents, config }, controlOf(context));
      const results = reply.results.map((result) => ({
        index: result.index,
        score: result.score,
        ...(return_documents === true ? { document: documents[result.index]! } : {}),
      }));
      const lines = reply.results.map(({ index, score: value, document }) => `[${index}] ${format(value)} ${excerpt(document)}`);
      return resultOf({ results, ...noteworthy(reply) }, headline(reply, `of ${documents.length} documents`), lines);
    },
  );
  if (files !== undefined) {
    server.registerTool(
      "rerank_files",
      {
        title: "Find the best passages in files",
        description:
          "Read the text files of a folder, split them into passages, and return the passages that best answer a query, with file " +
          "and line. Use it for a question about documents or code on this machine when you do not know which file has the answer. " +
          "Narrow the patterns when you can: every passage is scored.",
        inputSchema: filesInput,
        outputSchema: filesOutput,
        annotations: isReadOnly,
      },
      async ({ query, patterns = ["**/*"], top_k = defaultFileResults, threshold, model }, context) => {
        const control = controlOf(context);
        const found = await files.read(patterns, control.signal);
        const config = compact({ model, top_k, threshold });
        const reply = await host.rank({ query, documents: found.passages.map(({ text }) => text), config }, control);
        const results = reply.results.map(({ index, score: value }) => {
          const { file, line, text } = found.passages[index]!;
          return { file, line, score: value, text: cut(text, passageChars) };
        });
        const lines = results.map(({ file, line, score: value, text }) => `${file}:${line} ${format(value)} ${excerpt(text)}`);
        const notes = [...found.warnings, ...(noteworthy(reply).warnings ?? [])];
        const structured = { results, model: reply.model, files: found.files, ...(notes.length === 0 ? {} : { warnings: notes }) };
        return resultOf(structured, headline(reply, `of ${found.passages.length} passages in ${found.files} files`), lines);
      },
    );
  }
  server.registerTool(
    "list_models",
    {
      title: "List models",
      description: "List the reranking models that the other tools can use, with languages, token limits and licenses.",
      outputSchema: modelsOutput,
      annotations: isReadOnly,
    },
    () => {
      const models = describeModels(host.modelNames);
      const lines = models.map(
        ({ name, isDefault, description }) => `${name}${isDefault ? " (default)" : ""}: ${description ?? "no description"}`,
      );
      return resultOf({ models }, `${models.length} models:`, lines);
    },
  );
  return server;
}

function describeModels(names: readonly string[]): z.infer<typeof modelsOutput>["models"] {
  const presets = new Map(listPresets().map((preset) => [preset.name as string, preset]));
  return names.map((name, index) => {
    const preset = presets.get(name);
    const known = preset && {
      description: preset.description,
      languages: [...preset.languages],
      maxTokens: preset.maxLength,
      license: preset.license,
    };
    return { name, isDefault: index === 0, ...known };
  });
}

/** Sends progress only to clients that asked for it, and at most once per percent. */
function controlOf({ mcpReq }: ServerContext): RankControl {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return { signal: mcpReq.signal };
  let sentPercent = 0;
  return {
    signal: mcpReq.signal,
    onProgress(progress, total) {
      const percent = Math.floor((100 * progress) / total);
      if (percent === sentPercent) return;
      sentPercent = percent;
      // A client that has gone away hears nothing. Its signal ends the work.
      mcpReq.notify({ method: "notifications/progress", params: { progressToken, progress, total } }).catch(() => undefined);
    },
  };
}

function resultOf<T extends Record<string, unknown>>(
  structuredContent: T,
  head: string,
  lines: readonly string[],
): { structuredContent: T; content: { type: "text"; text: string }[] } {
  return { structuredContent, content: [{ type: "text", text: [head, ...lines].join("\n") }] };
}

function headline({ results, model }: RankReply, of: string): string {
  return `${results.length} ${of}, best first, scored by ${model}:`;
}

function noteworthy({ model, warnings: all }: RankReply): { model: string; warnings?: string[] } {
  const messages = [...new Set(all.map(({ message }) => message))];
  return { model, ...(messages.length === 0 ? {} : { warnings: messages }) };
}

function format(value: number): string {
  return value.toFixed(3);
}

function excerpt(document: unknown): string {
  const text = typeof document === "string" ? document : JSON.stringify(document);
  return cut(text.replace(/\s+/g, " ").trim(), excerptChars);
}

/** Cuts a text without splitting a surrogate pair. */
function cut(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : `${text.slice(0, maxChars).replace(/[\ud800-\udbff]$/, "")}…`;
}

function compact(config: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
}
