import { describe, expect, it } from "vitest";
import { BodyReader, isTooDeep } from "./body.ts";
import { HeldBytes } from "./held-bytes.ts";

const post = (body: string | Uint8Array<ArrayBuffer> | ReadableStream, headers: Record<string, string> = {}): Request =>
  new Request("http://localhost/", {
    method: "POST",
    body,
    headers: { "content-type": "application/json", ...headers },
    duplex: "half",
  } as RequestInit);

/** A body in pieces, whose length is not declared. */
const inPieces = (...pieces: string[]): ReadableStream => new Blob(pieces).stream();

describe("BodyReader", () => {
  const reader = new BodyReader(1000, new HeldBytes());

  it("gives the JSON of a body, whole or in pieces", async () => {
    expect((await reader.read(post('{"a":1}'))).json).toEqual({ a: 1 });
    expect((await reader.read(post(inPieces('{"a"', ":1}")))).json).toEqual({ a: 1 });
  });

  it.each(["application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.api+json"])("reads %s", async (type) => {
    expect((await reader.read(post("[]", { "content-type": type }))).json).toEqual([]);
  });

  it.each([
    ["another type", post("{}", { "content-type": "text/plain" }), 415],
    ["no type", post("{}", { "content-type": "" }), 415],
    ["a compressed body", post("{}", { "content-encoding": "gzip" }), 415],
    ["a body that is declared too large", post("{}", { "content-length": "1001" }), 413],
    ["a body that turns out too large", post(inPieces("x".repeat(600), "x".repeat(600))), 413],
    ["an empty body", post(""), 400],
    ["half of a JSON text", post('{"a":'), 400],
    ["bytes that are no UTF-8", post(new Uint8Array([0x22, 0xff, 0x22])), 400],
  ])("refuses %s", async (_what, request, status) => {
    await expect(reader.read(request)).rejects.toMatchObject({ name: "ServerError", status });
  });

  it("does not quote the body in its message", async () => {
    await expect(reader.read(post("secret text"))).rejects.toMatchObject({ message: expect.not.stringContaining("secret") });
  });

  it("gives a body's bytes back when it is released, or refused", async () => {
    const large = new BodyReader(1000, new HeldBytes(1000));
    const text = `"${"x".repeat(600)}"`;
    const first = await large.read(post(text));
    await expect(large.read(post(text))).rejects.toMatchObject({ status: 429, retryAfterSecs: 1 });
    first.release();
    first.release();
    (await large.read(post(text))).release();
  });
});

describe("isTooDeep", () => {
  const nested = (depth: number): unknown => JSON.parse("[".repeat(depth) + "]".repeat(depth)) as unknown;

  it("takes what is nested no more deeply than the bound, in objects and lists", () => {
    expect(isTooDeep({ a: [{ b: 1 }] }, 3)).toBe(false);
    expect(isTooDeep({ a: [{ b: {} }] }, 3)).toBe(true);
  });

  it("does not go down further than that itself", () => {
    expect(isTooDeep(nested(100_000))).toBe(true);
    expect(isTooDeep(nested(64))).toBe(false);
    expect(isTooDeep(nested(65))).toBe(true);
  });
});
