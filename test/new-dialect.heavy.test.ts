/**
 * Adding a dialect takes its file and an entry of one list; adding a hosted provider its file, its prefix and an entry of the list of
 * providers: shown on a copy of the sources, to which made-up ones are added.
 */
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RerankServer } from "../src/server/server.ts";
import { root } from "./support/command.node.ts";

const madeUpDialect = `/** Acme's API, which does not exist. */
import * as z from "zod/mini";
import type { Codec } from "./codec.ts";
import type { RankingDialect } from "./definition.ts";
import { onlyTexts } from "./documents.ts";
import { messageInBody } from "./error-bodies.ts";
import { present } from "./present.ts";
import { readReply } from "./reply-checks.ts";
import { spelledAs } from "./request-fields.ts";
import { index, messageError, querySchema, texts } from "./schema-parts.ts";

interface AcmeRequestBody {
  query: string;
  articles: readonly string[];
  best?: number | null | undefined;
}

interface AcmeReplyBody {
  ranked: { index: number; points: number }[];
}

const fields = spelledAs<AcmeRequestBody>({ topK: "best" });

export const acme: Codec<AcmeRequestBody, AcmeReplyBody> = {
  name: "acme",
  requestFields: fields.keys,
  documentsKey: "articles",
  replyFields: new Set(),
  takesObjects: false,
  echoesByDefault: false,
  scoresAreLogits: false,
  encodeRequest: (request) => ({ ...fields.encode(request), query: request.query, articles: onlyTexts(request.documents, "acme") }),
  decodeRequest: (body) => ({ query: body.query, documents: body.articles, ...fields.decode(body) }),
  encodeReply: ({ results }) => ({ ranked: results.map(({ index, score }) => ({ index, points: score })) }),
  decodeReply: (body) => readReply(body, { dialect: "acme", list: "ranked", score: "points" }),
  encodeError: ({ status, message, requestId }) => ({ status, body: { message, ...present({ id: requestId }) } }),
  decodeError: messageInBody,
};

/** As the server speaks it. */
export const acmeDialect: RankingDialect<AcmeRequestBody> = {
  codec: acme,
  vendor: { name: "Acme", description: "Base URL /acme", prefix: "acme", otherPaths: { alive: ["/acme/health"], models: ["/acme/models"] } },
  tellsTimes: true,
  paths: [
    { path: "/rerank", usedBy: "with \`articles\` Acme", isMeant: (body) => "articles" in body },
    { path: "/acme/rank", usedBy: "base URL \`http://HOST/acme\`" },
  ],
  schemas: () => ({
    request: z.object({ query: querySchema, articles: texts, best: z.nullish(z.int()) }),
    reply: z.object({ ranked: z.array(z.object({ index, points: z.number() })) }),
    error: messageError,
  }),
};
`;

const madeUpProvider = `import { acme as codec } from "../../../dialects/acme.ts";
import type { Provider } from "../provider.ts";

/** Acme's own service, which does not exist. */
export const acme: Provider = {
  prefixes: ["acme"],
  codec,
  path: "rank",
  defaultUrl: () => "https://api.acme.example/rank",
  keyVariables: ["ACME_API_KEY"],
  limits: () => ({ maxDocuments: 2 }),
};
`;

const copy = mkdtempSync(join(tmpdir(), "crossrank-dialect-"));
const importCopy = (path: string): Promise<Record<string, unknown>> => import(/* @vite-ignore */ join(copy, path));
afterAll(() => rmSync(copy, { recursive: true }));

interface ListedRoute {
  path: string;
  usedBy: string;
  dialects: readonly { name: string }[];
}

const touched: string[] = [];
/** Adds a file to the copy. */
function add(path: string, text: string): void {
  touched.push(path);
  writeFileSync(join(copy, path), text);
}
/** Adds whole lines to a file of the copy. */
function addLines(path: string, count: number, change: (text: string) => string): void {
  touched.push(path);
  const text = readFileSync(join(copy, path), "utf8");
  const changed = change(text);
  expect(changed.split("\n")).toHaveLength(text.split("\n").length + count);
  writeFileSync(join(copy, path), changed);
}

let routes: readonly ListedRoute[];
let server: RerankServer;
const ask = async (path: string, body?: object): Promise<{ status: number; headers: Headers; body: unknown }> => {
  const init = body && { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const response = await server.fetch(new Request(`http://localhost${path}`, init));
  return { status: response.status, headers: response.headers, body: await response.json() };
};

beforeAll(async () => {
  for (const part of ["src", "models", "scripts", "package.json", "tsconfig.json"])
    cpSync(join(root, part), join(copy, part), { recursive: true, filter: (path) => !path.endsWith(".test.ts") });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"), "junction");

  add("src/dialects/acme.ts", madeUpDialect);
  addLines("src/dialects/dialects.ts", 2, (list) =>
    list
      .replace("import type { AnyCodec }", 'import { acmeDialect } from "./acme.ts";\n$&')
      .replace("  localAiDialect,\n", "$&  acmeDialect,\n"),
  );
  add("src/scorers/hosted/providers/acme.ts", madeUpProvider);
  addLines("src/scorers/hosted/known-providers.ts", 2, (list) =>
    list.replace("import { bedrock }", 'import { acme } from "./providers/acme.ts";\n$&').replace("  bedrock,\n", "$&  acme,\n"),
  );
  addLines("src/config/model-string.ts", 1, (list) => list.replace('  "bedrock",\n', '$&  "acme",\n'));

  routes = (await importCopy("src/server/routes.ts")).routes as readonly ListedRoute[];
  const { registerRerankerBackend } = (await importCopy("src/index.ts")) as unknown as typeof import("../src/index.ts");
  registerRerankerBackend({ name: "length", rerank: (_query, documents) => documents.map((text) => text.length) });
  const { createRerankServer } = (await importCopy("src/server/server.ts")) as unknown as typeof import("../src/server/server.ts");
  server = createRerankServer({ models: ["plugin:length"] });
  await server.ready;
});
afterAll(() => server?.close());

describe("a made-up dialect, after its file and an entry of the list,", () => {
  const sent = { query: "q", articles: ["a", "ccc", "bb"], best: 2, unheard: 1 };
  const ranked = [
    { index: 1, points: 3 },
    { index: 2, points: 2 },
  ];

  it("is checked by the compiler", async () => {
    const config = { extends: "./tsconfig.json", compilerOptions: { noEmit: true }, include: ["src"] };
    writeFileSync(join(copy, "tsconfig.copy.json"), JSON.stringify(config));
    const compiler = join(root, "node_modules/typescript/bin/tsc");
    const { stdout } = await promisify(execFile)(process.execPath, [compiler, "-p", join(copy, "tsconfig.copy.json")]);
    expect(stdout).toBe("");
  });

  it.each(["/acme/rank", "/rerank"])("ranks at %s, and names what it does not read", async (path) => {
    const answer = await ask(path, sent);
    expect(answer).toMatchObject({ status: 200, body: { ranked } });
    expect(answer.headers.get("x-crossrank-ignored")).toBe("unheard");
    expect(answer.headers.get("x-total-time")).toMatch(/^\d+$/);
  });

  it("writes failures in its own words, at paths that do not exist, too", async () => {
    expect(await ask("/acme/rank", { query: "q", articles: 3 })).toMatchObject({
      status: 422,
      body: { message: expect.stringContaining("articles: expected array"), id: expect.any(String) },
    });
    expect(await ask("/acme/nothing")).toMatchObject({ status: 404, body: { message: expect.any(String), id: expect.any(String) } });
  });

  it("leaves what the others say at a shared path", async () => {
    expect(await ask("/rerank", { query: "q", texts: ["a"] })).toMatchObject({ status: 200, body: [{ index: 0, score: 1 }] });
    expect(await ask("/rerank", { query: "q", documents: ["a"] })).toMatchObject({ status: 200, body: { results: [{ index: 0 }] } });
  });

  it("answers its probes and lists models", async () => {
    expect(await ask("/acme/health")).toMatchObject({ status: 200, body: { status: "ok" } });
    expect(await ask("/acme/models/plugin:length")).toMatchObject({ status: 200, body: { id: "plugin:length" } });
  });

  it("is in the OpenAPI document", async () => {
    const { body } = await ask("/openapi.json");
    expect(body).toMatchObject({
      tags: expect.arrayContaining([{ name: "Acme", description: "Base URL /acme" }]),
      paths: { "/acme/rank": { post: { summary: "Acme: rank", tags: ["Acme"] } } },
      components: {
        schemas: { AcmeRequest: { required: ["query", "articles"] }, AcmeReply: { required: ["ranked"] }, AcmeError: expect.any(Object) },
      },
    });
  });

  it("is in the rows of docs/server.md's tables", () => {
    const namesOf = ({ dialects }: ListedRoute): string[] => dialects.map(({ name }) => name);
    expect(routes.find(({ path }) => path === "/acme/rank")).toMatchObject({ usedBy: "base URL `http://HOST/acme`" });
    const shared = routes.find(({ path }) => path === "/rerank")!;
    expect(namesOf(shared)).toContain("acme");
    expect(shared.usedBy).toContain("; with `articles` Acme");
  });
});

describe("a made-up provider, after its file and two entries,", () => {
  it("touched no other file", () => {
    expect(touched).toEqual([
      "src/dialects/acme.ts",
      "src/dialects/dialects.ts",
      "src/scorers/hosted/providers/acme.ts",
      "src/scorers/hosted/known-providers.ts",
      "src/config/model-string.ts",
    ]);
  });

  it("ranks by its model string, within its limit, at a server that speaks its dialect", async () => {
    const { createReranker, listProviders } = (await importCopy("src/index.ts")) as unknown as typeof import("../src/index.ts");
    const { listen } = (await importCopy("src/server/listen.node.ts")) as unknown as typeof import("../src/server/listen.node.ts");
    expect(listProviders().find(({ prefix }) => prefix === "acme")).toMatchObject({ variables: ["ACME_API_KEY"], maxDocuments: 2 });
    const listening = await listen(server, { port: 0 });
    await using reranker = createReranker({ model: { type: "hosted", model: "acme/length", baseUrl: `${listening.url}/acme` } });
    const { results, usage } = await reranker.rank("q", ["a", "ccc", "bb"]);
    await listening.stop();
    expect(results.map(({ index, score }) => [index, score])).toEqual([
      [1, 3],
      [2, 2],
      [0, 1],
    ]);
    expect(usage.requests).toBe(2);
  });

  it("wants its key by name, and its prefix is a hosted model in every interface", async () => {
    const { rerank, RerankerConfig } = (await importCopy("src/index.ts")) as unknown as typeof import("../src/index.ts");
    expect(RerankerConfig.parse({ model: "acme/length" }).model).toEqual({ type: "llm", llm: { model: "acme/length" } });
    await expect(rerank("q", ["a"], { model: "acme/length" })).rejects.toThrow(/ACME_API_KEY/);
  });
});
