import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { CheckedLateInteractionHead } from "../types.ts";
import { createLateInteractionEncoder, type LateInteractionEncoder } from "./late-interaction-encoder.ts";
import { createTextTokenizer } from "./text-tokenizer.ts";
import { readTokenizerFile } from "./tokenizer-file.ts";

const read = (file: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../test/fixtures/models/tiny-colbert/${file}`, import.meta.url), "utf8"));
const files = { tokenizer: read("tokenizer.json"), config: read("tokenizer_config.json") };
const tokenizer = createTextTokenizer(readTokenizerFile(files.tokenizer));
const id = (token: string): number => tokenizer.idOf(token)!;
const defaults = { truncation: "longest_first", specialTokens: "neutralize" } as const;

function encoder(changes: Partial<CheckedLateInteractionHead> = {}): LateInteractionEncoder {
  return createLateInteractionEncoder(files, {
    type: "late-interaction",
    queryLength: 12,
    documentLength: 16,
    queryToken: "[unused0]",
    documentToken: "[unused1]",
    skipPunctuation: true,
    ...changes,
  });
}

describe("late interaction", () => {
  it("fills a query up with mask tokens, which are compared and not attended to", () => {
    const { ids, attended, isCompared, fullTokens } = encoder().encodeQuery("a dog", defaults);
    const own = [id("[CLS]"), id("[unused0]"), ...tokenizer.tokenize("a dog", 99, "neutralize").ids, id("[SEP]")];
    expect([...ids]).toEqual([...own, ...Array.from({ length: 12 - own.length }, () => id("[MASK]"))]);
    expect(attended).toBe(own.length);
    expect(isCompared).toEqual(Array.from({ length: 12 }, () => true));
    expect(fullTokens).toBe(0);
  });

  it("compares a document's special tokens and words, but no punctuation unless it is asked for", () => {
    const { ids, isCompared } = encoder().encodeDocument("dog, dog!", defaults);
    expect([...ids].slice(0, 2)).toEqual([id("[CLS]"), id("[unused1]")]);
    expect([...ids].filter((_, index) => !isCompared[index])).toEqual([id(","), id("!")]);
    expect(encoder({ skipPunctuation: false }).encodeDocument("dog, dog!", defaults).isCompared).not.toContain(false);
  });

  it("cuts a text at its end, keeps the last special token, and reports its length", () => {
    const text = "dog ".repeat(50);
    const { ids, fullTokens } = encoder().encodeDocument(text, defaults);
    expect(ids).toHaveLength(16);
    expect(ids.at(-1)).toBe(id("[SEP]"));
    expect(fullTokens).toBe(tokenizer.tokenize(text, 999, "neutralize").ids.length + 3);
    expect(encoder().encodeQuery(text, defaults).fullTokens).toBe(fullTokens);
    expect(() => encoder().encodeDocument(text, { ...defaults, truncation: "error" })).toThrow(
      expect.objectContaining({ code: "invalid-input" }),
    );
    expect(() => encoder().encodeQuery(text, { ...defaults, truncation: "only_second" })).toThrow("head.queryLength");
  });

  it("cuts at the beginning where the left side is cut, and a document to the limit of its call", () => {
    const left = { ...defaults, truncationSide: "left" } as const;
    const ending = [...tokenizer.tokenize("a cat", 99, "neutralize").ids, id("[SEP]")];
    for (const { ids } of [
      encoder().encodeDocument(`${"dog ".repeat(50)}a cat`, left),
      encoder().encodeQuery(`${"dog ".repeat(50)}a cat`, left),
    ]) {
      expect([...ids].slice(0, 2)[0]).toBe(id("[CLS]"));
      expect([...ids].slice(-ending.length)).toEqual(ending);
    }
    expect(encoder().encodeDocument("dog ".repeat(50), { ...defaults, maxLength: 9 }).ids).toHaveLength(9);
    expect(encoder().encodeQuery("dog ".repeat(50), { ...defaults, maxLength: 9 }).ids).toHaveLength(12);
    expect(() => encoder().encodeDocument("dog", { ...defaults, maxLength: 3 })).toThrow("Give a larger maxLength");
  });

  it("has no mark where a text has typed one", () => {
    const { ids } = encoder().encodeDocument("[MASK] [SEP]", defaults);
    expect([...ids].filter((one) => one === id("[SEP]") || one === id("[MASK]"))).toEqual([id("[SEP]")]);
  });

  it("refuses a tokenizer without the marks", () => {
    expect(() => encoder({ queryToken: "[Q]" })).toThrow(
      expect.objectContaining({ code: "unsupported-model", message: expect.stringContaining("[Q]") }),
    );
  });
});
