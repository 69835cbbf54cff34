import { RerankError } from "../errors.ts";
import { isRecord } from "../values.ts";

/** Where a model's token limit may come from. */
export interface TokenLimitSources {
  /** The caller's own limit, special tokens included. */
  maxLength?: number;
  /** Parsed tokenizer_config.json; may be `{}`. */
  tokenizerConfig: unknown;
  /** Parsed config.json; may be `{}`. */
  modelConfig: unknown;
  /** Maximum tokens if the caller sets none. 512 for a custom model: its files may allow more than is sensible. */
  fallback?: number;
}

// For a model whose files have no limit: what BERT and nearly every cross-encoder reads.
const defaultLimit = 512;
// transformers writes int(1e30) for "no limit". No position table has this many rows.
const unlimitedFrom = 1e7;
// Models that count positions from pad_token_id + 1, and so never use the first rows of the table.
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
 * Maximum tokens of a query–document pair, special tokens included.
 *
 * `maxLength`, if the caller set it. Otherwise the smallest of tokenizer_config.json's `model_max_length`, the position table and `fallback`. If the
 * files have neither, 512. It never uses tokenizer.json's truncation block, which is often wrong (256 for a model that reads 512).
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
  return Math.min(known.length === 0 ? defaultLimit : Math.min(...known), sources.fallback ?? Number.POSITIVE_INFINITY);
}

/** How many tokens have a position. The limit is hard if a longer input fails; it is not if positions are relative. */
function positionTable(config: unknown): { tokens: number; isHard: boolean } | undefined {
  if (!isRecord(config)) return undefined;
  const rows = positiveInteger(config.max_position_embeddings);
  if (rows === undefined) return undefined;
  // DeBERTa puts distances into buckets, so any length works. The number is the length of its training texts.
  const isRelative = config.relative_attention === true && config.position_biased_input === false;
  return { tokens: rows - firstPosition(config), isHard: !isRelative };
}

/** Position of the first token, for graphs with the input `position_ids`: 0, or in RoBERTa's family `pad_token_id + 1`. */
export function firstPosition(modelConfig: unknown): number {
  if (!isRecord(modelConfig)) return 0;
  const { model_type: type } = modelConfig;
  const hasOffset = typeof type === "string" ? offsetModels.has(type) : hasRowsOfPadding(modelConfig.max_position_embeddings);
  if (!hasOffset) return 0;
  return (typeof modelConfig.pad_token_id === "number" && modelConfig.pad_token_id >= 0 ? modelConfig.pad_token_id : 1) + 1;
}

/** Whether a table has a power of two plus two rows, as RoBERTa's (514). The first two belong to padding. */
function hasRowsOfPadding(rows: unknown): boolean {
  return typeof rows === "number" && rows > 64 && Number.isInteger(Math.log2(rows - 2));
}

function positiveInteger(value: unknown): number | undefined {
  return typeof value === "number" && value >= 1 && value < unlimitedFrom ? Math.floor(value) : undefined;
}
