import { describe, expect, it } from "vitest";
import { createPairEncoder, type EncodedPair, type EncodeOptions, type PairEncoder } from "./pair-encoder.ts";

const words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "how", "to", "train", "a", "dog", "##s", "needs", "time", "[", "]", "sep", "!", "new"];
const vocab = Object.fromEntries(words.map((word, id) => [word, id]));
const special = (content: string): object => ({ id: vocab[content], content, special: true, normalized: false });
const slot = (id: string, typeId: number): object => ({ Sequence: { id, type_id: typeId } });
const mark = (id: string, typeId: number): object => ({ SpecialToken: { id, type_id: typeId } });

const tokenizer = {
  version: "1.0",
  truncation: { max_length: 4, strategy: "LongestFirst", stride: 0, direction: "Right" },
  padding: null,
  added_tokens: [special("[PAD]"), special("[UNK]"), special("[CLS]"), special("[SEP]"), { id: 17, content: "<url>", special: false }],
  normalizer: { type: "BertNormalizer", clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
  pre_tokenizer: { type: "BertPreTokenizer" },
  post_processor: {
    type: "TemplateProcessing",
    single: [mark("[CLS]", 0), slot("A", 0), mark("[SEP]", 0)],
    pair: [mark("[CLS]", 0), slot("A", 0), mark("[SEP]", 0), slot("B", 1), mark("[SEP]", 1)],
    special_tokens: { "[CLS]": { id: "[CLS]", ids: [2], tokens: ["[CLS]"] }, "[SEP]": { id: "[SEP]", ids: [3], tokens: ["[SEP]"] } },
  },
  decoder: { type: "WordPiece" },
  model: { type: "WordPiece", unk_token: "[UNK]", continuing_subword_prefix: "##", max_input_chars_per_word: 100, vocab },
};
const defaults: EncodeOptions = { truncation: "longest_first", specialTokens: "neutralize" };

function encoder(changes: object = {}, maxTokens = 64, typeVocabSize = 2, config: object = {}): PairEncoder {
  return createPairEncoder({ tokenizer: { ...tokenizer, ...changes }, config }, { maxTokens, typeVocabSize });
}

function plain(pair: EncodedPair): { ids: number[]; types: number[]; fullTokens: number } {
  return { ids: [...pair.ids], types: [...pair.typeIds], fullTokens: pair.fullTokens };
}

describe("layout", () => {
  it("sets special tokens and type ids as the tokenizer's template says", () => {
    expect(plain(encoder().encode("how to", "dogs!", defaults))).toEqual({
      ids: [2, 4, 5, 3, 8, 9, 15, 3],
      types: [0, 0, 0, 0, 1, 1, 1, 1],
      fullTokens: 0,
    });
  });

  it("keeps the separators of an empty document", () => {
    expect(plain(encoder().encode("how", "", defaults)).ids).toEqual([2, 4, 3, 3]);
  });

  it("gives a model without a token-type table zeros", () => {
    expect(plain(encoder({}, 64, 0).encode("how", "to", defaults)).types).toEqual([0, 0, 0, 0, 0]);
    expect(plain(encoder({}, 64, 1).encode("how", "to", defaults)).types).toEqual([0, 0, 0, 0, 0]);
  });

  it("reads BertProcessing and RobertaProcessing, the latter with zero type ids", () => {
    const parts = { sep: ["[SEP]", 3], cls: ["[CLS]", 2] };
    expect(plain(encoder({ post_processor: { type: "BertProcessing", ...parts } }).encode("how", "to", defaults))).toMatchObject({
      ids: [2, 4, 3, 5, 3],
      types: [0, 0, 0, 1, 1],
    });
    expect(plain(encoder({ post_processor: { type: "RobertaProcessing", ...parts } }).encode("how", "to", defaults))).toMatchObject({
      ids: [2, 4, 3, 3, 5, 3],
      types: [0, 0, 0, 0, 0, 0],
    });
  });

  it("puts query and document side by side where there is no post-processor", () => {
    expect(plain(encoder({ post_processor: null }).encode("how", "to", defaults))).toMatchObject({ ids: [4, 5], types: [0, 1] });
  });

  it("refuses a template that puts the document first", () => {
    const post_processor = { ...tokenizer.post_processor, pair: [slot("B", 0), mark("[SEP]", 0), slot("A", 1)] };
    expect(() => encoder({ post_processor })).toThrowError(expect.objectContaining({ code: "unsupported-model" }));
  });
});

describe("truncation", () => {
  const long = "train a dog needs time";

  it("ignores the truncation block of the file, and cuts the longer text to the limit", () => {
    const pair = encoder({}, 8).encode("how to", long, defaults);
    expect(plain(pair)).toEqual({ ids: [2, 4, 5, 3, 6, 7, 8, 3], types: [0, 0, 0, 0, 1, 1, 1, 1], fullTokens: 10 });
  });

  it("keeps the query whole with only_second", () => {
    const pair = encoder({}, 9).encode(long, "how to how to", { ...defaults, truncation: "only_second" });
    expect([...pair.ids]).toEqual([2, 6, 7, 8, 10, 11, 3, 4, 3]);
    expect(() => encoder({}, 8).encode(long, "how", { ...defaults, truncation: "only_second" })).toThrowError(/query alone has 5 tokens/);
  });

  it("refuses a pair that is too long with error, telling counts and remedy", () => {
    expect(() => encoder({}, 8).encode("how to", long, { ...defaults, truncation: "error" })).toThrowError(
      /10 tokens together, and the model reads 8\. Shorten/,
    );
    expect(encoder({}, 10).encode("how to", long, { ...defaults, truncation: "error" }).fullTokens).toBe(0);
  });

  it("refuses a limit without room beside the special tokens, the encoder's own or the call's", () => {
    expect(() => encoder({}, 3)).toThrowError(expect.objectContaining({ code: "invalid-input" }));
    expect(() => encoder().encode("how", "to", { ...defaults, maxLength: 3 })).toThrowError(
      expect.objectContaining({ code: "invalid-input", message: expect.stringContaining("maxLength is 3") }),
    );
  });

  it("cuts one pair to the limit of its call, and never beyond the encoder's own", () => {
    const long = "train a dog needs time";
    for (const maxLength of [5, 8, 10])
      expect(encoder().encode("how to", long, { ...defaults, maxLength })).toEqual(encoder({}, maxLength).encode("how to", long, defaults));
    expect(encoder({}, 7).encode("how to", long, { ...defaults, maxLength: 1000 }).ids).toHaveLength(7);
    expect(() => encoder().encode("how to", long, { ...defaults, truncation: "error", maxLength: 8 })).toThrow("the model reads 8");
  });

  // Of tokenizers 0.23.3 for Python, with enable_truncation(max_length, direction="left"), 2026-11-28.
  it.each([
    [8, "longest_first", [2, 4, 5, 3, 8, 10, 11, 3]],
    [6, "longest_first", [2, 5, 3, 10, 11, 3]],
    [8, "only_second", [2, 4, 5, 3, 8, 10, 11, 3]],
  ] as const)(
    "of the left side at %i tokens by %s leaves the ends of the texts, as the Rust tokenizers do",
    (maxLength, truncation, ids) => {
      const options = { ...defaults, truncation, truncationSide: "left" } as const;
      const pair = encoder().encode("how to", "train a dog needs time", { ...options, maxLength });
      expect(plain(pair)).toMatchObject({ ids, fullTokens: 10 });
      expect(encoder({}, maxLength).encode("how to", "train a dog needs time", options)).toEqual(pair);
    },
  );

  it("of the left side reads a huge text from its end, and remembers no query for the other side", () => {
    const limited = encoder({}, 16);
    const huge = `${"needs ".repeat(500_000)}train a dog`;
    const left = { ...defaults, truncationSide: "left" } as const;
    expect([...limited.encode("how", huge, left).ids].slice(-4)).toEqual([6, 7, 8, 3]);
    expect([...limited.encode(huge, "how", defaults).ids].slice(0, 3)).toEqual([2, 10, 10]);
    expect([...limited.encode(huge, "how", left).ids].slice(-6)).toEqual([6, 7, 8, 3, 4, 3]);
  });
});

describe("special tokens typed inside texts", () => {
  it("are plain characters when neutralized", () => {
    expect([...encoder().encode("how", "a [SEP] dog", defaults).ids]).toEqual([2, 4, 3, 7, 12, 14, 13, 8, 3]);
  });

  it("are special tokens when interpreted", () => {
    expect([...encoder().encode("how", "a [SEP] dog", { ...defaults, specialTokens: "interpret" }).ids]).toEqual([2, 4, 3, 7, 3, 8, 3]);
  });

  it("become unknown where the vocabulary would still find them", () => {
    const changes = { pre_tokenizer: { type: "WhitespaceSplit" }, normalizer: null };
    expect([...encoder(changes).encode("how", "a [SEP] dog [UNK]", defaults).ids]).toEqual([2, 4, 3, 7, 1, 8, 1, 3]);
  });

  it("leave ordinary added tokens alone in both modes", () => {
    for (const specialTokens of ["neutralize", "interpret"] as const) {
      expect([...encoder().encode("how", "a <url> dog", { ...defaults, specialTokens }).ids]).toEqual([2, 4, 3, 7, 17, 8, 3]);
    }
  });

  it("of one mode are not remembered for the other", () => {
    const both = encoder();
    const query = "a [SEP]";
    expect(both.encode(query, "", defaults).ids).toHaveLength(7);
    expect(both.encode(query, "", { ...defaults, specialTokens: "interpret" }).ids).toHaveLength(5);
  });
});

describe("hostile texts", () => {
  const hostile: Record<string, string> = {
    "10 MB of words": "how to train a dog ".repeat(550_000),
    "10 MB without a space": "x".repeat(10_000_000),
    "200,000 characters without a space": "漢字".repeat(100_000),
    "1,000,000 spaces": " ".repeat(1_000_000),
    "lone surrogates": "\ud800 dog \udc00\udc00",
    "NUL and control characters": "\u0000do\u0000g\u0007",
    "right-to-left text": "שלום \u202eעולם\u202c ".repeat(10_000),
    "stacked combining marks": `a${"\u0301".repeat(200_000)}`,
    "emoji sequences": "👩‍👩‍👧‍👦🏳️‍🌈".repeat(20_000),
    "typed special tokens": "[SEP][CLS]".repeat(100_000),
    "long unknown words": `${"z".repeat(99)} `.repeat(100_000),
  };
  for (const [what, text] of Object.entries(hostile)) {
    it(`${what}: are encoded within the limit in bounded time, as query and as document`, () => {
      const limited = encoder({}, 512);
      const start = performance.now();
      for (const pair of [limited.encode("dog", text, defaults), limited.encode(text, "dog", defaults)]) {
        expect(pair.ids.length).toBeLessThanOrEqual(512);
        expect(pair.ids.length).toBeGreaterThanOrEqual(4);
        expect(pair.typeIds).toHaveLength(pair.ids.length);
      }
      // A generous ceiling: each takes some 50 ms alone on the machine.
      expect(performance.now() - start).toBeLessThan(5000);
    });
  }

  it("give a lower bound of the tokens of a text that was not read completely", () => {
    const pair = encoder({}, 16).encode("how", "dog ".repeat(1_000_000), defaults);
    expect(pair.ids).toHaveLength(16);
    expect(pair.fullTokens).toBeGreaterThan(16);
  });

  it("never count as fitting when a part was not read", () => {
    const text = `dog${" ".repeat(1_000_000)}dog`;
    expect(encoder({}, 16).encode("how", text, defaults).fullTokens).toBeGreaterThan(0);
    expect(() => encoder({}, 16).encode("how", text, { ...defaults, truncation: "error" })).toThrowError(/not read to its end/);
  });
});

describe("padding id", () => {
  it("comes from the padding block, else from pad_token, else from a usual name, else it is 0", () => {
    expect(encoder({ padding: { pad_id: 7, strategy: "BatchLongest" } }).padId).toBe(7);
    expect(encoder({}, 64, 2, { pad_token: "[SEP]" }).padId).toBe(3);
    expect(encoder({}, 64, 2, { pad_token: { content: "[CLS]" } }).padId).toBe(2);
    expect(encoder().padId).toBe(0);
    expect(
      encoder({ added_tokens: [], model: { ...tokenizer.model, vocab: { "[UNK]": 0, "<pad>": 5, "[CLS]": 2, "[SEP]": 3 } } }).padId,
    ).toBe(5);
  });
});

describe("unusable files", () => {
  const cases: Record<string, unknown> = {
    "not an object": "text",
    "no model": {},
    "a model of an unknown type": { ...tokenizer, model: { type: "Tiktoken", vocab: {} } },
    "a model without a vocabulary": { ...tokenizer, model: { type: "WordPiece" } },
    "an unknown normalizer": { ...tokenizer, normalizer: { type: "Rot13" } },
    "a post-processor that names a token outside the vocabulary": {
      ...tokenizer,
      post_processor: { type: "BertProcessing", sep: ["<none>", 3], cls: ["[CLS]", 2] },
    },
  };
  for (const [what, file] of Object.entries(cases)) {
    it(`${what}: are refused with the remedy`, () => {
      const build = (): PairEncoder => createPairEncoder({ tokenizer: file, config: {} }, { maxTokens: 64, typeVocabSize: 2 });
      expect(build).toThrowError(
        expect.objectContaining({ code: "unsupported-model", message: expect.stringContaining("tokenizer.json") }),
      );
    });
  }
});
