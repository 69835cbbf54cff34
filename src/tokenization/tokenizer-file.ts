import type { RerankError } from "../errors.ts";
import type { BpeConfig } from "./bpe-model.ts";
import type { UnigramConfig } from "./unigram-model.ts";
import { isRecord, shownValue, unsupported } from "./unsupported.ts";
import type { WordLevelConfig } from "./word-level-model.ts";
import type { WordPieceConfig } from "./word-piece-model.ts";

/** One entry of `added_tokens`. */
export interface AddedTokenEntry {
  id: number;
  content: string;
  special?: boolean;
  /** Whether it is looked for after normalizing. @default for special tokens false, else true */
  normalized?: boolean;
  /** Found only where no other word character touches it. */
  single_word?: boolean;
  /** Takes the white space before it along. */
  lstrip?: boolean;
  /** Takes the white space behind it along. */
  rstrip?: boolean;
}

/** The `model` block, with the kind that old files leave out. */
export type ModelBlock =
  | { kind: "WordPiece"; block: WordPieceConfig }
  | { kind: "Unigram"; block: UnigramConfig }
  | { kind: "BPE"; block: BpeConfig }
  | { kind: "WordLevel"; block: WordLevelConfig };

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

// Four times the largest vocabulary that is published (256,000 to 262,144 entries): beyond it a file is damaged, or meant to exhaust memory.
const maxVocabulary = 1 << 20;

/**
 * Reads a parsed tokenizer.json; its truncation block is never looked at, because published files often hold a wrong one.
 *
 * @throws RerankError `unsupported-model`, naming the key, for a file without a usable model
 */
export function readTokenizerFile(value: unknown): TokenizerFile {
  if (!isRecord(value)) throw unsupported("tokenizer.json is not an object");
  if (!isRecord(value.model)) throw unsupported("tokenizer.json has no model block");
  const padding = isRecord(value.padding) ? value.padding.pad_id : undefined;
  return {
    normalizer: value.normalizer ?? null,
    preTokenizer: value.pre_tokenizer ?? null,
    postProcessor: value.post_processor ?? null,
    addedTokens: readAddedTokens(value.added_tokens ?? []),
    model: readModel(value.model),
    padId: isId(padding) ? padding : undefined,
  };
}

function readAddedTokens(value: unknown): AddedTokenEntry[] {
  if (!Array.isArray(value)) throw wrong("added_tokens", "a list", value);
  if (value.length > maxVocabulary) throw tooMany("added_tokens", value.length);
  return value.map((token: unknown, index) => {
    const key = `added_tokens[${index}]`;
    if (!isRecord(token)) throw wrong(key, "an object", token);
    if (typeof token.content !== "string") throw wrong(`${key}.content`, "a text", token.content);
    if (!isId(token.id)) throw wrong(`${key}.id`, "a token id", token.id);
    return token as unknown as AddedTokenEntry;
  });
}

function readModel(model: Record<string, unknown>): ModelBlock {
  const kind = model.type ?? guessKind(model);
  if (kind === "Unigram") {
    checkPieces(model);
    return { kind, block: model as unknown as UnigramConfig };
  }
  if (kind !== "BPE" && kind !== "WordPiece" && kind !== "WordLevel") {
    throw unsupported(`model.type of tokenizer.json is ${shownValue(kind)}, which crossrank does not know`);
  }
  checkVocabulary(model.vocab);
  if (model.unk_token !== undefined && model.unk_token !== null && typeof model.unk_token !== "string") {
    throw wrong("model.unk_token", "a text", model.unk_token);
  }
  if (kind === "WordLevel") return { kind, block: model as unknown as WordLevelConfig };
  checkText(model, "continuing_subword_prefix");
  if (kind === "BPE") {
    checkText(model, "end_of_word_suffix");
    checkMerges(model.merges);
    return { kind, block: model as unknown as BpeConfig };
  }
  if (typeof model.unk_token !== "string") throw wrong("model.unk_token", "a text", model.unk_token);
  const { max_input_chars_per_word: longest = 100 } = model;
  if (!isId(longest)) throw wrong("model.max_input_chars_per_word", "a number of characters", longest);
  return { kind, block: model as unknown as WordPieceConfig };
}

/** Files written before 2021 carry no `type`; the keys tell it, as they tell the Rust crate. */
function guessKind(model: Record<string, unknown>): string {
  if (Array.isArray(model.vocab)) return "Unigram";
  if ("merges" in model) return "BPE";
  return "continuing_subword_prefix" in model ? "WordPiece" : "WordLevel";
}

function checkVocabulary(vocabulary: unknown): void {
  if (!isRecord(vocabulary)) throw wrong("model.vocab", "an object", vocabulary);
  const pieces = Object.keys(vocabulary);
  if (pieces.length > maxVocabulary) throw tooMany("model.vocab", pieces.length);
  for (const piece of pieces) {
    if (!isId(vocabulary[piece])) throw wrong(`model.vocab[${shownValue(piece)}]`, "a token id", vocabulary[piece]);
  }
}

function checkPieces({ vocab: pieces, unk_id: unknown }: Record<string, unknown>): void {
  if (!Array.isArray(pieces)) throw wrong("model.vocab", "a list", pieces);
  if (pieces.length === 0) throw wrong("model.vocab", "a list with a piece", pieces);
  if (pieces.length > maxVocabulary) throw tooMany("model.vocab", pieces.length);
  for (const [index, entry] of pieces.entries()) {
    const isPiece = Array.isArray(entry) && typeof entry[0] === "string" && Number.isFinite(entry[1]);
    if (!isPiece) throw wrong(`model.vocab[${index}]`, "a piece with its score", entry);
  }
  if (unknown !== undefined && unknown !== null && !(isId(unknown) && unknown < pieces.length)) {
    throw wrong("model.unk_id", "the id of a piece", unknown);
  }
}

function checkMerges(merges: unknown): void {
  if (!Array.isArray(merges)) throw wrong("model.merges", "a list", merges);
  if (merges.length > maxVocabulary) throw tooMany("model.merges", merges.length);
  for (const [index, merge] of merges.entries()) {
    const pair: unknown = typeof merge === "string" ? merge.split(" ") : merge;
    const isPair = Array.isArray(pair) && pair.length === 2 && typeof pair[0] === "string" && typeof pair[1] === "string";
    if (!isPair) throw wrong(`model.merges[${index}]`, "two pieces", merge);
  }
}

function checkText(model: Record<string, unknown>, key: string): void {
  const value = model[key];
  if (value !== undefined && value !== null && typeof value !== "string") throw wrong(`model.${key}`, "a text", value);
}

/** Whether a value can be a token id: a whole number that the model's int32 inputs hold. */
function isId(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 31;
}

function wrong(key: string, expected: string, value: unknown): RerankError {
  return unsupported(`${key} of tokenizer.json is not ${expected} but ${shownValue(value)}`);
}

function tooMany(key: string, count: number): RerankError {
  return unsupported(`${key} of tokenizer.json has ${count} entries, and crossrank reads at most ${maxVocabulary}`);
}
