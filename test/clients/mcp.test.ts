/** The official MCP clients, of the second and of the first line, against `crossrank mcp` and `/mcp`. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { Client as Client1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as StdioClientTransport1 } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport as StreamableHTTPClientTransport1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { documents, type KeyedServer, query, rankedByLibrary, startServer } from "./server.node.ts";

/** What both lines of clients can do. */
interface AnyClient {
  listTools(): Promise<{ tools: { name: string }[] }>;
  callTool(
    name: string,
    args: object,
    options?: { signal?: AbortSignal; onprogress?: (progress: { progress: number }) => void },
  ): Promise<ToolResult>;
  close(): Promise<void>;
}

interface ToolResult {
  isError?: boolean;
  content: { text: string }[];
  structuredContent: { results: { index: number; score: number; file?: string; line?: number }[]; models: { name: string }[] };
}

const command = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "crossrank-mcp-"));
const stdio = { command: process.execPath, args: [command, "mcp", "--files", folder] };
const info = { name: "crossrank-tests", version: "1" };
let server: KeyedServer;

beforeAll(async () => {
  writeFileSync(join(folder, "animals.md"), "Cats sleep most of the day.\n");
  writeFileSync(join(folder, "dogs.md"), "# Dogs\n\nDog training requires patience and consistency.\n");
  server = await startServer();
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

const overHttp = (): [URL, { requestInit: RequestInit }] => [
  new URL(`${server.url}/mcp`),
  { requestInit: { headers: { authorization: `Bearer ${server.apiKey}` } } },
];

async function open2(transport: StdioClientTransport | StreamableHTTPClientTransport): Promise<AnyClient> {
  const client = new Client(info, { versionNegotiation: { mode: "auto" } });
  await client.connect(transport);
  return {
    listTools: () => client.listTools(),
    callTool: async (name, args, options) => (await client.callTool({ name, arguments: { ...args } }, options)) as unknown as ToolResult,
    close: () => client.close(),
  };
}

async function open1(transport: StdioClientTransport1 | StreamableHTTPClientTransport1): Promise<AnyClient> {
  const client = new Client1(info);
  // The types of the first line differ from its own interface where properties are exactly optional.
  await client.connect(transport as Parameters<Client1["connect"]>[0]);
  return {
    listTools: () => client.listTools(),
    callTool: async (name, args, options) =>
      (await client.callTool({ name, arguments: { ...args } }, undefined, options)) as unknown as ToolResult,
    close: () => client.close(),
  };
}

describe.each([
  ["version 2, stdio", true, () => open2(new StdioClientTransport(stdio))],
  ["version 1, stdio", true, () => open1(new StdioClientTransport1(stdio))],
  ["version 2, HTTP", false, () => open2(new StreamableHTTPClientTransport(...overHttp()))],
  ["version 1, HTTP", false, () => open1(new StreamableHTTPClientTransport1(...overHttp()))],
] as const)("the client of %s", (_, readsFiles, open) => {
  let client: AnyClient;
  beforeAll(async () => {
    client = await open();
  });
  afterAll(() => client.close());

  it("finds the tools, ranks as the library does, and hears of errors and progress", async () => {
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(["rerank", ...(readsFiles ? ["rerank_files"] : []), "list_models"]);

    const progress: number[] = [];
    const onprogress = (update: { progress: number }): void => void progress.push(update.progress);
    const { structuredContent, content } = await client.callTool("rerank", { query, documents }, { onprogress });
    const expected = await rankedByLibrary(documents);
    expect(structuredContent.results.map(({ index }) => index)).toEqual(expected.map(({ index }) => index));
    for (const [rank, { score }] of structuredContent.results.entries()) expect(score).toBeCloseTo(expected[rank]!.score, 5);
    expect(content[0]!.text.split("\n")).toHaveLength(documents.length + 1);
    expect(progress.at(-1)).toBe(documents.length);

    const failed = await client.callTool("rerank", { query, documents, model: "no-such-model" });
    expect(failed.isError).toBe(true);
    expect(failed.content[0]!.text).toContain("no-such-model");

    const { structuredContent: listed } = await client.callTool("list_models", {});
    expect(listed.models[0]!.name).toBe("mini");
  });

  it("ends a call that it cancels, and can go on", async () => {
    const cancel = new AbortController();
    const many = Array.from({ length: 20 }, (__, index) => `${index} ${"dogs learn by repetition ".repeat(60)}`);
    const call = client.callTool("rerank", { query, documents: many }, { signal: cancel.signal });
    cancel.abort(new Error("enough"));
    await expect(call).rejects.toThrow();
    const { structuredContent } = await client.callTool("rerank", { query, documents: ["one", "two"], top_k: 1 });
    expect(structuredContent.results).toHaveLength(1);
  });

  if (readsFiles) {
    it("finds the passage in the files", async () => {
      const { structuredContent } = await client.callTool("rerank_files", { query, patterns: ["*.md"], top_k: 1 });
      expect(structuredContent.results).toMatchObject([{ file: "dogs.md", line: 1 }]);
      const outside = await client.callTool("rerank_files", { query, patterns: ["../*"] });
      expect([outside.isError, outside.content[0]!.text]).toEqual([true, expect.stringContaining("leads out of the root folder")]);
    });
  }
});

it("refuses a client without the key", async () => {
  await expect(open2(new StreamableHTTPClientTransport(new URL(`${server.url}/mcp`)))).rejects.toThrow();
  await expect(open1(new StreamableHTTPClientTransport1(new URL(`${server.url}/mcp`)))).rejects.toThrow(/401|key/i);
});
