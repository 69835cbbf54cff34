import { RerankError } from "../errors.ts";
import type { UnigramConfig } from "./unigram-model.ts";
import type { WordPieceConfig } from "./word-piece-model.ts";

/** One entry of `added_tokens`. */
export interface AddedTokenEntry {
  id: number;
  content: string;
  special?: boolean;
}

/** The `model` block, with the kind that old files leave out. */
export type ModelBlock =
  | { kind: "WordPiece"; block: WordPieceConfig }
  | { kind: "Unigram"; block: UnigramConfig }
  | { kind: "BPE" | "WordLevel"; block: { unk_token?: string | null; vocab: Record<string, number> } };

/** What crossrank reads of a tokenizer.json; blocks it only hands on are `unknown`. */
export interface TokenizerFile {
  normalizer: unknown;
  preTokenizer: unknown;
  postProcessor: unknown;
  addedTokens: readonly AddedTokenEntry[];
  model: ModelBlock;
  /** `pad_id` of the padding block, whose other settings are not used. */
  padId: number | undefined;
}

/**
 * Reads a parsed tokenizer.json; its truncation block is never looked at, because published files often hold a wrong one.
 *
 * @throws RerankError `unsupported-model` for a file without a usable model
 */
export function readTokenizerFile(value: unknown): TokenizerFile {
  if (!isRecord(value) || !isRecord(value.model)) {
    throw unsupported("tokenizer.json has no model block");
  }
  const padding = isRecord(value.padding) ? value.padding.pad_id : undefined;
  return {
    normalizer: value.normalizer ?? null,
    preTokenizer: value.pre_tokenizer ?? null,
    postProcessor: value.post_processor ?? null,
    addedTokens: Array.isArray(value.added_tokens) ? value.added_tokens.filter(isAddedToken) : [],
    model: readModel(value.model),
    padId: typeof padding === "number" ? padding : undefined,
  };
}

/** The error for files that this version cannot use. */
export function unsupported(what: string, cause?: unknown): RerankError {
  return new RerankError(
    "unsupported-model",
    `tokenization: ${what}. Use a model whose repository holds a tokenizer.json of a "fast" tokenizer (WordPiece, BPE or Unigram); ` +
      "AutoTokenizer.from_pretrained(…).save_pretrained(…) of transformers writes one.",
    cause === undefined ? {} : { cause },
  );
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isAddedToken(value: unknown): value is AddedTokenEntry {
  return isRecord(value) && typeof value.content === "string" && typeof value.id === "number";
}

function readModel(model: Record<string, unknown>): ModelBlock {
  const kind = model.type ?? guessKind(model);
  const hasList = Array.isArray(model.vocab);
  const isComplete = kind === "Unigram" ? hasList : isRecord(model.vocab) && (kind !== "BPE" || Array.isArray(model.merges));
  if (!isComplete) throw unsupported(`the ${String(kind ?? "model")} block of tokenizer.json is incomplete`);
  if (kind === "WordPiece") return { kind, block: model as unknown as WordPieceConfig };
  if (kind === "Unigram") return { kind, block: model as unknown as UnigramConfig };
  if (kind === "BPE" || kind === "WordLevel") return { kind, block: model as unknown as { vocab: Record<string, number> } };
  throw unsupported(`tokenizer.json holds a model of the unknown type ${JSON.stringify(kind)}`);
}

/** Files written before 2021 carry no `type`; the keys tell it, as they tell the Rust crate. */
function guessKind(model: Record<string, unknown>): string | undefined {
  if (Array.isArray(model.vocab)) return "Unigram";
  if ("merges" in model) return "BPE";
  return "continuing_subword_prefix" in model ? "WordPiece" : "WordLevel";
}
