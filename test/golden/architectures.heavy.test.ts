/**
 * Scores of more architectures and heads than tiny-models.test.ts has, on tiny random-weight models, against the references that
 * scripts/goldens/architectures.py wrote: it says which reference each model has.
 *
 * Tolerance 1e-4: float32 sums in another order; the models are of a few dozen dimensions, so far less is expected.
 */
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { createReranker, type HeadConfig, type PromptTemplate } from "../../dist/index.js";
import { getPreset } from "../../src/catalogue/catalogue.ts";
import { createPromptEncoder } from "../../src/tokenization/prompt-encoder.ts";
import { readFixture } from "./fixtures.node.ts";

interface Goldens {
  maxLength: number;
  documentLength: number;
  pairs: [query: string, document: string][];
  /** For tiny-qwen2. */
  instructed: { instruction: string; ids: number[][] };
  /** null: crossrank cuts otherwise by design, see scripts/goldens/prompts.py. */
  models: Record<string, { scores: (number | null)[]; ids?: (number[] | null)[]; maxLength?: number }>;
}

const goldens = readFixture<Goldens>("goldens/architectures.json.gz");
const folderOf = (name: string): string => fileURLToPath(new URL(`../fixtures/models/${name}`, import.meta.url));
const tolerance = 1e-4;

const qwen3 = getPreset("qwen3-reranker-0.6b");
const mxbai: PromptTemplate = [
  "<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\n<|im_start|>user\n",
  "instruction: {instruction}\nquery: {query}",
  "\n",
  "document: {document}",
  "\n",
  "You are a search relevance expert who evaluates how well documents match search queries. For each query-document pair, carefully analyze " +
    "the semantic relationship between them, then provide your binary relevance judgment (0 for not relevant, 1 for relevant).\nRelevance:",
  "<|im_end|>\n<|im_start|>assistant\n",
];
const gemma: PromptTemplate = [
  "<bos>",
  "A: {query}",
  "\n",
  "B: {document}",
  "\n",
  "Given a query A and a passage B, determine whether the passage contains an answer to the query by providing a prediction of either 'Yes' or 'No'.",
];

interface Prompted {
  head?: HeadConfig;
  template?: PromptTemplate;
  instruction?: string;
}
const qwen3Prompt = { template: qwen3.template!, instruction: qwen3.instruction! };
const prompted: Record<string, Prompted> = {
  "tiny-qwen2": { head: { type: "token", trueToken: "1", falseToken: "0" }, template: mxbai },
  "tiny-qwen3": { head: qwen3.head!, ...qwen3Prompt },
  "tiny-qwen3-gqa": { head: qwen3.head!, ...qwen3Prompt },
  "tiny-qwen3-int8": { head: qwen3.head!, ...qwen3Prompt },
  "tiny-qwen3-classifier": qwen3Prompt,
  "tiny-gemma": { head: { type: "token", trueToken: "Yes" }, template: gemma },
  "tiny-colbert": { head: { type: "late-interaction", documentLength: goldens.documentLength } },
};

const largest: Record<string, number> = {};
afterAll(() => {
  for (const [name, difference] of Object.entries(largest)) console.log(`${name}: largest difference ${difference.toExponential(1)}`);
});

/** Pairs of one query, so that they can share a call. */
const byQuery = new Map<string, number[]>();
goldens.pairs.forEach(([query], index) => {
  byQuery.set(query, [...(byQuery.get(query) ?? []), index]);
});

describe("scores of tiny models equal their references", () => {
  it.each(Object.keys(goldens.models))("of %s, alone without waiting, and awaited in one call with others", async (name) => {
    const { scores, maxLength } = goldens.models[name]!;
    const isPair = prompted[name]?.head?.type !== "late-interaction";
    const limit = isPair ? { maxLength: maxLength ?? goldens.maxLength } : {};
    const model = { type: "custom", modelId: folderOf(name), ...limit, ...prompted[name] } as const;
    await using reranker = createReranker({ model, acceleration: { workers: 1 } });
    const logitOf = (result: { logit?: number; score: number }): number => result.logit ?? result.score;
    const fields = isPair ? (["logit"] as const) : [];
    const differences: number[] = [];
    for (const [query, places] of byQuery) {
      const documents = places.map((index) => goldens.pairs[index]![1]);
      const together = await reranker.score(query, documents);
      for (const [row, index] of places.entries()) {
        const expected = scores[index];
        if (expected == null) continue;
        const alone = logitOf(reranker.rankSync(query, [documents[row]!], { return: fields }).results[0]!);
        differences.push(...[alone, together[row]!].map((score) => Math.abs(score - expected)));
      }
    }
    largest[name] = Math.max(...differences);
    expect(differences).toHaveLength(2 * scores.filter((score) => score !== null).length);
    expect(differences.length).toBeGreaterThan(60);
    expect(largest[name]).toBeLessThan(tolerance);
  });
});

it("a model whose tokenizer does not name token types is given none, as its reference is, though its graph has the input", () => {
  const typed = readFixture<{ models: Record<string, { logits: number[][] }> }>("goldens/tiny-models.json").models["tiny-bert"]!;
  const untyped = goldens.models["tiny-bert-untyped"]!;
  // The same weights: had the types been sent, these would be the scores.
  const moved = typed.logits.filter(([logit], index) => Math.abs(logit! - untyped.scores[index]!) > 0.01);
  expect(moved.length).toBeGreaterThan(15);
});

describe("ids of prompts equal those of transformers and the publishers' own code", () => {
  const check = (name: string, ids: readonly (number[] | null)[], instruction?: string): void => {
    const read = (file: string): object => readFixture<object>(`models/${name}/${file}`);
    const files = { tokenizer: read("tokenizer.json"), config: read("tokenizer_config.json") };
    const prompt = { instruction: "", ...prompted[name]! };
    const encoder = createPromptEncoder(files, prompt.template!, { maxTokens: goldens.models[name]!.maxLength! }, prompt.instruction);
    const options = {
      truncation: "longest_first",
      specialTokens: "neutralize",
      ...(instruction === undefined ? {} : { instruction }),
    } as const;
    const found = goldens.pairs.map(([query, document]) => encoder.encode(query, document, options));
    const compared = found.filter((_, index) => ids[index] !== null);
    for (const [index, { ids: encoded }] of found.entries()) {
      if (ids[index] !== null) expect([...encoded], JSON.stringify(goldens.pairs[index])).toEqual(ids[index]);
    }
    expect(compared.filter(({ fullTokens }) => fullTokens > 0).length).toBeGreaterThan(2);
    expect(compared.length).toBeGreaterThan(30);
  };

  const withIds = Object.entries(goldens.models).filter(([, { ids }]) => ids !== undefined);
  it.each(withIds)("of %s", (name, { ids }) => check(name, ids!));

  it("of tiny-qwen2 with an instruction", () => check("tiny-qwen2", goldens.instructed.ids, goldens.instructed.instruction));
});
