import { RerankError } from "../errors.ts";
import type { Truncation, TruncationSide } from "../types.ts";
import { openTokenizer, padTokenId, type TokenizerFiles } from "./open-tokenizer.ts";
import { learnPairLayout, type PairLayout } from "./pair-layout.ts";
import { pairLengths } from "./pair-lengths.ts";
import { QueryCache } from "./query-cache.ts";
import { singleTokenId, type TokenizedText } from "./text-tokenizer.ts";

/** How one pair is encoded. */
export interface EncodeOptions {
  truncation: Truncation;
  /** @default "right" */
  truncationSide?: TruncationSide;
  /** Maximum tokens of this pair, special tokens included; ≥ 1. The encoder's own limit also applies. @default the encoder's limit */
  maxLength?: number;
  /** Special tokens typed inside the texts: `neutralize` them, or `interpret` them as the Rust tokenizers do. */
  specialTokens: "neutralize" | "interpret";
  /** What counts as relevant. Only encoders of a template with `{instruction}` use it. */
  instruction?: string;
}

/** The model's input for one pair, unpadded. */
export interface EncodedPair {
  ids: Int32Array;
  /** Same length as `ids`. */
  typeIds: Uint8Array;
  /** 0 for a pair that was not cut. Otherwise the tokens of the whole pair, special tokens included: see {@link EncodedPair.isLowerBound}. */
  fullTokens: number;
  /** Whether the whole pair may have more than `fullTokens`: a text was cut by characters before it was tokenized. @default false */
  isLowerBound?: boolean;
  /** How many of the first ids the model attends to. @default all */
  attended?: number;
}

/** Turns pairs of texts into model inputs. Synchronous. Each thread has its own. */
export interface PairEncoder {
  /** The id that pads shorter rows of a batch. */
  readonly padId: number;
  /** The id of a token by its content, or of a text that is exactly one token. Undefined for any other text. */
  idOf(token: string): number | undefined;
  /**
   * The ids of one pair, truncated to the limit. It caches the last queries: a thousand documents for one query tokenize that query once.
   *
   * An empty document gives only its special tokens. Lone surrogates are read as U+FFFD.
   *
   * @throws RerankError `invalid-input` for a pair that is too long under truncation `error`, for a query that leaves no room for the document
   * under `only_second`, and for a limit that the special tokens alone fill; `tokenization` when the library fails on a text
   */
  encode(query: string, document: string, options: EncodeOptions): EncodedPair;
}

/**
 * Builds the encoder of one model.
 *
 * @param limits `maxTokens`: maximum tokens of a pair, special tokens included; `typeVocabSize`: rows of the model's token-type table, 0 or 1 if it has none
 * @throws RerankError `unsupported-model` when the files cannot be used; `invalid-input` when the special tokens alone fill `maxTokens`
 */
export function createPairEncoder(files: TokenizerFiles, limits: { maxTokens: number; typeVocabSize: number }): PairEncoder {
  const { file, tokenizer } = openTokenizer(files);
  const layout = learnPairLayout(file, tokenizer, limits.typeVocabSize);
  const { maxTokens } = limits;
  tokensForTexts(layout, maxTokens);
  const queries = new QueryCache(tokenizer);
  return {
    padId: padTokenId(file, files.config, tokenizer),
    idOf: (token) => singleTokenId(tokenizer, token),
    encode(query, document, { truncation, truncationSide = "right", maxLength = maxTokens, specialTokens }) {
      const limit = Math.min(maxLength, maxTokens);
      const target = tokensForTexts(layout, limit);
      const first = queries.tokenize(query, limit, specialTokens, truncationSide);
      const second = tokenizer.tokenize(document, limit, specialTokens, truncationSide);
      const isWhole = first.isWhole && second.isWhole;
      const total = first.ids.length + second.ids.length;
      if (isWhole && total <= target) return assemble(layout, first.ids, second.ids, 0);
      const fullTokens = total + layout.specialCount;
      if (truncation === "error") throw tooLongError(fullTokens, limit, isWhole);
      const [queryLength, documentLength] = pairLengths(
        truncationLength(first, target),
        truncationLength(second, target),
        target,
        truncation,
      );
      const kept = [truncateIds(first.ids, queryLength, truncationSide), truncateIds(second.ids, documentLength, truncationSide)] as const;
      return { ...assemble(layout, ...kept, fullTokens), isLowerBound: !isWhole };
    },
  };
}

/** Maximum tokens of both texts together. @throws RerankError `invalid-input` if that is 0 */
function tokensForTexts({ specialCount }: PairLayout, maxLength: number): number {
  if (maxLength > specialCount) return maxLength - specialCount;
  throw new RerankError(
    "invalid-input",
    `tokenization: maxLength is ${maxLength}, and the model's special tokens alone take ${specialCount}. Give a larger maxLength.`,
  );
}

/** At most `length` ids. @param side where ids are removed: `left` is the beginning, `right` the end */
export function truncateIds(ids: readonly number[], length: number, side: TruncationSide): readonly number[] {
  if (ids.length <= length) return ids;
  return side === "left" ? ids.slice(ids.length - length) : ids.slice(0, length);
}

/**
 * The length of a text when the limit is divided between two texts.
 *
 * A text that exceeds the limit alone counts with its estimated full length. So if both texts were cut by characters, the one that is really longer
 * gets the odd token.
 */
function truncationLength(text: TokenizedText, target: number): number {
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

/** The error of truncation `error`. @param isWhole whether `fullTokens` is exact; if not, it is a lower bound */
export function tooLongError(fullTokens: number, maxTokens: number, isWhole: boolean): RerankError {
  const tokens = isWhole ? `${fullTokens}` : `at least ${fullTokens}`;
  const limit =
    fullTokens > maxTokens ? `the model reads ${maxTokens}` : `a text this long is not read to its end for a limit of ${maxTokens}`;
  return new RerankError(
    "invalid-input",
    `tokenization: query and document have ${tokens} tokens together, and ${limit}. Shorten the document, or use truncation ` +
      '"longest_first" or "only_second".',
  );
}
