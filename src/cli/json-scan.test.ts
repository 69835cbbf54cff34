import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scanJson } from "./json-scan.ts";

function depthOf(value: unknown): number {
  return typeof value === "object" && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
}

describe("scanJson", () => {
  it("tells the line on which each entry of an array begins", () => {
    const text = '\n[\n"a, [b",\n{"x":\n[1,\n2]}, "c",\n\n3\n]';
    expect(scanJson(text).entryLines).toEqual([3, 4, 6, 8]);
    expect(JSON.parse(text)).toHaveLength(4);
    expect(scanJson("[]").entryLines).toEqual([]);
    expect(scanJson('{"a":[1,2]}').entryLines).toEqual([]);
  });

  it("tells the depth of any value, and as many lines as an array has entries", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1), (value, indent) => {
        const scan = scanJson(JSON.stringify(value, undefined, indent));
        expect(scan.depth).toBe(depthOf(value));
        expect(scan.entryLines).toHaveLength(Array.isArray(value) ? value.length : 0);
      }),
    );
  });

  it("reads ten million brackets in a moment", () => {
    expect(scanJson("[".repeat(10_000_000)).depth).toBe(10_000_000);
  });
});
