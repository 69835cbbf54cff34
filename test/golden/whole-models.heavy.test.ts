/**
 * Logits of whole models on real pairs, against the references that scripts/goldens/mini_goldens.py and minilm_reference.py wrote.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createReranker, type RerankerConfig } from "../../dist/index.js";
import { readFixture } from "./fixtures.node.ts";

interface Goldens {
  /** Which instructions the processor had, of those that kernels differ by; only for int8 models. */
  cpu?: { machine: string; flags: string[] };
  pairs: [query: string, document: string][];
  tokens?: number[];
  logits: number[][];
}

const miniLm = process.env.CROSSRANK_MINILM_L6;

describe("logits of the bundled model", () => {
  it("equal those of onnxruntime in Python, one pair at a time", async () => {
    const goldens = readFixture<Goldens>("goldens/mini.json.gz");
    const { largest, tokens } = await compare({ model: "mini" }, goldens);
    // Its products of 8-bit numbers do not saturate, so they are the same on every processor. But float32 sums in between differ in the last
    // bit, and what is rounded to 8 bits then may fall to the other side: by 0.015 on 13 pairs; the bound catches gross errors.
    const tolerance = kernelsOf(goldens.cpu!.flags) === kernelsOf(processorFlags()) ? 1e-5 : 0.5;
    console.log(`mini: ${goldens.pairs.length} pairs, largest difference ${largest}, tolerance ${tolerance}`);
    expect(largest).toBeLessThanOrEqual(tolerance);
    expect(tokens).toEqual(goldens.tokens);
  }, 60_000);
});

describe("logits of the fp32 MiniLM-L6 cross-encoder", () => {
  it.skipIf(miniLm === undefined)(
    "equal those of sentence-transformers (skipped unless CROSSRANK_MINILM_L6 names the folder that scripts/goldens/minilm_reference.py made)",
    async () => {
      const goldens = readFixture<Goldens>("goldens/minilm-l6.json.gz");
      const model = { type: "custom", modelId: miniLm!, maxLength: 512 } as const;
      const { largest } = await compare({ model }, goldens);
      console.log(`MiniLM-L6: ${goldens.pairs.length} pairs, largest difference ${largest}`);
      expect(largest).toBeLessThanOrEqual(1e-4); // float32 sums in another order
    },
    300_000,
  );
});

async function compare(config: RerankerConfig, goldens: Goldens): Promise<{ largest: number; tokens: number[] }> {
  await using reranker = createReranker(config);
  // All at once, so that every worker is busy; each pair is a call, and so a pass, of its own.
  const results = await Promise.all(
    goldens.pairs.map(async ([query, document]) => (await reranker.rank(query, [document], { return: ["logit", "tokens"] })).results[0]!),
  );
  const differences = results.map((result, index) => Math.abs(result.logit! - goldens.logits[index]![0]!));
  return { largest: Math.max(...differences), tokens: results.map((result) => result.tokens!) };
}

function processorFlags(): string[] {
  try {
    return /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1]?.trim().split(/\s+/) ?? [];
  } catch {
    // No such file outside Linux: the class is unknown, and equal to no other.
    return [];
  }
}

/** Which of a processor's instructions onnxruntime's kernels differ by. */
function kernelsOf(flags: readonly string[]): string {
  return (
    ["amx_int8", "avx512_vnni", "avx_vnni", "avx512f", "avx2", "i8mm", "asimddp"].filter((flag) => flags.includes(flag)).join() || "unknown"
  );
}
