import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { withOrderedMarks } from "./mark-runs.ts";
import { createNormalizer } from "./normalizer.ts";
import { createSplitter } from "./pre-tokenizer.ts";

// All expected values of this file: tokenizers 0.22.2 in Python, normalize_str and pre_tokenize_str, 2026-11-28.

describe("normalizers", () => {
  const t5 = JSON.parse(gunzipSync(readFileSync(new URL("../../test/fixtures/tokenizers/t5-small.json.gz", import.meta.url))).toString());

  it.each([
    ["\r\n", " "],
    ["\t\n", "  "],
    ["e\u0301", "\u00e9"],
    ["e\u0301\u0302", "\u00e9"],
    ["e\u0301\u0302\u0303\u0304 x", "e\u0301\u0302\u0303\u0304 x"],
    ["e\u0301\u200d", "e\u0301 "],
    ["o\u0308\u200bx", "\u00f6 x"],
    ["\uff41\u0301", "a"],
    ["A\u0085b", "A\u0085b"],
    ["\u2581", " "],
    ["½", "1\u20442"],
    ["\uff71\uff9e", "\u30a2\u3099"],
    ["a\u0300\r\nb\r", "\u00e0 b "],
    ["🇩🇪🇫🇷🇮", "🇩🇪🇫🇷🇮"],
  ])("SentencePiece's table makes %j %j", (text, expected) => {
    expect(createNormalizer(t5.normalizer)!(text)).toBe(expected);
  });

  it.each([
    [{ type: "Lowercase" }, "ΑΣ", "ασ"],
    [{ type: "Strip", strip_left: true, strip_right: true }, "\u0085 a ", "a"],
    [{ type: "StripAccents" }, "e\u0301\u0903\u20dd", "e"],
    [{ type: "Prepend", prepend: "_" }, "", ""],
    [{ type: "Replace", pattern: { String: "a" }, content: "$&x" }, "bab", "b$&xb"],
  ])("%j", (config, text, expected) => {
    expect(createNormalizer(config)!(text)).toBe(expected);
  });

  it("a chain of replacements that doubles a text 30 times is refused, and names the file", () => {
    const double = { type: "Replace", pattern: { String: "a" }, content: "aa" };
    const normalize = createNormalizer({ type: "Sequence", normalizers: Array(30).fill(double) })!;
    expect(() => normalize("a")).toThrow("the normalizer of tokenizer.json makes a text more than 32 times as long");
  });

  it("long runs of marks are put into canonical order, and stay the same text", () => {
    const run = `a${"\u0301\u0323\u0334\u034f\u0345\u0308".repeat(20)}`;
    const ordered = withOrderedMarks(run);
    for (const form of ["NFC", "NFD", "NFKC", "NFKD"]) expect(ordered.normalize(form)).toBe(run.normalize(form));
    expect(ordered).not.toBe(run);
  });
});

describe("splitters", () => {
  const text = "café x\u200dy_z ²½Ⅷ٣, a..b";

  it.each([
    [{ type: "Whitespace" }, text, ["café", "x\u200dy_z", "²½", "Ⅷ٣", ",", "a", "..", "b"]],
    [{ type: "WhitespaceSplit" }, "a\u0085b\ufeffc  \u0085 d", ["a", "b\ufeffc", "d"]],
    [{ type: "BertPreTokenizer" }, "a\u0085b\ufeffc  \u0085 d", ["a", "b\ufeffc", "d"]],
    [{ type: "ByteLevel" }, "a\u0085b", ["a", "Âħ", "b"]],
    [{ type: "Digits" }, text, ["café x\u200dy_z ", "²½Ⅷ٣", ", a..b"]],
    [{ type: "Punctuation" }, "a,,b.", ["a", ",", ",", "b", "."]],
    [{ type: "Punctuation", behavior: "MergedWithPrevious" }, "a,,b.c,", ["a,", ",", "b.", "c,"]],
    [{ type: "Metaspace" }, "a  b c ", ["▁a", "▁", "▁b", "▁c", "▁"]],
    [{ type: "Metaspace", add_prefix_space: false }, "a b", ["a", "▁b"]],
    [{ type: "Metaspace", split: false }, "a  b c ", ["▁a▁▁b▁c▁"]],
  ])("%j", (config, input, words) => {
    expect(createSplitter(config)!(input, true)).toEqual(words);
  });

  it.each([
    ["Removed", false, ["a", "b", "c"]],
    ["Removed", true, [",", ",", ".", ","]],
    ["Isolated", false, ["a", ",", ",", "b", ".", "c", ","]],
    ["MergedWithPrevious", true, ["a", ",", ",b", ".c", ","]],
    ["MergedWithNext", false, ["a", ",", ",b", ".c", ","]],
    ["Contiguous", false, ["a", ",,", "b", ".", "c", ","]],
  ])("Split, %s, inverted: %s", (behavior, invert, words) => {
    expect(createSplitter({ type: "Split", pattern: { Regex: "[,.]" }, behavior, invert })!("a,,b.c,", true)).toEqual(words);
  });
});
