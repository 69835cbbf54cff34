import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { registerRerankerBackend, unregisterRerankerBackend } from "../index.ts";
import { createRerankServer, type RerankServer } from "./server.ts";

const apiKey = "agents-key";
let server: RerankServer;
let stopWaiting: (() => void) | undefined;

beforeAll(async () => {
  registerRerankerBackend({
    name: "mcp-test",
    version: "1",
    initialize: () => undefined,
    shutdown: () => undefined,
    async rerank(query, documents) {
      if (query === "wait") await new Promise<void>((resolve) => (stopWaiting = resolve));
      return documents.map((text) => (text.includes(query) ? 0.9 : 0.1));
    },
  });
  server = createRerankServer({ models: ["plugin:mcp-test"], apiKeys: [apiKey], corsOrigins: ["https://app.example"], maxDocuments: 4 });
  await server.ready;
});
afterAll(async () => {
  await server.close();
  unregisterRerankerBackend("mcp-test");
});

/** What the tests read of replies. */
interface Answer {
  status: number;
  message: {
    result: ToolResult & { tools: { name: string; description: string; annotations: object; inputSchema: { type: string } }[] };
  };
}

interface ToolResult {
  content: [{ text: string }];
  structuredContent: { results: object[]; models: { name: string }[] };
}

/** A message in the protocol of 2025, whose servers need no session. */
async function send(message: object | string, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<Answer> {
  const request = new Request("http://localhost:8000/mcp", {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      authorization: `Bearer ${apiKey}`,
      ...headers,
    },
    body: typeof message === "string" ? message : JSON.stringify({ jsonrpc: "2.0", id: 1, ...message }),
    ...(signal === undefined ? {} : { signal }),
  });
  const response = await server.fetch(request);
  const text = await response.text();
  const data = /^data: (.*)$/m.exec(text)?.[1] ?? text;
  return { status: response.status, message: data === "" ? {} : JSON.parse(data) };
}

const callTool = async (name: string, args: object): Promise<ToolResult> =>
  (await send({ method: "tools/call", params: { name, arguments: args } })).message.result;

describe("/mcp", () => {
  it("greets a client of 2025", async () => {
    const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "test", version: "1" } };
    const { message } = await send({ method: "initialize", params });
    expect(message.result).toMatchObject({ protocolVersion: "2025-06-18", serverInfo: { name: "crossrank" } });
  });

  it("lists its tools, without the one that reads files", async () => {
    const { message } = await send({ method: "tools/list" });
    const { tools } = message.result;
    expect(tools.map(({ name }) => name)).toEqual(["rerank", "list_models"]);
    for (const { description, annotations, inputSchema } of tools) {
      expect(description.length).toBeGreaterThan(50);
      expect(annotations).toMatchObject({ readOnlyHint: true, openWorldHint: false });
      expect(inputSchema.type).toBe("object");
    }
  });

  it("ranks, as structure and as text", async () => {
    const documents = ["a cat", { text: "a dog" }, "dogs"];
    const result = await callTool("rerank", { query: "dog", documents, top_k: 2, return_documents: true });
    expect(result.structuredContent).toEqual({
      results: [
        { index: 1, score: 0.9, document: { text: "a dog" } },
        { index: 2, score: 0.9, document: "dogs" },
      ],
      model: "mcp-test@1",
    });
    expect(result.content[0].text).toBe('2 of 3 documents, best first, scored by mcp-test@1:\n[1] 0.900 {"text":"a dog"}\n[2] 0.900 dogs');
  });

  it("applies threshold and fields, and repeats no documents unless asked", async () => {
    const documents = [{ title: "dog" }, { title: "cat", text: "dog" }];
    const { structuredContent } = await callTool("rerank", { query: "dog", documents, fields: ["title"], threshold: 0.5 });
    expect(structuredContent.results).toEqual([{ index: 0, score: 0.9 }]);
  });

  it("lists the models, the default first", async () => {
    const { structuredContent } = await callTool("list_models", {});
    expect(structuredContent.models[0]).toEqual({ name: "plugin:mcp-test", isDefault: true });
    expect(structuredContent.models.find(({ name }) => name === "fast")).toMatchObject({
      isDefault: false,
      languages: ["en"],
    });
  });

  it.each([
    [{ query: "dog", documents: ["1", "2", "3", "4", "5"] }, "at most 4, got 5"],
    [{ query: "dog", documents: ["a"], model: "nope" }, 'there is no preset "nope"'],
    [{ query: "dog", documents: ["a"], model: "org/model" }, "config.model"],
    [{ query: "dog", documents: ["a"], model: "./folder" }, "config.model"],
    [{ query: "", documents: ["a"] }, "query"],
    [{ query: "dog", documents: "a" }, "documents"],
    [{ documents: ["a"] }, "query"],
    [{ query: "dog", documents: [3] }, "documents"],
  ])("tells the model what was wrong with %j", async (args, message) => {
    const result = await callTool("rerank", args);
    expect(result).toMatchObject({ isError: true });
    expect(result.content[0].text).toContain(message);
  });

  it("needs the key, for every method", async () => {
    expect((await send({ method: "tools/list" }, { authorization: "Bearer wrong" })).status).toBe(401);
    const get = await server.fetch(new Request("http://localhost:8000/mcp"));
    expect([get.status, get.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
  });

  it.each([
    ["https://evil.example", 403],
    ["null", 403],
    ["https://app.example", 200],
    ["http://localhost:8000", 200],
  ])("answers a page of %s with %d", async (origin, status) => {
    expect((await send({ method: "tools/list" }, { origin })).status).toBe(status);
  });

  it("has no stream to listen to and no session to end", async () => {
    for (const method of ["GET", "DELETE"]) {
      const headers = { authorization: `Bearer ${apiKey}`, accept: "text/event-stream" };
      expect((await server.fetch(new Request("http://localhost:8000/mcp", { method, headers }))).status).toBe(405);
    }
  });

  it.each([
    ["{", 400],
    ["[".repeat(50_000) + "]".repeat(50_000), 422],
    [JSON.stringify({ jsonrpc: "2.0", id: 1, method: "no/such" }), 200],
    [JSON.stringify({ id: 1 }), 400],
    ["null", 400],
    ["3", 400],
  ])("survives the body %.30j", async (body, status) => {
    const answer = await send(body);
    expect(answer.status).toBe(status);
    expect(answer.message.result).toBeUndefined();
  });

  it("ends a ranking whose client has gone away", async () => {
    const client = new AbortController();
    const answer = send(
      { method: "tools/call", params: { name: "rerank", arguments: { query: "wait", documents: ["a"] } } },
      {},
      client.signal,
    );
    await expect.poll(() => stopWaiting).toBeDefined();
    client.abort();
    await answer.catch(() => undefined);
    stopWaiting!();
    expect((await callTool("rerank", { query: "dog", documents: ["dog"] })).structuredContent.results).toHaveLength(1);
  });
});
