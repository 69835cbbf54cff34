/** `crossrank/genkit`: rerankers for Genkit. */
import { RerankError, type RerankerConfig, rerank } from "../index.ts";

/** A configuration of all calls. `k` and `threshold` can also be options of one call. */
export type GenkitConfig = Omit<RerankerConfig, "topK" | "return" | "text" | "fields">;

/** Options of one call to Genkit's `rerank`. */
export interface GenkitOptions {
  /** Maximum number of documents; ≥ 0. @default all */
  k?: number;
  /** Leave out documents with a lower score. @default none */
  threshold?: number;
}

interface GenkitDocument {
  readonly text: string;
  content: unknown[];
  metadata?: Record<string, unknown> | undefined;
}

interface RankedDocument {
  // biome-ignore lint/suspicious/noExplicitAny: Genkit's part is a union of twelve kinds, and this adapter passes parts on as they are
  content: any[];
  metadata: { score: number };
}

/** What the adapter uses of a `Genkit` object. */
export interface GenkitLike<Action> {
  /** Registers a reranker. */
  defineReranker(
    options: { name: string; info?: { label?: string; supports?: { media?: boolean } } },
    runner: (query: GenkitDocument, documents: GenkitDocument[], options?: GenkitOptions) => Promise<{ documents: RankedDocument[] }>,
  ): Action;
}

/**
 * Registers the reranker `crossrank/<model>`, for `ai.rerank({ reranker, query, documents, options })`.
 *
 * @param model a preset, a hub id, `provider/model` or `plugin:name`; @default the bundled model
 * @returns the reranker, as `ai.defineReranker` returns it
 * @example
 * const ai = { defineReranker: ({ name }: { name: string }) => name }; // with Genkit: genkit({ … })
 * console.log(defineCrossrank(ai, "fast")); // crossrank/fast
 */
export function defineCrossrank<Action>(ai: GenkitLike<Action>, model = "mini", config: GenkitConfig = {}): Action {
  return ai.defineReranker(
    { name: `crossrank/${model}`, info: { label: `crossrank ${model}`, supports: { media: false } } },
    async (query, documents, { k, threshold } = {}) => {
      const results = await rerank(query.text, documents, {
        ...config,
        model,
        text: (document, index) => textOf(document, index),
        ...(k === undefined ? {} : { topK: k }),
        ...(threshold === undefined ? {} : { threshold }),
      });
      return {
        documents: results.map(({ document: { content, metadata }, score }) => ({ content, metadata: { ...metadata, score } })),
      };
    },
  );
}

function textOf({ text }: GenkitDocument, index: number): string {
  if (text !== "") return text;
  throw new RerankError("invalid-input", `documents[${index}]: has no text. crossrank reads text, no images.`);
}
