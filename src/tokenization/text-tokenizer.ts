import { messageOf } from "../errors.ts";
import type { TruncationSide } from "../types.ts";
import { BpeModel } from "./bpe-model.ts";
import { type LibraryModel, type LibraryPostProcessor, Tokenizer } from "./library.ts";
import { createNormalizer } from "./normalizer.ts";
import { createSplitter } from "./pre-tokenizer.ts";
import { createTextEncoder } from "./text-encoder.ts";
import { textWindow } from "./text-window.ts";
import type { TokenizerFile } from "./tokenizer-file.ts";
import { UnigramModel } from "./unigram-model.ts";
import { unsupportedError } from "./unsupported.ts";
import { WordLevelModel } from "./word-level-model.ts";
import { WordPieceModel } from "./word-piece-model.ts";

/** The tokens of one text, without special tokens around it. */
export interface TokenizedText {
  ids: readonly number[];
  /** Whether the whole text was read. If not, `ids` are the tokens of its beginning, or of its end with truncation side `left`. */
  isWhole: boolean;
  /** Length in tokens: exact for a whole text, otherwise extrapolated from the part that was read. */
  estimate: number;
}

/** Turns single texts into token ids. */
export interface TextTokenizer {
  /**
   * The ids of a text. For a long text, only those of its beginning (with side `left`: of its end), but at least `needed` of them.
   *
   * The time is bounded. It first reads 16 characters per needed token (at least 4,096). While that gives too few tokens, it reads four times as
   * many, up to 256 per needed token or 1,048,576, whichever is less. Lone surrogates are read as U+FFFD.
   *
   * @throws RerankError `tokenization` when the library fails on the text
   */
  tokenize(text: string, needed: number, specialTokens: "neutralize" | "interpret", side?: TruncationSide): TokenizedText;
  /** The id of a token by its content, or undefined. */
  idOf(token: string): number | undefined;
  /** The post-processor's result for one or two lists of tokens. Undefined if the file has no post-processor. */
  postProcess(query: string[], document?: string[]): { tokens: string[]; typeIds: number[] | undefined } | undefined;
}

/** Tokenizes a text, and throws when it takes too long. @param mayHang whether the file has regular expressions, which may never end */
export type TextTimeLimit = <T>(work: () => T, mayHang: boolean) => T;

const firstCharactersPerToken = 16;
const minCharacters = 4096;
const growth = 4;
const maxCharactersPerToken = 256;
const maxCharacters = 1 << 20;
// Near a cut inside a word, tokens differ from those of the whole text. So it reads this many tokens more, which are not used.
const cutMarginTokens = 64;

/**
 * Builds the tokenizer of a tokenizer.json.
 *
 * @throws RerankError `unsupported-model` when the library cannot build it
 */
export function createTextTokenizer(file: TokenizerFile, limit?: TextTimeLimit): TextTokenizer {
  const addedIds = new Map(file.addedTokens.map((token) => [token.content, token.id]));
  const special = file.addedTokens.filter((token) => token.special === true);
  const ordinary = file.addedTokens.filter((token) => token.special !== true);
  const specialIds = new Set(special.map((token) => token.id));
  const model = createModel(file, specialIds);
  const steps = {
    normalize: createNormalizer(file.normalizer),
    split: createSplitter(file.preTokenizer),
    model,
    limit: limit && (<T>(work: () => T) => limit(work, file.hasPatterns)),
  };
  const postProcessor = buildPostProcessor(file.postProcessor);
  if (model.unk_token_id !== undefined) specialIds.delete(model.unk_token_id);
  const encoders = {
    // Both share the model. They differ only in the added tokens that they find in a text.
    neutralize: createTextEncoder(steps, ordinary, specialIds),
    interpret: createTextEncoder(steps, file.addedTokens, new Set()),
  };

  return {
    tokenize(text, needed, specialTokens, side) {
      if (model instanceof UnigramModel) model.acceptsSpecial = specialTokens === "interpret";
      const max = Math.max(minCharacters, Math.min(maxCharacters, needed * maxCharactersPerToken));
      let size = Math.min(max, Math.max(minCharacters, needed * firstCharactersPerToken));
      for (;;) {
        const { start, end, isClean } = textWindow(text, size, side);
        const isWhole = end - start === text.length;
        const ids = encoders[specialTokens].encode((isWhole ? text : text.slice(start, end)).toWellFormed());
        if (isWhole || size === max || ids.length >= needed + (isClean ? 0 : cutMarginTokens)) {
          return { ids, isWhole, estimate: isWhole ? ids.length : Math.round((ids.length * text.length) / (end - start)) };
        }
        size = Math.min(max, size * growth);
      }
    },
    idOf: (token) => addedIds.get(token) ?? model.tokens_to_ids.get(token),
    postProcess(query, document) {
      if (postProcessor === null) return undefined;
      const processed = postProcess(postProcessor, query, document);
      // A post-processor that changes nothing (ByteLevel) does not join the two lists.
      const tokens = processed.tokens_pair ? [...processed.tokens, ...processed.tokens_pair] : processed.tokens;
      return { tokens, typeIds: processed.token_type_ids };
    },
  };
}

/** The id of a token by its content, or of a text that is exactly one token. Undefined for any other text. */
export function singleTokenId(tokenizer: TextTokenizer, token: string): number | undefined {
  const known = tokenizer.idOf(token);
  if (known !== undefined) return known;
  const { ids } = tokenizer.tokenize(token, minCharacters, "interpret");
  return ids.length === 1 ? ids[0] : undefined;
}

/** The library's post-processor, the only part of its tokenizer that crossrank uses. */
function buildPostProcessor(config: unknown): LibraryPostProcessor | null {
  try {
    const model = { type: "WordPiece", vocab: {}, unk_token: "" };
    return new Tokenizer({ normalizer: null, pre_tokenizer: null, post_processor: config, decoder: null, model, added_tokens: [] }, {})
      .post_processor;
  } catch (error) {
    throw unsupportedError(`post_processor of tokenizer.json cannot be used (${messageOf(error)})`, error);
  }
}

function postProcess(
  postProcessor: LibraryPostProcessor,
  query: string[],
  document: string[] | undefined,
): ReturnType<LibraryPostProcessor["post_process"]> {
  try {
    return postProcessor.post_process(query, document ?? null, true);
  } catch (error) {
    throw unsupportedError(`post_processor of tokenizer.json cannot be used (${messageOf(error)})`, error);
  }
}

function createModel({ model }: TokenizerFile, specialIds: ReadonlySet<number>): LibraryModel {
  switch (model.kind) {
    case "WordPiece":
      return new WordPieceModel(model.block);
    case "Unigram":
      return new UnigramModel(model.block, specialIds);
    case "BPE":
      return new BpeModel(model.block);
    case "WordLevel":
      return new WordLevelModel(model.block);
  }
}
