import { RerankError } from "../errors.ts";
import { isRecord } from "./unsupported.ts";

/** What is known of a model's limit. */
export interface TokenLimitSources {
  /** The caller's own limit, special tokens included. */
  maxLength?: number;
  /** Parsed tokenizer_config.json; may be `{}`. */
  tokenizerConfig: unknown;
  /** Parsed config.json; may be `{}`. */
  modelConfig: unknown;
  /** Most tokens where the caller set nothing: 512 for a custom model, whose files may promise more than is sensible. */
  fallback?: number;
}

// Where neither the files nor the caller say anything: what BERT and nearly every cross-encoder reads.
const usualLimit = 512;
// transformers writes int(1e30) for "no limit"; no position table is this long either.
const absurdLimit = 1e7;
// Their positions are counted from pad_token_id + 1, so the first rows of the table are never used.
const offsetModels = new Set([
  "camembert",
  "data2vec-text",
  "ibert",
  "layoutlmv3",
  "longformer",
  "luke",
  "mpnet",
  "roberta",
  "roberta-prelayernorm",
  "xlm-roberta",
  "xlm-roberta-xl",
  "xmod",
]);

/**
 * Most tokens of a query–document pair, special tokens included.
 *
 * An explicit `maxLength`; else tokenizer_config.json's `model_max_length`, at most the position table and `fallback`; else 512.
 * tokenizer.json's truncation block is never used: published ones are often wrong (256 for a model that reads 512).
 *
 * @throws RerankError `invalid-input` when `maxLength` is above the position table
 * @see https://github.com/huggingface/transformers/blob/v5.0.0/src/transformers/models/roberta/modeling_roberta.py
 * `create_position_ids_from_input_ids`: positions start at padding_idx + 1
 */
export function tokenLimit(sources: TokenLimitSources): number {
  const table = positionTable(sources.modelConfig);
  if (sources.maxLength !== undefined) {
    if (table?.isHard && sources.maxLength > table.tokens) {
      throw new RerankError(
        "invalid-input",
        `tokenization: maxLength is ${sources.maxLength}, and the model has positions for ${table.tokens} tokens. Give at most ${table.tokens}.`,
      );
    }
    return sources.maxLength;
  }
  const published = positiveInteger(isRecord(sources.tokenizerConfig) ? sources.tokenizerConfig.model_max_length : undefined);
  const known = [published, table?.tokens].filter((limit) => limit !== undefined);
  return Math.min(known.length === 0 ? usualLimit : Math.min(...known), sources.fallback ?? Number.POSITIVE_INFINITY);
}

/** How many tokens have a position; hard where a longer input fails, and not where positions are relative. */
function positionTable(config: unknown): { tokens: number; isHard: boolean } | undefined {
  if (!isRecord(config)) return undefined;
  const rows = positiveInteger(config.max_position_embeddings);
  if (rows === undefined) return undefined;
  // DeBERTa's distances are put into buckets, so any length works; the number is what it was trained on.
  const isRelative = config.relative_attention === true && config.position_biased_input === false;
  return { tokens: rows - firstPosition(config), isHard: !isRelative };
}

/** Position of the first token, for graphs that take `position_ids`: 0, or above the padding's in the family of RoBERTa. */
export function firstPosition(modelConfig: unknown): number {
  if (!isRecord(modelConfig)) return 0;
  const { model_type: type } = modelConfig;
  const hasOffset = typeof type === "string" ? offsetModels.has(type) : hasRowsOfPadding(modelConfig.max_position_embeddings);
  if (!hasOffset) return 0;
  return (typeof modelConfig.pad_token_id === "number" && modelConfig.pad_token_id >= 0 ? modelConfig.pad_token_id : 1) + 1;
}

/** Whether a table has two rows more than a power of two, as RoBERTa's has (514): the two that its padding takes. */
function hasRowsOfPadding(rows: unknown): boolean {
  return typeof rows === "number" && rows > 64 && Number.isInteger(Math.log2(rows - 2));
}

function positiveInteger(value: unknown): number | undefined {
  return typeof value === "number" && value >= 1 && value < absurdLimit ? Math.floor(value) : undefined;
}
