/**
 * What crossrank uses of `@huggingface/tokenizers`, with types.
 *
 * The package's own declarations re-export from relative paths without an extension, which TypeScript's Node resolution cannot follow.
 *
 * @see `types/index.d.ts` of @huggingface/tokenizers 0.2.0
 */
import * as library from "@huggingface/tokenizers";

/** Splits words into pieces. */
export interface LibraryModel {
  tokens_to_ids: Map<string, number>;
  unk_token?: string;
  unk_token_id?: number | undefined;
  encode(words: string[]): string[];
}

/** Rewrites a text before it is split. */
export interface LibraryNormalizer {
  normalize(text: string): string;
}

/** Splits a text into words as GPT-2 does, each written with one character a byte. */
export interface LibraryByteLevel {
  byte_encoder: Record<number, string>;
}

/** Replaces what a pattern finds. */
export interface LibraryReplace extends LibraryNormalizer {
  /** JavaScript's form of an Oniguruma pattern. */
  pattern: RegExp;
}

/** Sets special tokens around one list of tokens or two. */
export interface LibraryPostProcessor {
  post_process(
    tokens: string[],
    pair: string[] | null,
    addSpecialTokens: boolean,
  ): { tokens: string[]; tokens_pair?: string[] | null; token_type_ids?: number[] };
}

/** A whole tokenizer. */
export interface LibraryTokenizer {
  post_processor: LibraryPostProcessor | null;
}

interface Library {
  Tokenizer: new (tokenizer: object, config: object) => LibraryTokenizer;
  Model: abstract new (config: object) => LibraryModel;
  ByteLevelPreTokenizer: new (config: object) => LibraryByteLevel;
  PrecompiledNormalizer: new (config: object) => LibraryNormalizer;
  ReplaceNormalizer: new (config: object) => LibraryReplace;
}

const typed: Library = library as unknown as Library;

/** The library's tokenizer. */
export const Tokenizer: Library["Tokenizer"] = typed.Tokenizer;
/** Base class of models. */
export const Model: Library["Model"] = typed.Model;
/** The library's byte-level splitter. */
export const ByteLevelPreTokenizer: Library["ByteLevelPreTokenizer"] = typed.ByteLevelPreTokenizer;
/** The library's stand-in for SentencePiece's table. */
export const PrecompiledLibraryNormalizer: Library["PrecompiledNormalizer"] = typed.PrecompiledNormalizer;
/** The library's replacement of patterns. */
export const ReplaceNormalizer: Library["ReplaceNormalizer"] = typed.ReplaceNormalizer;
