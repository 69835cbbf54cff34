/**
 * The tables of paths and of failures in docs/server.md: each path is asked in each of its dialects, by the codec that a client would use,
 * and each dialect for a failure. `UPDATE_DOCS=1` writes the tables.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DialectDefinition } from "../src/dialects/definition.ts";
import { codecs, dialects } from "../src/dialects/dialects.ts";
import { rerank } from "../src/index.ts";
import type { Dialect } from "../src/server/dialect.ts";
import { createRoutes, routes, vendors } from "../src/server/routes.ts";
import { createRerankServer, type RerankServer } from "../src/server/server.ts";
import { expectTable, rowOf } from "./support/tables.node.ts";

const query = "How to train a dog";
const documents = ["Cats are independent animals.", "Dog training requires patience.", "Bird care includes proper cage setup."];

const rows = routes.map(({ path, dialects: spoken }) => ({ path, names: spoken.map(({ name }) => name) }));

let server: RerankServer;
/** Scores and logits in input order. */
let expected: { score: number; logit: number }[];

beforeAll(async () => {
  server = createRerankServer({ models: [{ name: "first", model: "mini" }] });
  await server.ready;
  const ranked = await rerank(query, documents, { return: ["logit"] });
  expected = documents.map((_, position) => {
    const { score, logit } = ranked.find(({ index }) => index === position)!;
    return { score, logit: logit! };
  });
});
afterAll(() => server.close());

const post = async (path: string, body: object): Promise<{ status: number; body: unknown }> => {
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const response = await server.fetch(new Request(`http://localhost${path}`, init));
  return { status: response.status, body: await response.json() };
};

it("the table has every path of the server, with its dialects and whose clients ask there", () => {
  expectTable(
    "docs/server.md",
    "| path | dialect | for |",
    routes.map(({ path, dialects, usedBy }) => rowOf([`\`${path}\``, dialects.map(({ name }) => name).join(", "), usedBy])),
  );
  for (const { path, usedBy } of routes) expect(usedBy, path).not.toBe("");
});

it("another table has what each vendor's clients ask for beside ranking", () => {
  const cellOf = (paths: readonly string[] = []): string => paths.map((path) => `\`${path}\``).join(", ");
  const withPaths = vendors.filter(({ otherPaths }) => otherPaths !== undefined);
  expectTable(
    "docs/server.md",
    "| vendor | the process lives | requests are taken | models | others |",
    withPaths.map(({ name, otherPaths = {} }) => {
      const { alive, ready, models, info = [], keys = [] } = otherPaths;
      return rowOf([name, cellOf(alive), cellOf(ready), cellOf(models), cellOf([...info, ...keys])]);
    }),
  );
});

describe("a path of several dialects", () => {
  const native = routes[0]!.dialects[0]!;
  const claiming = (isMeant?: () => boolean): Dialect => ({ ...native, paths: [{ path: "/made-up", ...(isMeant && { isMeant }) }] });

  it("needs one that takes what no other takes", () => {
    expect(() => createRoutes([claiming(() => true), claiming(() => false)])).toThrow(
      "/made-up: of its dialects (native, native), exactly one",
    );
    expect(() => createRoutes([claiming(), claiming()])).toThrow("exactly one");
  });

  it("gives a body to the first dialect that wants it, else to that one", () => {
    const [usual, never, always] = [claiming(), claiming(() => false), claiming(() => true)];
    expect(createRoutes([usual, never, always])[0]!.choose({})).toBe(always);
    expect(createRoutes([usual, never])[0]!.choose({})).toBe(usual);
  });
});

const combinations = rows.flatMap(({ path, names }) => names.map((name) => ({ path, name })));
const withCodecs = combinations.flatMap(({ path, name }) => {
  const codec = codecs.find((candidate) => candidate.name === name);
  return codec === undefined ? [] : [{ path, name, codec }];
});
const pathsOf = (name: string): string[] => combinations.filter((combination) => combination.name === name).map(({ path }) => path);

describe.each(withCodecs)("$path in $name", ({ path, name, codec }) => {
  const { encodeRequest, decodeReply, decodeError, requestFields, replyFields, scoresAreLogits, echoesByDefault } = codec;
  const echoes = replyFields.has("document") && (echoesByDefault || requestFields.has("returnDocuments"));
  // A bare score says by its place which document it is of.
  const hasInputOrder = name === "weaviate" || name === "deepinfra";

  it("ranks as the library does, and cuts where the dialect can say so", async () => {
    // At /rerank a model or a limit tells the union's requests from our own.
    const asked = { query, documents, topK: 2, ...(requestFields.has("model") ? { model: "anything" } : {}) };
    const returnDocuments = requestFields.has("returnDocuments") ? { returnDocuments: true } : {};
    const encoded = encodeRequest({ ...asked, ...returnDocuments }) as object;
    // At /rerank a list of texts is TEI's.
    const isFlag = path === "/rerank" && name === "llamacpp-texts";
    const { status, body } = await post(path, isFlag ? { ...encoded, texts: true, documents } : encoded);
    expect(status).toBe(200);
    const reply = decodeReply(body);
    const order = requestFields.has("topK") ? [1, 0] : [1, 0, 2];
    expect(reply.results.map(({ index }) => index)).toEqual(hasInputOrder ? [0, 1, 2] : order);
    for (const { index, score, document } of reply.results) {
      expect(score).toBeCloseTo(scoresAreLogits ? expected[index]!.logit : expected[index]!.score, 9);
      if (echoes) expect(textOf(document)).toBe(documents[index]);
    }
    if (replyFields.has("model")) expect(reply.model).toBe("first");
    if (replyFields.has("tokens") && name !== "pinecone") expect(reply.tokens).toBeGreaterThan(20);
  });

  it("refuses a blank query in its own words", async () => {
    const topK = requestFields.has("topK") ? { topK: 1 } : {};
    const { status, body } = await post(path, encodeRequest({ query: " ", documents, ...topK }) as object);
    expect([400, 422]).toContain(status);
    expect(decodeError(body)).toMatch(/^(body[.:] ?)?query: /);
  });
});

it.each(pathsOf("native"))("%s in our own words ranks as the library does", async (path) => {
  const results = (await rerank(query, documents)).map((result) => ({ ...result, relevance_score: result.score }));
  expect(await post(path, { query, documents })).toEqual({ status: 200, body: { results } });
});

it.each(pathsOf("vllm-score"))("%s scores pairs in their order, one query with all documents or each with its own", async (path) => {
  const one = await post(path, { text_1: query, text_2: documents });
  const data = expected.map(({ score }, index) => ({ index, object: "score", score }));
  expect(one).toMatchObject({ status: 200, body: { object: "list", model: "first", data } });
  const each = await post(path, {
    queries: [query, "a bird", query],
    documents: [documents[0], documents[2], documents[1]],
    use_activation: false,
  });
  const [bird] = await rerank("a bird", [documents[2]!], { return: ["logit"] });
  expect(each).toMatchObject({ body: { data: [{ score: expected[0]!.logit }, { score: bird!.logit }, { score: expected[1]!.logit }] } });
  expect((await post(path, { text_1: [query, query], text_2: documents })).status).toBe(400);
});

/** A dialect may give a text back inside an object. */
function textOf(document: unknown): unknown {
  return typeof document === "object" && document !== null ? (document as { text?: unknown }).text : document;
}

describe("failures", () => {
  it("are in the table as the server writes them", async () => {
    const bodyOf = (definition: DialectDefinition): object => {
      if (!("codec" in definition)) return { documents };
      const { name, requestFields, encodeRequest } = definition.codec;
      const limit = requestFields.has("topK") ? { topK: 1 } : {};
      const { query: _, ...body } = encodeRequest({ query, documents: name === "pinecone" ? [{ text: "a" }] : documents, ...limit });
      return body;
    };
    const bodies = dialects.map((definition) => ({
      name: ("codec" in definition ? definition.codec : definition.scoreCodec).name,
      body: bodyOf(definition),
    }));
    const lines = await Promise.all(
      [{ name: "native", body: { documents } }, ...bodies].map(async ({ name, body }) => {
        const answer = await post(pathsOf(name).at(-1)!, body);
        return rowOf([name, String(answer.status), `\`${JSON.stringify(answer.body, hideWords)}\``]);
      }),
    );
    expectTable("docs/server.md", "| dialect | status | body |", lines);
  });

  it("tell FastAPI's list of places where the service does, up to sixteen", async () => {
    const answer = await post("/infinity/rerank", { documents: ["a", 3], top_n: "many", return_documents: 5 });
    expect(answer).toEqual({
      status: 422,
      body: {
        detail: [
          { type: "missing", loc: ["body", "query"], msg: expect.stringContaining("string") },
          { type: "value_error", loc: ["body", "documents", 1], msg: expect.stringContaining("expected a string or an object") },
          { type: "value_error", loc: ["body", "return_documents"], msg: "expected a boolean" },
          { type: "int_type", loc: ["body", "top_n"], msg: expect.stringContaining("expected") },
        ],
      },
    });
    const many = await post("/infinity/rerank", { query, documents: Array.from({ length: 1000 }, () => 0) });
    expect((many.body as { detail: unknown[] }).detail).toHaveLength(16);
    const tooMany = await post("/infinity/rerank", { query, documents: Array.from({ length: 1025 }, () => "a") });
    expect(tooMany).toEqual({
      status: 422,
      body: { detail: [{ type: "value_error", loc: ["body"], msg: expect.stringContaining("at most 1024, got 1025") }] },
    });
  });
});

/** For JSON.stringify: what differs from one failure to the next. */
function hideWords(key: string, value: unknown): unknown {
  return typeof value === "string" && ["message", "detail", "error", "msg", "id", "request_id"].includes(key) ? "…" : value;
}
