/** Bodies that nobody sends by mistake, over real connections: each is answered, tells nothing of the server, and leaves it working. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { createRerankServer, type Listening, listen } from "../../dist/server.js";
import type { Route } from "../../src/server/routes.ts";
import { dialectBodies, type Json, nested, type Pointer, pointersOf, replaceAt, valueAt, withKey } from "./bodies.ts";
import {
  type Answer,
  documents,
  exchange,
  expectRefusal,
  expectWorking,
  marker,
  post,
  query,
  requestText,
  type ServerProcess,
  startServer,
  statusesIn,
  stopServer,
} from "./support.node.ts";

let server: ServerProcess;
/** A server in this process, where prototypes can be looked at. */
let inner: Listening;

beforeAll(async () => {
  const rerankServer = createRerankServer();
  [server, inner] = await Promise.all([startServer({ args: ["--allow-models"] }), listen(rerankServer, { port: 0 }), rerankServer.ready]);
});
afterEach(() => expectWorking(server.url));
afterAll(async () => {
  await Promise.all([stopServer(server), inner.stop()]);
});

const send = (body: unknown, path = "/rerank"): Promise<Answer> => post(server.url + path, body);
const withConfig = (config: unknown): object => ({ query, documents, config });
/** The answer has the form that the OpenAPI document promises for the path, in whichever of its dialects. */
const expectPromisedForm = ({ status, text }: Answer, { dialects }: Route): void => {
  const body: unknown = JSON.parse(text);
  const isAsPromised = dialects.some(({ reply, error }) => z.safeParse(status === 200 ? reply : error, body).success);
  expect(isAsPromised, text.slice(0, 500)).toBe(true);
};

describe("a body that is no JSON", () => {
  const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
  const cases: [string, string | Uint8Array][] = [
    ["nothing", ""],
    ["blanks", " \n\t "],
    ["half an object", `{"query":"${marker}`],
    ["a comma at the end", `{"query":"${marker}","documents":["a"],}`],
    ["single quotes", `{'query':'${marker}'}`],
    ["two objects", `{"query":"${marker}","documents":[]}{}`],
    ["a comment", `{"query":"${marker}",/* */"documents":[]}`],
    ["NaN", `{"query":"${marker}","documents":[],"config":{"threshold":NaN}}`],
    ["a raw NUL in a string", `{"query":"${marker}\u0000","documents":[]}`],
    ["a raw line break in a string", `{"query":"${marker}\n","documents":[]}`],
    ["half an escape", `{"query":"${marker}\\ud83","documents":[]}`],
    ["a byte that UTF-8 has not", bytes(0x7b, 0xff, 0x7d)],
    ["a surrogate as UTF-8", bytes(0x22, 0xed, 0xa0, 0x80, 0x22)],
    ["an overlong slash", bytes(0x22, 0xc0, 0xaf, 0x22)],
    ["half a character", bytes(0x22, 0xe2, 0x82, 0x22)],
    ["UTF-16", Buffer.from(`{"query":"${marker}","documents":["a"]}`, "utf16le")],
    ["gzip without saying so", bytes(0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0)],
    ["lists that never end", "[".repeat(100_000)],
  ];

  it.each(cases)("is refused in each dialect's words: %s", async (_what, body) => {
    for (const { route, path } of dialectBodies) {
      const answer = await send(body, path);
      expectRefusal(answer, 400);
      expectPromisedForm(answer, route);
    }
  });

  it.each([
    ["a list", "[]"],
    ["null", "null"],
    ["a string", `"${marker}"`],
    ["a number", "1e400"],
    ["true", "true"],
  ])("or no object: %s", async (_what, body) => {
    for (const { route, path } of dialectBodies) {
      const answer = await send(body, path);
      expectRefusal(answer, 400, 422);
      expectPromisedForm(answer, route);
    }
  });

  it.each([
    "text/plain",
    "multipart/form-data; boundary=x",
    "application/x-www-form-urlencoded",
    "application/jsonp",
    "application/json-seq",
    "text/json",
    "application/jsonapplication/json",
    "text/plain, application/json",
    "",
  ])("is refused by its content type: %j", async (type) => {
    expectRefusal(await post(`${server.url}/rerank`, { query, documents }, { "content-type": type }), 415);
  });

  it("is refused when it is compressed; a charset or a suffix of JSON is none of that", async () => {
    for (const encoding of ["gzip", "deflate", "br", "gzip, gzip, gzip", "x"]) {
      expectRefusal(await post(`${server.url}/rerank`, { query, documents }, { "content-encoding": encoding }), 415);
    }
    for (const type of ["application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.api+json"]) {
      expect((await post(`${server.url}/rerank`, { query, documents }, { "content-type": type })).status).toBe(200);
    }
  });
});

describe.each(dialectBodies)("a body of $name", ({ path, route, body }) => {
  it("is answered in full when nothing is wrong with it", async () => {
    const answer = await send(body, path);
    expect(answer.status, answer.text).toBe(200);
    expectPromisedForm(answer, route);
  });

  it("is answered or refused when any one value is another one", async () => {
    const huge = `${marker} ${"x".repeat(100_000)}`; // above the limit of a query
    const replacements: Json[] = [null, [], {}, "", 0, -1, 1e308, true, [[[[[]]]]], { [marker]: [marker] }, huge];
    const variants = pointersOf(body).flatMap((pointer) => replacements.map((replacement) => ({ pointer, replacement })));
    const check = async ({ pointer, replacement }: (typeof variants)[number]): Promise<void> => {
      const answer = await send(JSON.stringify(replaceAt(body, pointer, replacement)), path);
      const what = `${pointer.join(".")} is ${JSON.stringify(replacement).slice(0, 40)}: ${answer.text.slice(0, 200)}`;
      expect([200, 400, 403, 404, 422], what).toContain(answer.status);
      if (answer.status !== 200) expectRefusal(answer, answer.status);
      expectPromisedForm(answer, route);
    };
    const next = variants[Symbol.iterator]();
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (const variant of next) await check(variant);
      }),
    );
  });

  it("is refused with more documents than are allowed, by the limit and the count", async () => {
    const isList = (pointer: Pointer): boolean => Array.isArray(valueAt(body, pointer));
    const named = /^(?:documents|texts|input|passages|text_2|sources|records)$/;
    const list = pointersOf(body).find((pointer) => named.test(String(pointer.at(-1))) && isList(pointer))!;
    const entry = (valueAt(body, list) as Json[])[0]!;
    const answer = await send(replaceAt(body, list, new Array<Json>(1025).fill(entry)), path);
    expectRefusal(answer, 400, 422);
    expect(answer.text).toMatch(/at most 1024, got 1025/);
  });

  it("pollutes no prototype, whichever of its objects has such keys", async () => {
    const poison: Json = { polluted: true, toString: marker, text: marker };
    for (const pointer of pointersOf(body)) {
      const value = valueAt(body, pointer);
      if (typeof value !== "object" || value === null || Array.isArray(value)) continue;
      for (const poisoned of [
        withKey(value, "__proto__", poison),
        withKey(value, "constructor", { prototype: poison }),
        withKey(value, "prototype", poison),
        withKey(withKey(value, "__proto__", "x"), "hasOwnProperty", 1),
      ]) {
        const answer = await post(inner.url + path, JSON.stringify(replaceAt(body, pointer, poisoned)));
        expect([200, 400, 422], answer.text).toContain(answer.status);
        expectPromisedForm(answer, route);
        expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
        expect(Object.keys(Object.prototype)).toEqual([]);
      }
    }
    await expectWorking(inner.url);
  });
});

describe("more than anybody needs", () => {
  const many = (count: number, item: (index: number) => unknown): unknown[] => Array.from({ length: count }, (_, index) => item(index));
  const keys = (count: number, prefix: string): object => Object.fromEntries(many(count, (index) => [`${prefix}${index}`, 1]) as []);
  const thousand = many(1024, () => ({ text: marker }));
  // Each of these took between two seconds and many minutes of the only thread, or gigabytes, before there were limits.
  const cases: [string, string, () => unknown][] = [
    [
      "a million fields for a thousand documents",
      "/rerank",
      () => ({ query, documents: thousand, config: { fields: many(1e6, (index) => `f${index}`) } }),
    ],
    [
      "that, with one that is there",
      "/rerank",
      () => ({ query, documents: thousand, config: { fields: ["text", ...many(1e6, (index) => `f${index}`)] } }),
    ],
    ["a million fields that are numbers", "/rerank", () => withConfig({ fields: many(1e6, Number) })],
    ["a million wrong words for what to return", "/rerank", () => withConfig({ return: many(1e6, () => 1) })],
    ["a hundred thousand keys", "/rerank", () => ({ query, documents, ...keys(100_000, marker) })],
    ["a hundred thousand keys of a configuration", "/rerank", () => withConfig(keys(100_000, marker))],
    [
      "three million additional files",
      "/rerank",
      () => withConfig({ model: { type: "custom", modelId: "a/b", additionalFiles: many(3e6, () => "a") } }),
    ],
    [
      "three hundred documents, no two with a field in common",
      "/together/v1/rerank",
      () => ({ query, documents: many(300, (index) => keys(300, `${index}_`)) }),
    ],
    ["1,025 names of fields", "/v1/rerank", () => ({ query, documents: [{ text: "a" }], rank_fields: many(1025, (index) => `f${index}`) })],
    ["lists in lists, five million entries in all", "/rerank", () => withConfig({ model: many(1000, () => many(5000, () => 1)) })],
    ["a parameter of a million entries", "/pinecone/rerank", () => ({ query, documents, parameters: { truncate: many(1e6, () => 1) } })],
  ];

  it.each(cases)("is refused by its length: %s", async (_what, path, body) => {
    const answer = await send(JSON.stringify(body()), path);
    expectRefusal(answer, 400, 422);
    // By its length, before anything walks over it: that is what keeps it short on any machine.
    expect(answer.text).toMatch(/more than 4096 keys and entries|more than \d+ (?:values|lists, objects and keys)|at most 1024/);
  });

  it("is not sent back in a message", async () => {
    const long = marker.repeat(500_000);
    for (const body of [
      withConfig({ model: `${long}!` }),
      withConfig({ [long]: 1 }),
      withConfig({ truncation: long }),
      { ...withConfig({ top_k: 1 }), [long]: 1 },
    ]) {
      expectRefusal(await send(body), 422);
    }
    // A foreign key without our own `config`: the body of another format, whose unknown keys are ignored.
    const answer = await send({ query, documents, [long]: 1 });
    expect([answer.status, answer.text.length < 8000]).toEqual([200, true]);
    const fields = Array.from({ length: 1000 }, (_, index) => `${marker}${index}`);
    expectRefusal(await send({ query, documents: [{ other: 1 }], config: { fields } }), 422);
    expectRefusal(await send(withConfig({ model: `a/${long}` })), 422);
  });

  it("is refused by characters of the query, and of a document", async () => {
    expectRefusal(await send({ query: "x".repeat(65_537), documents }), 422);
    expectRefusal(await send({ query, documents: ["x".repeat(1_000_001)] }), 422);
    expectRefusal(await send({ query, documents: [{ text: "a", more: "x".repeat(1_000_000) }] }), 422);
  });

  it("may be in a document, which nothing walks over", async () => {
    const answer = await send({ query, documents: [{ text: "a", ...keys(5000, "k"), list: many(10_000, Number) }] });
    expect(answer.status, answer.text.slice(0, 200)).toBe(200);
  });
});

describe("nesting of 100,000 levels", () => {
  const places: [string, (deep: string) => string][] = [
    ["as the body", (deep) => deep],
    ["as the query", (deep) => `{"query":${deep},"documents":["a"]}`],
    ["as the documents", (deep) => `{"query":"q","documents":${deep}}`],
    ["as a document", (deep) => `{"query":"q","documents":["a",${deep}]}`],
    ["in a document", (deep) => `{"query":"q","documents":[{"text":"a","more":${deep}}]}`],
    ["in a field that is read", (deep) => `{"query":"q","documents":[{"more":${deep}}],"config":{"fields":["more"]}}`],
    ["as the configuration", (deep) => `{"query":"q","documents":["a"],"config":${deep}}`],
    ["in the configuration", (deep) => `{"query":"q","documents":["a"],"config":{"fields":${deep}}}`],
    ["as the model", (deep) => `{"query":"q","documents":["a"],"config":{"model":${deep}}}`],
    ["in a model", (deep) => `{"query":"q","documents":["a"],"config":{"model":{"type":"fallback","models":${deep}}}}`],
    ["in an unknown key", (deep) => `{"query":"q","documents":["a"],"more":${deep}}`],
  ];

  it.each(places)("is refused %s", async (_where, body) => {
    for (const kind of ["lists", "objects"] as const) {
      expectRefusal(await send(body(nested(100_000, kind))), 422);
    }
  });

  it("is refused in every dialect that takes objects, or not looked at", async () => {
    for (const { name, path, route, body } of dialectBodies) {
      for (const pointer of pointersOf(body)) {
        const text = JSON.stringify(replaceAt(body, pointer, "DEEP")).replace('"DEEP"', nested(10_000, "objects"));
        const answer = await send(text, path);
        expect([200, 400, 422], `${name} ${pointer.join(".")}: ${answer.text.slice(0, 200)}`).toContain(answer.status);
        expectPromisedForm(answer, route);
      }
    }
  });

  it("of models in models is refused after a few", async () => {
    const model = Array.from({ length: 12 }).reduce<object>((inside) => ({ type: "fallback", models: [inside] }), { type: "none" });
    expectRefusal(await send(withConfig({ model })), 422);
  });
});

describe("strings", () => {
  it("with NUL, control characters, lone surrogates and noncharacters rank, and come back as they were", async () => {
    const odd = [
      "\u0000",
      "a\u0000b",
      "\ud800",
      "\udfff x",
      "\ud83d\ude00",
      "\ufffe\uffff",
      "\u202e\u0008\u001b[31m",
      "e\u0301".repeat(1000),
      "",
      " ",
    ];
    const { status, text } = await send({ query: `${marker}\u0000\ud800`, documents: odd });
    expect(status, text).toBe(200);
    const { results } = JSON.parse(text) as { results: { index: number; score: number; document: string }[] };
    expect(results.map(({ index, document }) => [index, document]).sort(([left], [right]) => Number(left) - Number(right))).toEqual([
      ...odd.entries(),
    ]);
    for (const { score } of results) expect(score).toBeGreaterThanOrEqual(0);
  });

  it("of blanks only are no query", async () => {
    for (const blank of ["", " ", "\u00a0\u2003\ufeff", "\n\t"]) expectRefusal(await send({ query: blank, documents }), 422);
    for (const invisible of ["\u0000", "\u200b", "\ud800"]) expect((await send({ query: invisible, documents })).status).toBe(200);
  });

  it("under a key that stands twice: the last one counts, for checks too", async () => {
    const text = await send(`{"query":"a","query":"${query}","documents":["x"],"documents":${JSON.stringify(documents)}}`);
    expect(JSON.parse(text.text)).toMatchObject({ results: [{ index: 1 }, {}, {}] });
    expectRefusal(await send(`{"query":"q","documents":["x"],"config":{},"config":{"cache_dir":"/tmp/x"}}`), 403);
    expectRefusal(await send(`{"query":"q","documents":["x"],"config":{"top_k":1,"topK":2}}`), 422);
    const shadowed = await send(`{"query":"q","documents":["x"],"config":{"cache_dir":"/tmp/x"},"config":{}}`);
    expect(shadowed.status).toBe(200);
  });
});

describe("numbers at their ends", () => {
  it.each([
    ["top_k", [0, 1, 2 ** 53 - 1], [-1, 0.5, 2 ** 53, 1e308, "1", true]],
    ["batch_size", [1, 2 ** 53 - 1], [0, -1, 1.5, 1e308, "1"]],
    ["threshold", [-1e308, 0, 1e308, 5e-324], ["0", true, []]],
    ["max_rerank_duration_secs", [30, 1e308], [0, -1, "1"]],
  ])("%s", async (key, taken, refused) => {
    for (const value of taken) expect((await send(withConfig({ [key]: value }))).status, `${value}`).toBe(200);
    for (const value of refused) expectRefusal(await send(withConfig({ [key]: value })), 422);
    for (const value of ["1e999", "-1e999"]) {
      expectRefusal(await send(`{"query":"q","documents":["a"],"config":{"${key}":${value}}}`), 422);
    }
  });

  it("a deadline that is over at once is a time-out, not a failure", async () => {
    for (const secs of [5e-324, 1e-300]) expectRefusal(await send(withConfig({ max_rerank_duration_secs: secs })), 504);
  });
});

it("a request is refused before its body is sent, when its head says enough", async () => {
  const head = requestText("/rerank", "", ["X: y"]).replace("Content-Length: 0", "Content-Length: 99999999");
  const { text } = await exchange(server.port, head, { until: (received) => received.includes("}}") });
  expect(statusesIn(text)).toEqual([413]);
  expect(text).toContain("16777216 bytes");
  const plain = requestText("/rerank", "").replace("Content-Length: 0", "Content-Length: 1000").replace("application/json", "text/plain");
  expect(statusesIn((await exchange(server.port, plain, { until: (received) => received.includes("}}") })).text)).toEqual([415]);
});
