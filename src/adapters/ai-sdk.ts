/** `crossrank/ai-sdk`: local and hosted rerankers for `rerank` of the Vercel AI SDK. */
import { RerankError, type RerankerConfig, rerank } from "../index.ts";

/** What the AI SDK asks a reranking model. @see https://github.com/vercel/ai `packages/provider`, `RerankingModelV3CallOptions` */
export interface RerankCall {
  /** Texts, or objects whose text is found as in the library. */
  documents: { type: "text"; values: string[] } | { type: "object"; values: object[] };
  /** The query. */
  query: string;
  /** Maximum number of results; ≥ 0. @default all */
  topN?: number;
  /** Ends the call. @default none */
  abortSignal?: AbortSignal;
  /** `crossrank` holds keys of this call: every key of a configuration that JSON can hold. */
  providerOptions?: Record<string, object>;
}

/** A reranking model of the AI SDK, for `rerank({ model })` of `ai` 6 and 7. */
export interface CrossrankModel {
  /** Version of the AI SDK's interface. */
  readonly specificationVersion: "v3";
  /** Name of the provider. */
  readonly provider: "crossrank";
  /** Name of the model, as it was given. */
  readonly modelId: string;
  /** Scores documents, as `rerank` of the AI SDK calls it. */
  doRerank(call: RerankCall): Promise<{
    ranking: { index: number; relevanceScore: number }[];
    warnings: { type: "other"; message: string }[];
    response: { modelId: string };
  }>;
}

/** A provider of reranking models, for `createProviderRegistry` and `customProvider`. */
export interface CrossrankProvider {
  (modelId?: string, config?: ModelConfig): CrossrankModel;
  /** Version of the AI SDK's interface. */
  readonly specificationVersion: "v3";
  /** A model by its id. */
  rerankingModel(modelId: string): CrossrankModel;
  /** Refuses. @throws RerankError `unknown-model`: crossrank has only reranking models */
  languageModel(modelId: string): never;
  /** Refuses. @throws RerankError `unknown-model` */
  embeddingModel(modelId: string): never;
  /** Refuses. @throws RerankError `unknown-model` */
  imageModel(modelId: string): never;
}

/** A configuration without what the AI SDK sets in each call. */
export type ModelConfig = Omit<RerankerConfig, "model" | "topK" | "signal" | "return">;

/**
 * Creates a provider.
 *
 * @param defaults configuration of all its models
 * @example
 * const provider = createCrossrank({ cacheDir: "./models" });
 * console.log(provider("fast").modelId); // fast
 */
export function createCrossrank(defaults: ModelConfig = {}): CrossrankProvider {
  const create = (modelId = "mini", config: ModelConfig = {}): CrossrankModel => createModel(modelId, { ...defaults, ...config });
  const refuse = (kind: string) => (): never => {
    throw new RerankError("unknown-model", `crossrank has reranking models only, no ${kind} models. Use rerankingModel.`);
  };
  return Object.assign(create, {
    specificationVersion: "v3" as const,
    rerankingModel: (modelId: string) => create(modelId),
    languageModel: refuse("language"),
    embeddingModel: refuse("embedding"),
    imageModel: refuse("image"),
  });
}

/**
 * The provider with default settings: `rerank({ model: crossrank("mini"), … })`.
 *
 * A model id is a preset, a hub id, `provider/model` or `plugin:name`.
 */
export const crossrank: CrossrankProvider = createCrossrank();

function createModel(modelId: string, config: ModelConfig): CrossrankModel {
  return {
    specificationVersion: "v3",
    provider: "crossrank",
    modelId,
    async doRerank({ documents, query, topN, abortSignal, providerOptions }) {
      const warnings: { type: "other"; message: string }[] = [];
      const results = await rerank<string | object>(query, documents.values, {
        ...config,
        ...(providerOptions?.crossrank as ModelConfig | undefined),
        model: modelId,
        onWarning(warning) {
          config.onWarning?.(warning);
          warnings.push({ type: "other", message: warning.message });
        },
        ...(topN === undefined ? {} : { topK: topN }),
        ...(abortSignal === undefined ? {} : { signal: abortSignal }),
      }).catch((error: unknown) => {
        // The AI SDK knows an abort by the signal's own error.
        abortSignal?.throwIfAborted();
        throw error;
      });
      return { ranking: results.map(({ index, score }) => ({ index, relevanceScore: score })), warnings, response: { modelId } };
    },
  };
}
