/** `crossrank/tanstack-ai`: an adapter for `rerank` of TanStack AI. */
import { type RerankerConfig, rerank } from "../index.ts";

/** A configuration without what TanStack AI sets in each call. */
export type TanstackConfig = Omit<RerankerConfig, "model" | "topK" | "signal" | "return" | "text">;

/** What TanStack AI asks an adapter. Documents that are objects arrive as JSON. */
export interface TanstackCall {
  /** Name of the model, as it was given. */
  model: string;
  /** The query. */
  query: string;
  /** The texts. */
  documents: string[];
  /** Maximum number of results; ≥ 0. @default all */
  topN?: number | undefined;
  /** Keys of a configuration for this call. */
  modelOptions?: TanstackConfig | undefined;
  /** Ends the call. @default none */
  abortSignal?: AbortSignal | undefined;
  /** Receives each request and each failure. */
  logger: {
    request(message: string, fields?: Record<string, unknown>): void;
    errors(message: string, fields?: Record<string, unknown>): void;
  };
}

/** A `RerankAdapter` of TanStack AI. @see https://tanstack.com/ai */
export interface TanstackAdapter {
  /** What the adapter does. */
  readonly kind: "rerank";
  /** Name of the provider. */
  readonly name: "crossrank";
  /** Name of the model, as it was given. */
  readonly model: string;
  /** Only for types. */
  "~types": { providerOptions: TanstackConfig };
  /** Scores documents, as `rerank` of TanStack AI calls it. */
  rerank(call: TanstackCall): Promise<{
    id: string;
    ranking: { index: number; score: number }[];
    usage: { promptTokens: number; completionTokens: number; totalTokens: number };
  }>;
}

/**
 * Creates an adapter for one model.
 *
 * @param model a preset, a hub id, `provider/model` or `plugin:name`; @default the bundled model
 * @example
 * console.log(crossrankRerank("fast").model); // fast
 */
export function crossrankRerank(model = "mini", config: TanstackConfig = {}): TanstackAdapter {
  return {
    kind: "rerank",
    name: "crossrank",
    model,
    "~types": undefined as never,
    async rerank({ query, documents, topN, modelOptions, abortSignal, logger }) {
      logger.request(`provider=crossrank model=${model}`, { model, documentCount: documents.length });
      try {
        const results = await rerank(query, documents, {
          ...config,
          ...modelOptions,
          model,
          return: ["tokens"],
          ...(topN === undefined ? {} : { topK: topN }),
          ...(abortSignal === undefined ? {} : { signal: abortSignal }),
        });
        const promptTokens = results.reduce((sum, { tokens }) => sum + (tokens ?? 0), 0);
        return {
          id: crypto.randomUUID(),
          ranking: results.map(({ index, score }) => ({ index, score })),
          usage: { promptTokens, completionTokens: 0, totalTokens: promptTokens },
        };
      } catch (error) {
        logger.errors("provider=crossrank failed", { error });
        throw error;
      }
    },
  };
}
