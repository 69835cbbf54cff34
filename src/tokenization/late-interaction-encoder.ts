import { RerankError } from "../errors.ts";
import type { CheckedLateInteractionHead } from "../types.ts";
import { openTokenizer, padTokenId, type TokenizerFiles } from "./open-tokenizer.ts";
import { type EncodedPair, type EncodeOptions, tooLongError, truncateIds } from "./pair-encoder.ts";
import type { TextTokenizer } from "./text-tokenizer.ts";
import { unsupportedError } from "./unsupported.ts";

/** The model's input for one query or one document. */
export interface EncodedText extends EncodedPair {
  /** Whether each token takes part in the comparison, shape [tokens]. */
  isCompared: readonly boolean[];
}

/** Turns queries and documents, each alone, into model inputs. */
export interface LateInteractionEncoder {
  readonly padId: number;
  /** Special tokens in front of a text, its mark included. */
  readonly leadingTokens: number;
  /**
   * Exactly `queryLength` ids: those of the query, then mask tokens. No other token attends to the mask tokens, but they take part in the comparison.
   *
   * @throws RerankError `invalid-input` for a query that is too long under truncation `error` or `only_second`; `tokenization`
   */
  encodeQuery(query: string, options: EncodeOptions): EncodedText;
  /** At most `documentLength` ids, and at most the options' `maxLength`. @throws RerankError `invalid-input` under truncation `error`; `tokenization` */
  encodeDocument(document: string, options: EncodeOptions): EncodedText;
}

const sentinel = "\u0000text";
// Python's string.punctuation, which ColBERT's `mask_punctuation` names.
const punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

/**
 * Builds the encoder of a ColBERT model.
 *
 * @param head lengths include special tokens
 * @throws RerankError `unsupported-model` when the files lack a token that is needed
 * @see https://github.com/stanford-futuredata/ColBERT `colbert/modeling/tokenization/`: the marker comes after the first special token, mask
 * tokens pad a query, and a document's punctuation is left out by the ids of single characters
 */
export function createLateInteractionEncoder(files: TokenizerFiles, head: Required<CheckedLateInteractionHead>): LateInteractionEncoder {
  const { file, tokenizer } = openTokenizer(files);
  const idOf = (token: string, what: string): number => {
    const id = tokenizer.idOf(token);
    if (id === undefined)
      throw unsupportedError(
        `the ${what} ${JSON.stringify(token)} is not in the vocabulary; head.queryToken and head.documentToken name the marks`,
      );
    return id;
  };
  const [prefix, suffix] = surroundings(tokenizer);
  const maskId = idOf(maskToken(files.config), "mask token");
  const marks = { query: idOf(head.queryToken, "mark of queries"), document: idOf(head.documentToken, "mark of documents") };
  const skipped = new Set(head.skipPunctuation ? Array.from(punctuation, (character) => tokenizer.idOf(character)) : []);

  const encode = (
    text: string,
    mark: number,
    limit: number,
    what: "query" | "document",
    { truncation, truncationSide = "right", specialTokens }: EncodeOptions,
  ): EncodedPair => {
    const room = limit - prefix.length - suffix.length - 1;
    if (room < 1) {
      const key = limit < head[`${what}Length`] ? "maxLength" : `head.${what}Length`;
      throw new RerankError(
        "invalid-input",
        `tokenization: a ${what} of ${limit} tokens has no room beside the special ones. Give a larger ${key}.`,
      );
    }
    const { ids, isWhole } = tokenizer.tokenize(text, limit, specialTokens, truncationSide);
    const fullTokens = ids.length + limit - room;
    const isCut = !isWhole || ids.length > room;
    if (isCut && truncation === "error") throw tooLongError(fullTokens, limit, isWhole);
    if (isCut && truncation === "only_second" && what === "query") {
      throw new RerankError(
        "invalid-input",
        `tokenization: the query has ${isWhole ? "" : "at least "}${fullTokens} tokens, and truncation "only_second" must leave it whole in ${limit}. Shorten it, raise head.queryLength, or use truncation "longest_first".`,
      );
    }
    const all = Int32Array.from([...prefix, mark, ...truncateIds(ids, room, truncationSide), ...suffix]);
    return { ids: all, typeIds: new Uint8Array(all.length), fullTokens: isCut ? fullTokens : 0, isLowerBound: isCut && !isWhole };
  };

  return {
    padId: padTokenId(file, files.config, tokenizer),
    leadingTokens: prefix.length + 1,
    encodeQuery(query, options) {
      const { ids, fullTokens, isLowerBound } = encode(query, marks.query, head.queryLength, "query", options);
      const filled = new Int32Array(head.queryLength).fill(maskId);
      filled.set(ids);
      return {
        ids: filled,
        typeIds: new Uint8Array(filled.length),
        fullTokens,
        ...(isLowerBound === undefined ? {} : { isLowerBound }),
        attended: ids.length,
        isCompared: Array.from(filled, () => true),
      };
    },
    encodeDocument(document, options) {
      const limit = Math.min(head.documentLength, options.maxLength ?? head.documentLength);
      const encoded = encode(document, marks.document, limit, "document", options);
      return { ...encoded, isCompared: Array.from(encoded.ids, (id) => !skipped.has(id)) };
    },
  };
}

/** The special tokens around a single text. */
function surroundings(tokenizer: TextTokenizer): [prefix: number[], suffix: number[]] {
  const tokens = tokenizer.postProcess([sentinel])?.tokens ?? [sentinel];
  const sentinelIndex = tokens.indexOf(sentinel);
  if (sentinelIndex === -1) throw unsupportedError("the post-processor of tokenizer.json does not take a single text");
  const idsOf = (some: readonly string[]): number[] =>
    some.map((token) => {
      const id = tokenizer.idOf(token);
      if (id === undefined)
        throw unsupportedError(`the special token ${JSON.stringify(token)} of the post-processor is not in the vocabulary`);
      return id;
    });
  return [idsOf(tokens.slice(0, sentinelIndex)), idsOf(tokens.slice(sentinelIndex + 1))];
}

/** `mask_token` of tokenizer_config.json, a string or an object with `content`. @default BERT's `[MASK]` */
function maskToken(config: unknown): string {
  const entry = (config as { mask_token?: string | { content?: string } | null } | null)?.mask_token;
  return (typeof entry === "object" ? entry?.content : entry) ?? "[MASK]";
}
