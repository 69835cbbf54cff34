import { RerankError } from "../errors.ts";
import type { Truncation } from "../types.ts";
import { padTokenId } from "./pad-token.ts";
import { learnPairLayout, type PairLayout } from "./pair-layout.ts";
import { pairLengths } from "./pair-lengths.ts";
import { QueryMemory } from "./query-memory.ts";
import { createTextTokenizer, singleTokenId, type TokenizedText } from "./text-tokenizer.ts";
import { readTokenizerFile } from "./tokenizer-file.ts";

/** The two files of a tokenizer, parsed. */
export interface TokenizerFiles {
  /** tokenizer.json; its truncation and padding settings are not used, but for the padding id. */
  tokenizer: unknown;
  /** tokenizer_config.json; may be `{}`. Only `pad_token` is read. */
  config: unknown;
}

/** How one pair is encoded. */
export interface EncodeOptions {
  truncation: Truncation;
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
   * The ids of one pair, cut to the limit. The last queries are remembered: a thousand documents of one query tokenise it once.
   *
   * An empty document gives the special tokens around nothing. Lone surrogates are read as U+FFFD.
   *
   * @throws RerankError `invalid-input` when truncation `error` meets a pair that is too long, or `only_second` a query that leaves no room;
   * `tokenization` when the library fails on a text
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
  const file = readTokenizerFile(files.tokenizer);
  const tokenizer = createTextTokenizer(file);
  const layout = learnPairLayout(file, tokenizer, limits.typeVocabSize);
  const { maxTokens } = limits;
  const target = maxTokens - layout.specialCount;
  if (target < 1) {
    throw new RerankError(
      "invalid-input",
      `tokenization: maxLength is ${maxTokens}, and the model's special tokens alone take ${layout.specialCount}. Give a larger maxLength.`,
    );
  }
  const queries = new QueryMemory(tokenizer, maxTokens);
  return {
    padId: padTokenId(file, files.config, tokenizer),
    idOf: (token) => singleTokenId(tokenizer, token),
    encode(query, document, { truncation, specialTokens }) {
      const first = queries.tokenize(query, specialTokens);
      const second = tokenizer.tokenize(document, maxTokens, specialTokens);
      const isWhole = first.isWhole && second.isWhole;
      const total = first.ids.length + second.ids.length;
      if (isWhole && total <= target) return assemble(layout, first.ids, first.ids.length, second.ids, second.ids.length, 0);
      const fullTokens = total + layout.specialCount;
      if (truncation === "error") throw tooLong(fullTokens, maxTokens, isWhole);
      const [queryLength, documentLength] = pairLengths(comparable(first, target), comparable(second, target), target, truncation);
      return assemble(layout, first.ids, queryLength, second.ids, documentLength, fullTokens);
    },
  };
}

/**
 * The length of a text for the division of room: of two texts that were both cut by characters, the longer one should get the odd token,
 * so a text with more tokens than can stay counts with its extrapolated length.
 */
function comparable(text: TokenizedText, target: number): number {
  return text.ids.length > target ? Math.max(text.ids.length, text.estimate) : text.ids.length;
}

function assemble(
  layout: PairLayout,
  query: readonly number[],
  queryLength: number,
  document: readonly number[],
  documentLength: number,
  fullTokens: number,
): EncodedPair {
  const { prefix, middle, suffix } = layout;
  const ids = new Int32Array(layout.specialCount + queryLength + documentLength);
  const typeIds = new Uint8Array(ids.length);
  const queryStart = prefix.length;
  const middleStart = queryStart + queryLength;
  const documentStart = middleStart + middle.length;
  const suffixStart = documentStart + documentLength;
  ids.set(prefix, 0);
  for (let index = 0; index < queryLength; index += 1) ids[queryStart + index] = query[index]!;
  ids.set(middle, middleStart);
  for (let index = 0; index < documentLength; index += 1) ids[documentStart + index] = document[index]!;
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
