import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type PassageBounds, passagesOf, type Span } from "./passages.ts";
import { sentencesOf } from "./sentences.ts";

const wordCount = (text: string): number => text.match(/[\p{L}\p{M}\p{N}]+|[^\s\p{L}\p{M}\p{N}]/gu)?.length ?? 0;
const bounds = (maxTokens: number, more: Partial<PassageBounds> = {}): PassageBounds => ({
  maxTokens,
  overlapTokens: 0,
  countTokens: wordCount,
  ...more,
});
const parts = (text: string, given: PassageBounds): string[] =>
  [...passagesOf(text, given)].map(({ start, end }) => text.slice(start, end));

/** Texts of several scripts, with every kind of line end, marks and emoji. */
const scripts = [
  "The quick brown fox jumps over the lazy dog. ",
  "Der Fluß läuft schnell; das weiß jeder! ",
  "Ο γρήγορος αλεπού πηδά. ",
  "速い茶色の狐が怠け者の犬を飛び越える。",
  "敏捷的棕色狐狸跳过了懒狗！",
  "الثعلب البني السريع يقفز فوق الكلب الكسول؟ ",
  "तेज़ भूरी लोमड़ी आलसी कुत्ते के ऊपर कूदती है। ",
  "สุนัขจิ้งจอกสีน้ำตาลกระโดดข้ามสุนัขขี้เกียจ ",
  "e\u0301a\u0300o\u0302 n\u0303u\u0308 ",
  "👩‍👩‍👧‍👦 🇩🇪🇫🇷 👍🏽 🏴󠁧󠁢󠁥󠁮󠁧󠁿 ",
  "const answer = 42; // no end of a sentence here",
  "| a | b | c |",
  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  "\ud800 half a pair ",
];
const lineEnds = ["", " ", "\n", "\r\n", "\n\n", "\r\n\r\n", "\t", "\u2028", "\u00a0"];
const texts = fc
  .array(fc.tuple(fc.constantFrom(...scripts), fc.constantFrom(...lineEnds)), { minLength: 1, maxLength: 60 })
  .map((pairs) => pairs.flat().join(""));
const counters: PassageBounds["countTokens"][] = [
  wordCount,
  // As byte-level tokenizers at their worst.
  (text) => new TextEncoder().encode(text).length,
  // As tokenizers that begin each text with a mark, and join letters across the edges of sentences.
  (text) => (text === "" ? 0 : 1 + Math.ceil(text.length / 3)),
];

describe("sentencesOf", () => {
  it("covers every text without a gap", () => {
    fc.assert(
      fc.property(texts, (text) => {
        let end = 0;
        for (const sentence of sentencesOf(text)) {
          expect(sentence.start).toBe(end);
          expect(sentence.end).toBeGreaterThan(end);
          end = sentence.end;
        }
        expect(end).toBe(text.length);
      }),
      { seed: 14 },
    );
  });

  it("joins lines that were wrapped, and leaves code, tables, lists and headings apart", () => {
    const text = [
      "# Heading",
      "",
      "This line is longer than forty characters and was",
      "wrapped. A second sentence.",
      "",
      "- first item of a list that is long enough to be wrapped",
      "- second",
      "    return value;",
      "}",
    ].join("\n");
    expect([...sentencesOf(text)].map(({ start, end, ending }) => [text.slice(start, end).trim(), ending])).toEqual([
      ["# Heading", "line"],
      ["This line is longer than forty characters and was\nwrapped.", "sentence"],
      ["A second sentence.", "paragraph"],
      ["- first item of a list that is long enough to be wrapped", "line"],
      ["- second", "line"],
      ["return value;", "line"],
      ["}", "paragraph"],
    ]);
  });

  it("takes linear time for blank lines and for text without an end", () => {
    for (const text of ["\n".repeat(500_000), " ".repeat(500_000), "a".repeat(200_000), "word ".repeat(40_000)]) {
      expect([...sentencesOf(text)].at(-1)!.end).toBe(text.length);
    }
  });
});

describe("passagesOf", () => {
  it("gives a text that fits as it is, white space included", () => {
    expect([...passagesOf("  two words \n", bounds(2))]).toEqual([{ start: 0, end: 13 }]);
    expect([...passagesOf("", bounds(2))]).toEqual([{ start: 0, end: 0 }]);
  });

  it("ends passages where a paragraph ends, else a sentence, else a line, else a word", () => {
    expect(parts("One two three. Four five.\n\nFive six. Seven eight nine.", bounds(10))).toEqual([
      "One two three. Four five.",
      "Five six. Seven eight nine.",
    ]);
    expect(parts("One two three. Four five six. Seven eight nine.", bounds(9))).toEqual([
      "One two three. Four five six.",
      "Seven eight nine.",
    ]);
    expect(parts("x = 1\ny = 2\nz = 3\n", bounds(7))).toEqual(["x = 1\ny = 2", "z = 3"]);
    expect(parts("one two three four five six seven eight", bounds(3))).toEqual(["one two three", "four five six", "seven eight"]);
  });

  it("keeps a heading with what follows it", () => {
    const text = "One two three four five six seven.\n\nHeading\n\nNext words of the text. More of them.";
    expect(parts(text, bounds(10))[1]).toMatch(/^Heading\n\nNext/);
  });

  it("begins with the end of the passage before, as far as whole sentences are within the overlap", () => {
    const text = "Aa bb. Cc dd. Ee ff. Gg hh. Ii jj. Kk ll. Mm nn.";
    expect(parts(text, bounds(9, { overlapTokens: 3 }))).toEqual(["Aa bb. Cc dd. Ee ff.", "Ee ff. Gg hh. Ii jj.", "Ii jj. Kk ll. Mm nn."]);
  });

  it("fills a short last passage from before", () => {
    const text = "Aa bb. Cc dd. Ee ff. Gg hh. Ii jj. Kk ll. Mm nn.";
    expect(parts(text, bounds(12)).at(-1)).toBe("Ii jj. Kk ll. Mm nn.");
    expect(parts("Aa bb cc dd. Ee ff gg hh. Ii.", bounds(10)).at(-1)).toBe("Ii.");
  });

  it("reads a text only up to the limit that the caller gives", () => {
    const text = "One two three four. Five six seven eight. Nine ten.";
    expect(parts(text, bounds(5, { maxTextTokens: 8 }))).toEqual(["One two three four.", "Five six seven"]);
  });

  it("loses nothing, exceeds nothing, and goes on at every passage", () => {
    const check = (text: string, given: PassageBounds): void => {
      const spans: Span[] = [...passagesOf(text, given)];
      let covered = 0;
      let start = -1;
      for (const span of spans) {
        expect(span.start).toBeGreaterThan(start);
        start = span.start;
        // Between passages there is nothing but white space.
        if (span.start > covered) expect(text.slice(covered, span.start).trim()).toBe("");
        expect(span.end).toBeGreaterThan(covered);
        covered = span.end;
        const passage = text.slice(span.start, span.end);
        const isOneCharacter = [...new Intl.Segmenter("en").segment(passage.trim())].length <= 1;
        if (!isOneCharacter) expect(given.countTokens(passage)).toBeLessThanOrEqual(given.maxTokens);
      }
      expect(text.slice(covered).trim()).toBe("");
    };
    fc.assert(
      fc.property(
        texts,
        fc.constantFrom(...counters),
        fc.integer({ min: 1, max: 80 }),
        fc.double({ min: 0, max: 0.45, noNaN: true }),
        (text, countTokens, maxTokens, share) => check(text, { maxTokens, overlapTokens: Math.floor(share * maxTokens), countTokens }),
      ),
      { seed: 14, numRuns: 200 },
    );
  });

  it("never divides what readers see as one character", () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 2, max: 60 }), (text, maxTokens) => {
        const borders = new Set([...new Intl.Segmenter("en").segment(text)].map(({ index }) => index).concat(text.length));
        for (const { start, end } of passagesOf(text, { maxTokens, overlapTokens: 0, countTokens: counters[2]! })) {
          expect(borders.has(start) && borders.has(end)).toBe(true);
        }
      }),
      { seed: 14, numRuns: 200 },
    );
  });

  /** Every sentence of the document is a needle of its own, so one document tries all positions. Sentences without an end need an overlap. */
  it.each([
    [scripts[0]!, " ", 0],
    [scripts[1]!, "\n", 0],
    [scripts[2]!, "\r\n\r\n", 0],
    [scripts[3]!, "", 0],
    [scripts[5]!, "\r\n", 0],
    [scripts[6]!, "\u2028", 0],
    [scripts[7]!, " ", 100],
    [scripts[8]!, " ", 100],
    [scripts[9]!, "\n\n", 0],
  ])("keeps the needle at every position of a document of 50,000 tokens whole: %j, then %j", (script, lineEnd, overlapTokens) => {
    const needles: { text: string; at: number }[] = [];
    let document = "";
    for (let tokens = 0; tokens < 50_000; ) {
      const text = `${needles.length} ${script.trimEnd()}`;
      needles.push({ text, at: document.length });
      document += text + lineEnd;
      tokens += wordCount(text);
    }
    const spans = [...passagesOf(document, bounds(300, { overlapTokens }))];
    let place = 0;
    const lost = needles.filter(({ text, at }) => {
      while (place < spans.length - 1 && spans[place]!.end < at + text.length) place += 1;
      const { start, end } = spans[place]!;
      return start > at || !document.slice(start, end).startsWith(text, at - start);
    });
    expect(lost).toEqual([]);
  });
});
