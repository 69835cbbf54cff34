/** `crossrank/mastra`: a scorer for `rerankWithScorer` of `@mastra/rag`. */
import { type RerankerConfig, rerank } from "../index.ts";

/** A configuration of which every result is needed: Mastra cuts the list itself. */
export type MastraScorerConfig = Omit<RerankerConfig, "topK" | "threshold" | "onError" | "return" | "text" | "fields">;

/** A `RelevanceScoreProvider` of Mastra. */
export interface MastraScorer {
  /** Scores one text. @returns how well the text answers the query. @throws RerankError as `rerank` */
  getRelevanceScore(query: string, text: string): Promise<number>;
}

interface Waiting {
  text: string;
  resolve(score: number): void;
  reject(error: unknown): void;
}

/**
 * Creates a scorer.
 *
 * Mastra asks for one document at a time. Calls of one query that arrive in the same turn of the event loop are ranked together.
 * @example
 * const scorer = createCrossrankScorer();
 * const score = await scorer.getRelevanceScore("How to train a dog", "Reward a dog when it sits.");
 * console.log(score > 0 && score < 1); // true
 */
export function createCrossrankScorer(config: MastraScorerConfig = {}): MastraScorer {
  const batches = new Map<string, Waiting[]>();
  const run = async (query: string): Promise<void> => {
    const batch = batches.get(query)!;
    batches.delete(query);
    try {
      const results = await rerank(
        query,
        batch.map(({ text }) => text),
        config,
      );
      for (const { index, score } of results) batch[index]!.resolve(score);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  };
  return {
    getRelevanceScore: (query, text) =>
      new Promise((resolve, reject) => {
        const batch = batches.get(query) ?? [];
        batch.push({ text, resolve, reject });
        if (batch.length > 1) return;
        batches.set(query, batch);
        // Mastra starts its calls one after the other, each behind a few promises of its own.
        setTimeout(() => void run(query), 0);
      }),
  };
}
