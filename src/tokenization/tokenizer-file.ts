import type { RerankError } from "../errors.ts";
import { isRecord } from "../values.ts";
import type { BpeConfig } from "./bpe-model.ts";
import type { UnigramConfig } from "./unigram-model.ts";
import { formatValue, unsupportedError } from "./unsupported.ts";
import type { WordLevelConfig } from "./word-level-model.ts";
import type { WordPieceConfig } from "./word-piece-model.ts";

/** One entry of `added_tokens`. */
export interface AddedTokenEntry {
  id: number;
  content: string;
  special?: boolean;
  /** Whether to find it in the normalized text. @default for special tokens false, otherwise true */
  normalized?: boolean;
  /** Whether it counts only if no other word character touches it. */
  single_word?: boolean;
  /** Whether it includes the white space before it. */
  lstrip?: boolean;
  /** Whether it includes the white space after it. */
  rstrip?: boolean;
}

/** The `model` block with its kind, which old files do not contain. */
export type ModelBlock =
  | { kind: "WordPiece"; block: WordPieceConfig }
  | { kind: "Unigram"; block: UnigramConfig }
  | { kind: "BPE"; block: BpeConfig }
  | { kind: "WordLevel"; block: WordLevelConfig };

/** What crossrank reads of a tokenizer.json. Blocks that other files check are `unknown`. */
export interface TokenizerFile {
  normalizer: unknown;
  preTokenizer: unknown;
  postProcessor: unknown;
  addedTokens: readonly AddedTokenEntry[];
  model: ModelBlock;
  /** `pad_id` of the padding block. The other settings of the block are not used. */
  padId: number | undefined;
  /** Whether the normalizer or the pre-tokenizer has regular expressions of the file's own. They may take for ever. */
  hasPatterns: boolean;
}

// Four times the largest published vocabulary (256,000 to 262,144 entries). A file with more is damaged, or made to exhaust memory.
const maxVocabulary = 1 << 20;

/**
 * Reads a parsed tokenizer.json. It ignores the truncation block, which is often wrong in published files.
 *
 * @throws RerankError `unsupported-model`, naming the key, for a file without a usable model
 */
export function readTokenizerFile(value: unknown): TokenizerFile {
  if (!isRecord(value)) throw unsupportedError("tokenizer.json is not an object");
  if (!isRecord(value.model)) throw unsupportedError("tokenizer.json has no model block");
  const padding = isRecord(value.padding) ? value.padding.pad_id : undefined;
  return {
    normalizer: value.normalizer ?? null,
    preTokenizer: value.pre_tokenizer ?? null,
    postProcessor: value.post_processor ?? null,
    addedTokens: readAddedTokens(value.added_tokens ?? []),
    model: readModel(value.model),
    padId: isId(padding) ? padding : undefined,
    hasPatterns: hasPatterns([value.normalizer, value.pre_tokenizer]),
  };
}

function hasPatterns(blocks: unknown[]): boolean {
  while (blocks.length > 0) {
    const block = blocks.pop();
    if (typeof block !== "object" || block === null) continue;
    if ("Regex" in block) return true;
    for (const member of Object.values(block)) blocks.push(member);
  }
  return false;
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
    throw unsupportedError(`model.type of tokenizer.json is ${formatValue(kind)}, which crossrank does not know`);
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
  const { max_input_chars_per_word: maxCharacters = 100 } = model;
  if (!isId(maxCharacters)) throw wrong("model.max_input_chars_per_word", "a number of characters", maxCharacters);
  return { kind, block: model as unknown as WordPieceConfig };
}

/** The kind of a model block without `type`, as files before 2021 are. Like the Rust crate, it looks at the keys. */
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
    if (!isId(vocabulary[piece])) throw wrong(`model.vocab[${formatValue(piece)}]`, "a token id", vocabulary[piece]);
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

/** Whether a value can be a token id: a whole number ≥ 0 that fits into int32. */
function isId(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 31;
}

function wrong(key: string, expected: string, value: unknown): RerankError {
  return unsupportedError(`${key} of tokenizer.json is not ${expected} but ${formatValue(value)}`);
}

function tooMany(key: string, count: number): RerankError {
  return unsupportedError(`${key} of tokenizer.json has ${count} entries, and crossrank reads at most ${maxVocabulary}`);
}
