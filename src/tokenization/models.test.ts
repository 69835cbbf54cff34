import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { normalizeAsBert } from "./bert-normalizer.ts";
import { BpeModel } from "./bpe-model.ts";
import { PieceTrie } from "./piece-trie.ts";
import { UnigramModel } from "./unigram-model.ts";
import { WordPieceModel } from "./word-piece-model.ts";

describe("PieceTrie", () => {
  it("finds every piece by its units, and no other string", () => {
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

  it("takes the split with the highest sum of scores", () => {
    expect(model.encode(["abc"])).toEqual(["ab", "c"]);
  });

  it("joins a run of unknown characters, within one word", () => {
    expect(model.encode(["axyb", "zz", "q"])).toEqual(["a", "xy", "b", "zz", "q"]);
  });

  it("keeps a surrogate pair together", () => {
    expect(model.encode(["a😀😁😂b"])).toEqual(["a", "😀", "😁😂", "b"]);
  });

  it("finds special tokens in a text only while it may", () => {
    const letters: [string, number][] = ["<", "/", "s", ">"].map((letter) => [letter, -5]);
    const spelling = new UnigramModel({ vocab: [...vocab, ...letters], unk_id: 0 }, new Set([1]));
    expect(spelling.encode(["a</s>b"])).toEqual(["a", "</s>", "b"]);
    spelling.acceptsSpecial = false;
    expect(spelling.encode(["a</s>b"])).toEqual(["a", "<", "/", "s", ">", "b"]);
  });

  it("takes 200,000 characters without a space", () => {
    expect(model.encode(["abc".repeat(66_667)])).toHaveLength(133_334);
    expect(model.encode(["z".repeat(200_000)])).toHaveLength(1);
  });

  it("writes unknown characters as bytes where the vocabulary has them", () => {
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

  it("takes the longest piece first", () => {
    expect(model.encode(["unaffable", "un", "a😀"])).toEqual(["un", "##aff", "##able", "un", "a", "##😀"]);
  });

  it("makes a word that cannot be covered one unknown token", () => {
    expect(model.encode(["unaz", "un"])).toEqual(["[UNK]", "un"]);
  });

  it("counts code points, not UTF-16 units, for the longest word", () => {
    expect(model.encode([`a${"😀".repeat(9)}`])).toHaveLength(10);
    expect(model.encode([`a${"😀".repeat(10)}`])).toEqual(["[UNK]"]);
    expect(model.encode(["a".repeat(11)])).toEqual(["[UNK]"]);
  });
});

describe("BpeModel", () => {
  const vocab = { a: 0, b: 1, c: 2, ab: 3, bc: 4, abc: 5, "<unk>": 6, aa: 7, aaaa: 8 };
  const merges: [string, string][] = [
    ["b", "c"],
    ["a", "b"],
    ["a", "bc"],
    ["a", "a"],
    ["aa", "aa"],
  ];

  it("merges the lowest rank first, of equal ranks the leftmost", () => {
    const model = new BpeModel({ vocab, merges });
    expect(model.encode(["abc", "aab", "aaaaa"])).toEqual(["abc", "a", "ab", "aaaa", "a"]);
  });

  it("reads merges written as one string", () => {
    expect(new BpeModel({ vocab, merges: merges.map((pair) => pair.join(" ")) }).encode(["abc"])).toEqual(["abc"]);
  });

  // Expected pieces: tokenizers 0.22.2, models.BPE(…, unk_token="<unk>", fuse_unk=…).
  it("makes unknown characters the unknown token, one for a run where the file says so, and drops them where there is none", () => {
    expect(new BpeModel({ vocab, merges, unk_token: "<unk>" }).encode(["axyb"])).toEqual(["a", "<unk>", "<unk>", "b"]);
    expect(new BpeModel({ vocab, merges, unk_token: "<unk>", fuse_unk: true }).encode(["axyb"])).toEqual(["a", "<unk>", "b"]);
    expect(new BpeModel({ vocab, merges }).encode(["axyb"])).toEqual(["ab"]);
  });

  it("names a merge whose piece the vocabulary lacks", () => {
    expect(() => new BpeModel({ vocab, merges: [["b", "c"], "a c"] })).toThrow(
      'model.merges[1] of tokenizer.json needs "ac", which is not in model.vocab',
    );
  });
});

describe("normalizeAsBert", () => {
  const config = { clean_text: true, handle_chinese_chars: true, lowercase: true, strip_accents: null };
  const cased = { ...config, lowercase: false };

  // Expected strings: tokenizers 0.22.2, normalizers.BertNormalizer(...).normalize_str.
  it("normalizes as the Rust crate does", () => {
    expect(normalizeAsBert("Ünïcodé\u0000\u200b\tX\u00a0y", config)).toBe("unicode x y");
    expect(normalizeAsBert("漢字𠀀b", config)).toBe(" 漢  字  𠀀 b");
    expect(normalizeAsBert("ΟΔΥΣΣΕΥΣ İ", config)).toBe("οδυσσευσ i");
    expect(normalizeAsBert("Ünï\ufffd\u0301", cased)).toBe("Ünï\u0301");
    expect(normalizeAsBert("Plain [ASCII]", cased)).toBe("Plain [ASCII]");
  });
});
