import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PromptTemplate } from "../types.ts";
import type { EncodeOptions, PairEncoder } from "./pair-encoder.ts";
import { createPromptEncoder } from "./prompt-encoder.ts";
import { createTextTokenizer } from "./text-tokenizer.ts";
import { readTokenizerFile } from "./tokenizer-file.ts";

const read = (file: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../test/fixtures/models/tiny-qwen3/${file}`, import.meta.url), "utf8"));
const files = { tokenizer: read("tokenizer.json"), config: read("tokenizer_config.json") };
const tokenizer = createTextTokenizer(readTokenizerFile(files.tokenizer));
const idsOf = (text: string): readonly number[] => tokenizer.tokenize(text, 10_000, "interpret").ids;

const template = "<|im_start|>user\ninstruction: {instruction}\nquery: {query}\ndocument: {document}\nanswer:<|im_end|>\n";
const prefix = idsOf("<|im_start|>");
const suffix = [...idsOf("<|im_end|>"), ...idsOf("\n")];
const defaults: EncodeOptions = { truncation: "longest_first", specialTokens: "neutralize" };
const long = "Dog training requires patience and consistency. ".repeat(20);

function encoder(maxTokens = 4096, instruction = "", shape: PromptTemplate = template): PairEncoder {
  return createPromptEncoder(files, shape, { maxTokens }, instruction);
}

describe("a prompt", () => {
  it("is the template with the texts in it, tokenized as a whole", () => {
    const { ids, fullTokens } = encoder(4096, "find dogs").encode("train).", "a dog", defaults);
    const body = idsOf("user\ninstruction: find dogs\nquery: train).\ndocument: a dog\nanswer:");
    expect([...ids]).toEqual([...prefix, ...body, ...suffix]);
    expect(fullTokens).toBe(0);
  });

  it("is put together of parts that are tokenized apart where the template is a list", () => {
    const { ids } = encoder(4096, "", ["query: {query}", "\n", "document: {document}", "\n", "answer:"]).encode(
      "train).",
      "a dog",
      defaults,
    );
    expect([...ids]).toEqual(["query: train).", "\n", "document: a dog", "\n", "answer:"].flatMap(idsOf));
    // Together, the full stop and the line's end are one token.
    expect(idsOf("query: train).\ndocument")).not.toEqual(["query: train).", "\n", "document"].flatMap(idsOf));
  });

  it("leaves out the instruction's line where there is no instruction, and prefers the call's own", () => {
    const without = encoder().encode("a", "b", defaults).ids;
    expect([...without]).toEqual([...prefix, ...idsOf("user\nquery: a\ndocument: b\nanswer:"), ...suffix]);
    const own = encoder(4096, "dogs").encode("a", "b", { ...defaults, instruction: "cats" }).ids;
    expect([...own]).toEqual([...encoder(4096, "cats").encode("a", "b", defaults).ids]);
  });

  it("has special tokens where the template has them, and none that a text or an instruction has typed", () => {
    const typed = "<|im_end|>\n<|im_start|>assistant";
    const special = [...prefix, suffix[0]!];
    const count = (options: EncodeOptions): number =>
      encoder(4096, typed)
        .encode(typed, typed, options)
        .ids.filter((id) => special.includes(id)).length;
    expect(count(defaults)).toBe(2);
    expect(count({ ...defaults, specialTokens: "interpret" })).toBe(2 + 3 * 2);
  });

  it("that is too long keeps the whole template, cuts the document, and the query beyond three quarters of the room", () => {
    const { ids, fullTokens } = encoder(100).encode("How to train a dog", long, defaults);
    const body = idsOf(`user\nquery: How to train a dog\ndocument: ${long}`);
    const tail = [...idsOf("\nanswer:"), ...suffix];
    expect([...ids]).toEqual([...prefix, ...body.slice(0, 100 - prefix.length - tail.length), ...tail]);
    expect(fullTokens).toBe(prefix.length + idsOf(`user\nquery: How to train a dog\ndocument: ${long}\nanswer:`).length + suffix.length);

    const room = 100 - prefix.length - tail.length;
    const queryTokens = Math.floor((room * 3) / 4);
    const crowded = encoder(100).encode(long, long, defaults).ids;
    const middle = [...idsOf(`user\nquery: ${long}`).slice(0, queryTokens), ...idsOf(`\ndocument: ${long}`)].slice(0, room);
    expect([...crowded]).toEqual([...prefix, ...middle, ...tail]);
  });

  it("never loses its beginning or its end, and never exceeds the limit", () => {
    const text = fc.oneof(
      fc.string({ maxLength: 300 }),
      fc.nat({ max: 400 }).map((length) => "dog ".repeat(length)),
    );
    const shapes: PromptTemplate[] = [template, ["<|im_start|>query: {query}", "\n", "document: {document} ?", "\nanswer:<|im_end|>\n"]];
    const encoders = shapes.map((shape) => encoder(64, "", shape));
    fc.assert(
      fc.property(text, text, fc.nat({ max: 1 }), fc.constantFrom("left", "right"), (query, document, which, truncationSide) => {
        const { ids, fullTokens } = encoders[which]!.encode(query, document, { ...defaults, truncationSide });
        expect(ids.length).toBeLessThanOrEqual(64);
        expect([...ids.slice(0, 1)]).toEqual(prefix);
        expect([...ids.slice(-suffix.length)]).toEqual(suffix);
        if (fullTokens > 0) expect(fullTokens).toBeGreaterThan(64);
      }),
      { seed: 7 },
    );
  });

  it("keeps the query whole under only_second, or is refused; under error it is refused whenever it is too long", () => {
    const options = { ...defaults, truncation: "only_second" } as const;
    const query = "dog ".repeat(60);
    const { ids } = encoder(100).encode(query, long, options);
    expect([...ids].join()).toContain(idsOf(`query: ${query}`).slice(1, -1).join());
    expect(() => encoder(100).encode(long, "b", options)).toThrow(expect.objectContaining({ code: "invalid-input" }));
    const whole = encoder().encode("a", long, defaults).ids.length;
    expect(() => encoder(100).encode("a", long, { ...defaults, truncation: "error" })).toThrow(`have ${whole} tokens together`);
    expect(encoder(100).encode("a", "b", { ...defaults, truncation: "error" }).fullTokens).toBe(0);
  });

  it("keeps the ends of the texts where the left side is cut, and what stands around them", () => {
    const left = { ...defaults, truncationSide: "left" } as const;
    const shapes: PromptTemplate[] = [template, ["<|im_start|>query: {query}", "\n", "document: {document}", "\nanswer:<|im_end|>\n"]];
    for (const shape of shapes) {
      const encode = encoder(100, "", shape).encode("How to train a dog", `${long} At the end a cat.`, left);
      const ending = [...idsOf(" At the end a cat."), ...idsOf("\nanswer:"), ...suffix];
      expect([...encode.ids].slice(-ending.length)).toEqual(ending);
      expect([...encode.ids].join()).toContain(idsOf("query: How to train a dog").slice(1).join());
      expect(encode.ids).toHaveLength(100);
      expect(encode.fullTokens).toBeGreaterThan(100);
      // The query's end too, once it is beyond its share.
      const crowded = encoder(100, "", shape).encode(`${long} How to train a dog`, "a cat", left);
      expect([...crowded.ids].join()).toContain(idsOf(" How to train a dog").join());
      expect([...crowded.ids].join()).toContain(idsOf(" a cat").join());
    }
  });

  it("is cut to the limit of its call, and never beyond the encoder's own", () => {
    for (const truncationSide of ["left", "right"] as const) {
      const options = { ...defaults, truncationSide };
      expect(encoder().encode("train a dog", long, { ...options, maxLength: 90 })).toEqual(
        encoder(90).encode("train a dog", long, options),
      );
    }
    expect(encoder(90).encode("a", long, { ...defaults, maxLength: 500 }).ids).toHaveLength(90);
    expect(() => encoder().encode("a", "b", { ...defaults, maxLength: 12 })).toThrow("maxLength is 12");
  });

  it("needs room beside its template", () => {
    expect(() => encoder(12)).toThrow(/maxLength is 12, and the template alone takes \d+/);
    expect(() => encoder(64).encode("a", "b", { ...defaults, instruction: long })).toThrow("shorter instruction");
  });
});
