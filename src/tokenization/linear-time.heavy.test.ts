import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { createTextTokenizer, type TextTokenizer } from "./text-tokenizer.ts";
import { readTokenizerFile } from "./tokenizer-file.ts";

const runs: Record<string, string> = {
  letters: "a",
  words: "the ",
  digits: "7",
  mixed: "a1_",
  "one mark": "\u0301",
  "marks out of order": "\u0301\u0323",
  emoji: "😀",
  "joined emoji": "👨‍👩‍👧",
  flags: "🇩🇪",
  spaces: " ",
  "line ends": "\n",
  "no-break spaces": "\u00a0",
  underscores: "_",
  dots: ".",
  ideographs: "漢",
  Arabic: "ع",
  Thai: "ก",
  Hangul: "각",
  sigmas: "Σ",
  NUL: "\u0000",
  replacement: "\ufffd",
};
const short = 10_000;
const long = 100_000;
// Ten times the text should take ten times as long, and n log n twelve; a quadratic step takes a hundred. Small times are noise.
const maxRatio = 40;
const noiseMs = 200;

/** A tokenizer of each kind: published ones, and small ones with the model that no published file here has. */
const tokenizers: Record<string, () => unknown> = {
  "WordPiece (bert-base-uncased)": () => published("bert-base-uncased"),
  "byte-level BPE (roberta-base)": () => published("roberta-base"),
  "Unigram (t5-small)": () => published("t5-small"),
  "BPE with metaspace and bytes": () => metaspaceBpe(),
  "Split by Qwen's pattern, and NFC": () => ({
    ...published("roberta-base"),
    normalizer: { type: "NFC" },
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        { type: "Split", pattern: { Regex: qwenPattern }, behavior: "Isolated", invert: false },
        { type: "ByteLevel", add_prefix_space: false, use_regex: false },
      ],
    },
  }),
};
const qwenPattern =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

describe(`a run of ${long} characters takes at most ${maxRatio} times as long as one of ${short}`, () => {
  for (const [kind, file] of Object.entries(tokenizers)) {
    it(kind, () => {
      const tokenizer = createTextTokenizer(readTokenizerFile(file()));
      const rows = Object.entries(runs).map(([run, unit]) => {
        measure(tokenizer, unit, 1000);
        let [few, many, isLinear] = [0, 0, false];
        // A collection of garbage may fall into one measurement; a quadratic step is in each.
        for (let attempt = 0; attempt < 3 && !isLinear; attempt += 1) {
          [few, many] = [measure(tokenizer, unit, short), measure(tokenizer, unit, long)];
          isLinear = many < noiseMs || many / few < maxRatio;
        }
        return { run, few, many, isLinear };
      });
      console.log(
        rows
          .map(({ run, few, many }) => `${kind} | ${run} | ${few.toFixed(1)} ms | ${many.toFixed(1)} ms | ${(many / few).toFixed(1)}`)
          .join("\n"),
      );
      expect(rows.filter(({ isLinear }) => !isLinear)).toEqual([]);
    });
  }
});

/** Milliseconds of processor time: other programs of a loaded machine are not in it. */
function measure(tokenizer: TextTokenizer, unit: string, length: number): number {
  const text = unit.repeat(Math.ceil(length / unit.length));
  const started = process.cpuUsage();
  tokenizer.tokenize(text, 1e9, "neutralize");
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
}

function published(name: string): Record<string, unknown> {
  const file = new URL(`../../test/fixtures/tokenizers/${name}.json.gz`, import.meta.url);
  return JSON.parse(gunzipSync(readFileSync(file)).toString());
}

/** What Gemma and Llama have: no split into words, runs of one character merged by halves, unknown characters as bytes. */
function metaspaceBpe(): unknown {
  const pieces: string[] = [
    "<unk>",
    ...Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`),
  ];
  const merges: [string, string][] = [];
  for (const character of ["▁", "a", "t", "h", "e", "7", "_", ".", "漢"]) {
    pieces.push(character);
    for (let length = 1; length <= 16; length *= 2) {
      merges.push([character.repeat(length), character.repeat(length)]);
      pieces.push(character.repeat(2 * length));
    }
  }
  return {
    normalizer: { type: "Replace", pattern: { String: " " }, content: "▁" },
    pre_tokenizer: null,
    model: {
      type: "BPE",
      vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])),
      merges,
      unk_token: "<unk>",
      fuse_unk: true,
      byte_fallback: true,
    },
  };
}
