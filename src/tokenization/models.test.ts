import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FastBertNormalizer } from "./bert-normalizer.ts";
import { withFastByteLevel } from "./byte-level.ts";
import { ByteLevelPreTokenizer, type LibraryPreTokenizer } from "./library.ts";
import { PieceTrie } from "./piece-trie.ts";
import { UnigramModel } from "./unigram-model.ts";
import { WordPieceModel } from "./word-piece-model.ts";

describe("PieceTrie", () => {
  test("finds every piece by its units, and no other string", () => {
    const piece = fc.string({ unit: fc.constantFrom("a", "b", "▁", "😀"), minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.uniqueArray(piece, { minLength: 1, maxLength: 40 }), piece, (pieces, other) => {
        const trie = new PieceTrie(pieces);
        const find = (text: string): number => {
          let node = 0;
          for (let position = 0; position < text.length && node !== -1; position += 1) node = trie.child(node, text.charCodeAt(position));
          return node === -1 ? -1 : trie.pieceId(node);
        };
        for (const [id, text] of pieces.entries()) expect(find(text)).toBe(id);
        if (!pieces.includes(other)) expect(find(other)).toBe(-1);
      }),
    );
  });
});

describe("UnigramModel", () => {
  const vocab: [string, number][] = [
    ["<unk>", 0],
    ["</s>", 0],
    ["a", -1],
    ["b", -2],
    ["ab", -2.5],
    ["abc", -9],
    ["c", -3],
    ["😀", -3],
  ];
  const model = new UnigramModel({ vocab, unk_id: 0 }, new Set([1]));

  test("takes the split with the highest sum of scores", () => {
    expect(model.encode(["abc"])).toEqual(["ab", "c"]);
  });

  test("joins a run of unknown characters, within one word", () => {
    expect(model.encode(["axyb", "zz", "q"])).toEqual(["a", "xy", "b", "zz", "q"]);
  });

  test("keeps a surrogate pair together", () => {
    expect(model.encode(["a😀😁😂b"])).toEqual(["a", "😀", "😁😂", "b"]);
  });

  test("finds special tokens in a text only while it may", () => {
    const letters: [string, number][] = ["<", "/", "s", ">"].map((letter) => [letter, -5]);
    const spelling = new UnigramModel({ vocab: [...vocab, ...letters], unk_id: 0 }, new Set([1]));
    expect(spelling.encode(["a</s>b"])).toEqual(["a", "</s>", "b"]);
    spelling.acceptsSpecial = false;
    expect(spelling.encode(["a</s>b"])).toEqual(["a", "<", "/", "s", ">", "b"]);
  });

  test("takes 200,000 characters without a space", () => {
    expect(model.encode(["abc".repeat(66_667)])).toHaveLength(133_334);
    expect(model.encode(["z".repeat(200_000)])).toHaveLength(1);
  });

  test("writes unknown characters as bytes where the vocabulary has them", () => {
    const bytes: [string, number][] = Array.from({ length: 256 }, (_, byte) => [
      `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
      -20,
    ]);
    const withBytes = new UnigramModel({ vocab: [...vocab, ...bytes], unk_id: 0, byte_fallback: true }, new Set());
    expect(withBytes.encode(["aé"])).toEqual(["a", "<0xC3>", "<0xA9>"]);
  });
});

describe("WordPieceModel", () => {
  const vocab = { "[UNK]": 0, un: 1, "##aff": 2, "##able": 3, "##a": 4, "##😀": 5, a: 6, "##f": 7 };
  const model = new WordPieceModel({ vocab, unk_token: "[UNK]", max_input_chars_per_word: 10 });

  test("takes the longest piece first", () => {
    expect(model.encode(["unaffable", "un", "a😀"])).toEqual(["un", "##aff", "##able", "un", "a", "##😀"]);
  });

  test("makes a word that cannot be covered one unknown token", () => {
    expect(model.encode(["unaz", "un"])).toEqual(["[UNK]", "un"]);
  });

  test("counts code points, not UTF-16 units, for the longest word", () => {
    expect(model.encode([`a${"😀".repeat(9)}`])).toHaveLength(10);
    expect(model.encode([`a${"😀".repeat(10)}`])).toEqual(["[UNK]"]);
    expect(model.encode(["a".repeat(11)])).toEqual(["[UNK]"]);
  });
});

describe("FastBertNormalizer", () => {
  const normalizer = new FastBertNormalizer({
    type: "BertNormalizer",
    clean_text: true,
    handle_chinese_chars: true,
    lowercase: true,
    strip_accents: null,
  });
  const cased = new FastBertNormalizer({
    type: "BertNormalizer",
    clean_text: true,
    handle_chinese_chars: true,
    lowercase: false,
    strip_accents: null,
  });

  // Expected strings: tokenizers 0.22.2, normalizers.BertNormalizer(...).normalize_str.
  test("normalises as the Rust crate does", () => {
    expect(normalizer.normalize("Ünïcodé\u0000\u200b\tX\u00a0y")).toBe("unicode x y");
    expect(normalizer.normalize("漢字𠀀b")).toBe(" 漢  字  𠀀 b");
    expect(normalizer.normalize("ΟΔΥΣΣΕΥΣ İ")).toBe("οδυσσευσ i");
    expect(cased.normalize("Ünï\ufffd\u0301")).toBe("Ünï\u0301");
    expect(cased.normalize("Plain [ASCII]")).toBe("Plain [ASCII]");
  });
});

describe("withFastByteLevel", () => {
  const text = " It's 3 Käse\u00a0 漢字 👍🏽\n\n  end  ";
  const section = { section_index: 0 };

  test("splits and writes words as the library does, the first time and when they are remembered", () => {
    for (const config of [{ type: "ByteLevel" }, { type: "ByteLevel", add_prefix_space: true }, { type: "ByteLevel", use_regex: false }]) {
      const expected = new ByteLevelPreTokenizer(config);
      const fast = withFastByteLevel(new ByteLevelPreTokenizer(config), config)!;
      for (const input of [text, text, text.trim(), ""])
        expect(fast.pre_tokenize(input, section)).toEqual(expected.pre_tokenize(input, section));
    }
  });

  test("reaches into a Sequence and leaves other pre-tokenizers as they are", () => {
    const other: LibraryPreTokenizer = { pre_tokenize: (words) => [words] };
    const inner = { type: "ByteLevel" };
    const sequence: LibraryPreTokenizer = { pre_tokenize: (words) => [words], tokenizers: [other, new ByteLevelPreTokenizer(inner)] };
    const original = sequence.tokenizers![1];
    const changed = withFastByteLevel(sequence, { type: "Sequence", pretokenizers: [{ type: "Whitespace" }, inner] })!;
    expect(changed.tokenizers![0]).toBe(other);
    expect(changed.tokenizers![1]).not.toBe(original);
    expect(changed.tokenizers![1]!.pre_tokenize("é", section)).toEqual(["Ã©"]);
    expect(withFastByteLevel(null, null)).toBeNull();
  });
});
