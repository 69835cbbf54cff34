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
  /** `encode`, with runs of unknown pieces joined where the model says so. */
  _call(words: string[]): string[];
}

/** Rewrites a text before it is split. */
export interface LibraryNormalizer {
  normalize(text: string): string;
}

/** Splits a text into words. */
export interface LibraryPreTokenizer {
  pre_tokenize(text: string, options: { section_index: number }): string[];
  /** The members of a Sequence. */
  tokenizers?: (LibraryPreTokenizer | null)[];
}

/** Splits a text into words as GPT-2 does, each written with one character a byte. */
export interface LibraryByteLevel extends LibraryPreTokenizer {
  add_prefix_space: boolean;
  use_regex: boolean;
  pattern: RegExp;
  byte_encoder: Record<number, string>;
  text_encoder: { encode(text: string): Uint8Array };
  pre_tokenize_text(text: string): string[];
}

/** The settings of a BERT normaliser. */
export interface BertNormalizerConfig {
  type: "BertNormalizer";
  clean_text?: boolean;
  handle_chinese_chars?: boolean;
  strip_accents?: boolean | null;
  lowercase?: boolean;
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
  normalizer: LibraryNormalizer | null;
  pre_tokenizer: LibraryPreTokenizer | null;
  model: LibraryModel | null;
  post_processor: LibraryPostProcessor | null;
  /** An id is undefined where the vocabulary has neither the token nor an unknown token. */
  encode(text: string, options: { add_special_tokens: boolean }): { ids: (number | undefined)[] };
}

interface Library {
  Tokenizer: new (tokenizer: object, config: object) => LibraryTokenizer;
  Model: abstract new (config: object) => LibraryModel;
  ByteLevelPreTokenizer: new (config: object) => LibraryByteLevel;
  BertNormalizer: new (config: BertNormalizerConfig) => LibraryNormalizer & { config: BertNormalizerConfig };
}

const typed: Library = library as unknown as Library;

/** The library's tokenizer. */
export const Tokenizer: Library["Tokenizer"] = typed.Tokenizer;
/** Base class of models. */
export const Model: Library["Model"] = typed.Model;
/** The library's BERT normaliser. */
export const BertNormalizer: Library["BertNormalizer"] = typed.BertNormalizer;
/** The library's byte-level splitter. */
export const ByteLevelPreTokenizer: Library["ByteLevelPreTokenizer"] = typed.ByteLevelPreTokenizer;
