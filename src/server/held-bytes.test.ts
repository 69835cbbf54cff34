import { describe, expect, it } from "vitest";
import { HeldBytes } from "./held-bytes.ts";

describe("bytes of a reply", () => {
  const reply = { text: "é".repeat(100_000) };
  const isFull = (held: HeldBytes): boolean => {
    try {
      held.take(1000)();
      return false;
    } catch (error) {
      expect(error).toMatchObject({ status: 429, retryAfterSecs: 1 });
      return true;
    }
  };

  it("count until the last of them is taken, and it is the JSON that was given", async () => {
    const held = new HeldBytes(10_000);
    const response = await held.reply(reply, { headers: { "x-more": "1" } });
    expect(Object.fromEntries(response.headers)).toEqual({ "x-more": "1", "content-type": "application/json", "content-length": "200011" });
    expect(isFull(held)).toBe(true);
    const reader = response.body!.getReader();
    const pieces: Uint8Array[] = [];
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      pieces.push(next.value);
      expect(isFull(held)).toBe(pieces.reduce((sum, { length }) => sum + length, 0) < 200_011);
    }
    expect(JSON.parse(Buffer.concat(pieces).toString())).toEqual(reply);
    expect(isFull(held)).toBe(false);
  });

  it.each<[string, unknown]>([
    ["a list", [1, { a: [undefined, { b: undefined }] }, undefined, Number.NaN]],
    [
      "an object",
      { none: undefined, results: [{ score: 1, more: undefined }, "\ud800"], empty: [], text: "x", deep: { list: [[]] }, null: null },
    ],
    ["nothing", {}],
    ["a word", "x"],
    ["long lists", { results: Array.from({ length: 20 }, (_, index) => "é".repeat(60_000 + index)) }],
  ])("are those of JSON.stringify: %s", async (_what, body) => {
    expect(await (await new HeldBytes().reply(body, { headers: {} })).text()).toBe(JSON.stringify(body));
  });

  it("are given back when the client goes away", async () => {
    const held = new HeldBytes(10_000);
    const response = await held.reply(reply, { headers: {} });
    const reader = response.body!.getReader();
    await reader.read();
    expect(isFull(held)).toBe(true);
    await reader.cancel();
    expect(isFull(held)).toBe(false);
  });
});
