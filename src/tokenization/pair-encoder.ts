import { RerankError } from "../errors.ts";
import type { Truncation, TruncationSide } from "../types.ts";
import { openTokenizer, type TokenizerFiles } from "./open-tokenizer.ts";
import { padTokenId } from "./pad-token.ts";
import { learnPairLayout, type PairLayout } from "./pair-layout.ts";
import { pairLengths } from "./pair-lengths.ts";
import { QueryMemory } from "./query-memory.ts";
import { singleTokenId, type TokenizedText } from "./text-tokenizer.ts";

/** How one pair is encoded. */
export interface EncodeOptions {
  truncation: Truncation;
  /** @default "right" */
  truncationSide?: TruncationSide;
  /** Most tokens of this pair, special tokens included, ≥ 1; above the encoder's own limit it changes nothing. @default the encoder's limit */
  maxLength?: number;
  /** Special tokens typed inside the texts: `neutralize` them, or `interpret` them as the Rust tokenizers do. */
  specialTokens: "neutralize" | "interpret";
  /** What counts as relevant, for encoders of a template that has a place for it. */
  instruction?: string;
}

/** The model's input for one pair, unpadded. */
export interface EncodedPair {
  ids: Int32Array;
  /** Same length as `ids`. */
  typeIds: Uint8Array;
  /** Tokens of the whole pair, special tokens included, when it was cut; a lower bound for texts cut by characters first. 0 when not cut. */
  fullTokens: number;
  /** Whether there may be more: the text was cut by characters before it was tokenized. @default false */
  isLowerBound?: boolean;
  /** How many of the first ids the model attends to. @default all */
  attended?: number;
}

/** Turns pairs of texts into model inputs. Synchronous, and not shared between threads. */
export interface PairEncoder {
  /** The id that fills up shorter rows of a batch. */
  readonly padId: number;
  /** The id of a token by its content, or of a text that is one token; else undefined. */
  idOf(token: string): number | undefined;
  /**
   * The ids of one pair, cut to the limit. The last queries are remembered: a thousand documents of one query tokenize it once.
   *
   * An empty document gives the special tokens around nothing. Lone surrogates are read as U+FFFD.
   *
   * @throws RerankError `invalid-input` when truncation `error` meets a pair that is too long, `only_second` a query that leaves no room, or
   * when the limit has no room beside the special tokens; `tokenization` when the library fails on a text
   */
  encode(query: string, document: string, options: EncodeOptions): EncodedPair;
}

/**
 * Builds the encoder of one model.
 *
 * @param limits `maxTokens`: most tokens of a pair, special tokens included; `typeVocabSize`: rows of the model's token-type table, 0 or 1 where it has none
 * @throws RerankError `unsupported-model` when the files cannot be used; `invalid-input` when `maxTokens` has no room beside the special tokens
 */
export function createPairEncoder(files: TokenizerFiles, limits: { maxTokens: number; typeVocabSize: number }): PairEncoder {
  const { file, tokenizer } = openTokenizer(files);
  const layout = learnPairLayout(file, tokenizer, limits.typeVocabSize);
  const { maxTokens } = limits;
  roomIn(layout, maxTokens);
  const queries = new QueryMemory(tokenizer);
  return {
    padId: padTokenId(file, files.config, tokenizer),
    idOf: (token) => singleTokenId(tokenizer, token),
    encode(query, document, { truncation, truncationSide = "right", maxLength = maxTokens, specialTokens }) {
      const limit = Math.min(maxLength, maxTokens);
      const target = roomIn(layout, limit);
      const first = queries.tokenize(query, limit, specialTokens, truncationSide);
      const second = tokenizer.tokenize(document, limit, specialTokens, truncationSide);
      const isWhole = first.isWhole && second.isWhole;
      const total = first.ids.length + second.ids.length;
      if (isWhole && total <= target) return assemble(layout, first.ids, second.ids, 0);
      const fullTokens = total + layout.specialCount;
      if (truncation === "error") throw tooLong(fullTokens, limit, isWhole);
      const [queryLength, documentLength] = pairLengths(comparable(first, target), comparable(second, target), target, truncation);
      const kept = [cut(first.ids, queryLength, truncationSide), cut(second.ids, documentLength, truncationSide)] as const;
      return { ...assemble(layout, ...kept, fullTokens), isLowerBound: !isWhole };
    },
  };
}

/** Tokens that both texts may have. @throws RerankError `invalid-input` where there is no room for any */
function roomIn({ specialCount }: PairLayout, maxLength: number): number {
  if (maxLength > specialCount) return maxLength - specialCount;
  throw new RerankError(
    "invalid-input",
    `tokenization: maxLength is ${maxLength}, and the model's special tokens alone take ${specialCount}. Give a larger maxLength.`,
  );
}

/** So many ids, with those of one side left out. */
export function cut(ids: readonly number[], length: number, side: TruncationSide): readonly number[] {
  if (ids.length <= length) return ids;
  return side === "left" ? ids.slice(ids.length - length) : ids.slice(0, length);
}

/**
 * The length of a text for the division of room: of two texts that were both cut by characters, the longer one should get the odd token,
 * so a text with more tokens than can stay counts with its extrapolated length.
 */
function comparable(text: TokenizedText, target: number): number {
  return text.ids.length > target ? Math.max(text.ids.length, text.estimate) : text.ids.length;
}

function assemble(layout: PairLayout, query: readonly number[], document: readonly number[], fullTokens: number): EncodedPair {
  const { prefix, middle, suffix } = layout;
  const ids = new Int32Array(layout.specialCount + query.length + document.length);
  const typeIds = new Uint8Array(ids.length);
  const queryStart = prefix.length;
  const middleStart = queryStart + query.length;
  const documentStart = middleStart + middle.length;
  const suffixStart = documentStart + document.length;
  ids.set(prefix, 0);
  ids.set(query, queryStart);
  ids.set(middle, middleStart);
  ids.set(document, documentStart);
  ids.set(suffix, suffixStart);
  typeIds.set(layout.prefixTypes, 0);
  typeIds.fill(layout.queryType, queryStart, middleStart);
  typeIds.set(layout.middleTypes, middleStart);
  typeIds.fill(layout.documentType, documentStart, suffixStart);
  typeIds.set(layout.suffixTypes, suffixStart);
  return { ids, typeIds, fullTokens };
}

/** The error of truncation `error`. @param isWhole whether `fullTokens` is exact; else it is a lower bound */
export function tooLong(fullTokens: number, maxTokens: number, isWhole: boolean): RerankError {
  const tokens = isWhole ? `${fullTokens}` : `at least ${fullTokens}`;
  const limit =
    fullTokens > maxTokens ? `the model reads ${maxTokens}` : `a text this long is not read to its end for a limit of ${maxTokens}`;
  return new RerankError(
    "invalid-input",
    `tokenization: query and document have ${tokens} tokens together, and ${limit}. Shorten the document, or use truncation ` +
      '"longest_first" or "only_second".',
  );
}
