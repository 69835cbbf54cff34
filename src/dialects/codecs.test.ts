import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AnyCodec, RequestField, WireDocument, WireReply, WireRequest } from "./codec.ts";
import { codecs } from "./dialects.ts";
import { spellingIn } from "./request-fields.ts";

const statuses = [400, 401, 403, 404, 405, 408, 413, 415, 422, 429, 499, 500, 501, 502, 503, 504];

/** What the other side of a socket gets. */
function sent<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

function hasOnlyText(document: { readonly [key: string]: unknown }): boolean {
  return Object.keys(document).length === 1 && typeof document.text === "string";
}

// Lone surrogates, NUL and the line separators that JSON and JavaScript disagreed on.
const strange = fc.string({ unit: fc.constantFrom("\ud800", "\udfff", "\u0000", "\u2028", '"', "é", "a"), maxLength: 6 });
const text = fc.oneof(fc.string({ unit: "binary", maxLength: 12 }), strange);
const object = fc.dictionary(fc.oneof(text, fc.constant("text")), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 }).map(sent);
const count = fc.nat({ max: 10_000_000 });
const counts: ReadonlySet<RequestField> = new Set(["topK", "maxTokens", "maxTokensPerDocument"]);

/** Documents that come back as they were out of a reply of the dialect. */
function echoed(name: string): fc.Arbitrary<WireDocument> {
  if (name === "pinecone") return object; // a text comes back as {text}
  if (name === "mixedbread") return fc.oneof(text, object);
  const isWrapping = ["cohere-v1", "jina", "union"].includes(name); // {text} alone comes back as the text
  return isWrapping
    ? fc.oneof(
        text,
        object.filter((document) => !hasOnlyText(document)),
      )
    : text;
}

function requests({ name, takesObjects }: AnyCodec): fc.Arbitrary<WireRequest> {
  // Pinecone knows objects only; a text goes there as {text}, and stays one.
  const document = takesObjects ? (name === "pinecone" ? object : fc.oneof(text, object)) : text;
  return fc.record(
    {
      query: text,
      documents: fc.array(document, { maxLength: 4 }),
      model: text,
      topK: fc.integer({ min: 1, max: 2_000 }),
      returnDocuments: fc.boolean(),
      fields: fc.array(text, { minLength: 1, maxLength: 3 }),
      rawScores: fc.boolean(),
      // vLLM says false by saying nothing.
      truncate: name === "vllm" ? fc.constant(true) : fc.boolean(),
      maxTokens: fc.integer({ min: 1 }),
      truncationSide: fc.constantFrom("left", "right"),
      maxTokensPerDocument: fc.integer({ min: 1 }),
    },
    { requiredKeys: ["query", "documents"] },
  );
}

/** As decoded, but for the documents that are objects there and were texts: Google's records need ids. */
function withTexts({ documents, ...request }: WireRequest): WireRequest {
  return { ...request, documents: documents.map((document) => (typeof document === "string" ? document : String(document.text))) };
}

function replies({ name }: AnyCodec): fc.Arbitrary<WireReply> {
  // JSON writes −0 as 0.
  const score = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
  const result = fc.record(
    { index: fc.nat(), score, document: echoed(name) },
    { requiredKeys: name === "weaviate" ? ["index", "score", "document"] : ["index", "score"] },
  );
  const listed = fc.array(result, { maxLength: 4 });
  // Their results have no index: they stand in the order of the documents.
  const hasOrder = name === "weaviate" || name === "deepinfra";
  const results = hasOrder ? listed.map((list) => list.map((one, index) => ({ ...one, index }))) : listed;
  return fc.record({ id: text, model: text, created: count, results, tokens: count, billedUnits: count }, { requiredKeys: ["results"] });
}

function only<T extends object>(value: T, names: Pick<ReadonlySet<string>, "has">, always: readonly string[]): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([key]) => names.has(key) || always.includes(key))) as Partial<T>;
}

it("names every dialect once", () => {
  expect(new Set(codecs.map((codec) => codec.name)).size).toBe(codecs.length);
});

describe.each(codecs.map((codec) => ({ name: codec.name, codec })))("$name", ({ codec }) => {
  it("decodes the request that it encoded, as far as the dialect has words for it", () => {
    fc.assert(
      fc.property(requests(codec), (request) => {
        const body = sent(codec.encodeRequest(request));
        const { truncate, ...others } = request;
        // Where vLLM says how many tokens stay it says that pairs are cut.
        const said = codec.name === "vllm" && request.maxTokens !== undefined ? others : request;
        const decoded = codec.name === "vertex" ? withTexts(codec.decodeRequest(body)) : codec.decodeRequest(body);
        expect(decoded).toEqual(only(said, codec.requestFields as ReadonlyMap<string, unknown>, ["query", "documents"]));
      }),
    );
  });

  it("decodes the reply that it encoded, as far as the dialect has words for it", () => {
    fc.assert(
      fc.property(replies(codec), (reply) => {
        const results = reply.results.map((result) => only(result, codec.replyFields, ["index", "score"]));
        const body = sent(codec.encodeReply(reply));
        expect(codec.decodeReply(body)).toEqual({ ...only(reply, codec.replyFields, []), results });
      }),
    );
  });

  it("takes null for every optional field of a request", () => {
    const request: Required<WireRequest> = {
      query: "q",
      documents: codec.name === "pinecone" ? [{ text: "a" }] : ["a"],
      model: "m",
      topK: 1,
      returnDocuments: true,
      fields: ["text"],
      rawScores: true,
      truncate: true,
      maxTokens: 1,
      truncationSide: "left",
      maxTokensPerDocument: 1,
    };
    const body = codec.encodeRequest(request) as Record<string, unknown>;
    const kept = Object.entries(codec.encodeRequest({ query: request.query, documents: request.documents }) as object);
    const nulls = Object.keys(body).map((key) => [key, null]);
    const decoded = codec.decodeRequest(Object.fromEntries([...nulls, ...kept]));
    expect(codec.name === "vertex" ? withTexts(decoded) : decoded).toEqual({ query: request.query, documents: request.documents });
  });

  it("says under which keys a body of its own may say a field, and reads a limit under both of its names", () => {
    const documents = codec.name === "pinecone" ? [{ text: "a" }] : ["a"];
    for (const [field, keys] of codec.requestFields as ReadonlyMap<RequestField, readonly string[]>) {
      const value = { model: "m", fields: ["f"], truncationSide: "left" }[field as string] ?? (counts.has(field) ? 7 : true);
      const body = codec.encodeRequest({ query: "q", documents, [field]: value }) as object;
      expect(Object.keys(body)).toContain(keys[0]!.split(".")[0]);
      expect(Object.keys(body)).toContain(codec.documentsKey.split(".")[0]);
      expect(spellingIn(body, field, keys)).toBe(keys[0]);
    }
    const limits = codec.requestFields.get("topK") ?? [];
    const own = { bedrock: "numberOfResults", vertex: "topN", dashscope: "top_n" }[codec.name];
    if (own !== undefined) return expect(limits.map((key) => key.split(".").at(-1))).toEqual([own]);
    expect([...limits].sort()).toEqual(limits.length === 0 ? [] : ["top_k", "top_n"]);
    const plain = codec.encodeRequest({ query: "q", documents }) as object;
    for (const key of limits) expect(codec.decodeRequest({ ...plain, [key]: 2 })).toMatchObject({ topK: 2 });
    if (limits.length > 0) expect(codec.decodeRequest({ ...plain, [limits[0]!]: 3, [limits[1]!]: 2 })).toMatchObject({ topK: 3 });
  });

  it("refuses object documents where the service takes texts only", () => {
    const encode = () => codec.encodeRequest({ query: "q", documents: ["a", { title: "b" }] });
    if (codec.takesObjects) expect(encode).not.toThrow();
    else expect(encode).toThrow(expect.objectContaining({ code: "invalid-input", message: expect.stringContaining("documents[1]") }));
  });

  it("answers an empty list", () => {
    expect(codec.decodeReply(sent(codec.encodeReply({ results: [] })))).toEqual({ results: [] });
  });

  it("tells the message of each failure, and keeps server-side statuses", () => {
    for (const status of statuses) {
      const error = codec.encodeError({ status, code: "some-code", message: "place: what. Do this.", requestId: "r-1" });
      expect(codec.decodeError(sent(error.body))).toBe("place: what. Do this.");
      if (status >= 500) expect(error.status).toBe(status);
      else expect(error.status === status || error.status === 400).toBe(true);
    }
  });
});
