import { describe, expect, it } from "vitest";
import { createTextTokenizer, type TextTokenizer } from "../../src/tokenization/text-tokenizer.ts";
import { readTokenizerFile } from "../../src/tokenization/tokenizer-file.ts";
import { readFixture, readTokenizer } from "./fixtures.node.ts";

const modes = ["neutralize", "interpret"] as const;
const needed = 10_000;

describe("ids of single texts equal the published ones (huggingface/swift-transformers, see test/fixtures/tokenizers/SOURCE.md)", () => {
  it("all questions of SQuAD 1.1 dev with bert-base-uncased", () => {
    const { questions, ids } = readFixture<{ questions: string[]; ids: number[][] }>("goldens/questions.json.gz");
    const tokenizer = createTextTokenizer(readTokenizerFile(readTokenizer("bert-base-uncased")));
    expect(questions).toHaveLength(10_570);
    for (const mode of modes) {
      const different = questions.filter((question, index) => tokenizer.tokenize(question, needed, mode).ids.join() !== ids[index]!.join());
      console.log(`bert-base-uncased, ${mode}: ${questions.length} questions run, ${questions.length - different.length} equal`);
      expect(different).toEqual([]);
    }
  });

  const awkward = readFixture<Record<string, { input: string; ids: number[] }[]>>("goldens/awkward-inputs.json.gz");
  // How many special tokens the published ids of a single text begin and end with.
  const surroundings: Record<string, [tokenizer: TextTokenizer, before: number, after: number]> = {
    "bert-base-uncased": [createTextTokenizer(readTokenizerFile(readTokenizer("bert-base-uncased"))), 1, 1],
    "t5-small": [createTextTokenizer(readTokenizerFile(readTokenizer("t5-small"))), 0, 1],
    gpt2: [createTextTokenizer(readTokenizerFile(withoutAddedTokens(readTokenizer("phi-2")))), 0, 0],
  };
  for (const [name, cases] of Object.entries(awkward)) {
    it(`${cases.length} awkward inputs with ${name}`, () => {
      const [tokenizer, before, after] = surroundings[name]!;
      expect(cases.length).toBeGreaterThanOrEqual(18);
      for (const mode of modes) {
        for (const { input, ids } of cases) {
          expect(tokenizer.tokenize(input, needed, mode).ids, JSON.stringify(input)).toEqual(ids.slice(before, ids.length - after));
        }
      }
    });
  }
});

/** The runs of spaces that phi-2 adds are what tells it from GPT-2, whose vocabulary it has. */
function withoutAddedTokens(file: Record<string, unknown>): Record<string, unknown> {
  return { ...file, added_tokens: (file.added_tokens as { special: boolean }[]).filter((token) => token.special) };
}
