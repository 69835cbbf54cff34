import { messageOf } from "../errors.ts";
import { FastBertNormalizer } from "./bert-normalizer.ts";
import { withFastByteLevel } from "./byte-level.ts";
import { type LibraryModel, type LibraryTokenizer, Tokenizer } from "./library.ts";
import { createTextEncoder } from "./text-encoder.ts";
import { textWindow } from "./text-window.ts";
import { type AddedTokenEntry, isRecord, type TokenizerFile, unsupported } from "./tokenizer-file.ts";
import { UnigramModel } from "./unigram-model.ts";
import { WordPieceModel } from "./word-piece-model.ts";

/** The tokens of one text, without the special tokens that surround it. */
export interface TokenizedText {
  ids: readonly number[];
  /** Whether the whole text was read; if not, `ids` are the tokens of its beginning. */
  isWhole: boolean;
  /** Length in tokens: exact for a whole text, else extrapolated from the part that was read. */
  estimate: number;
}

/** Turns single texts into token ids. */
export interface TextTokenizer {
  /**
   * The ids of a text, or of as much of its beginning as gives `needed` tokens.
   *
   * Time is bounded: 16 characters per needed token are read first (at least 4,096), then four times as many while they give too few
   * tokens, up to 256 per needed token or 1,048,576, whichever is less. Lone surrogates are read as U+FFFD.
   *
   * @throws RerankError `tokenization` when the library fails on the text
   */
  tokenize(text: string, needed: number, specialTokens: "neutralize" | "interpret"): TokenizedText;
  /** The id of a token by its content, or undefined. */
  idOf(token: string): number | undefined;
  /** What the post-processor makes of one list of tokens or of two; undefined where there is none. */
  postProcess(query: string[], document?: string[]): { tokens: string[]; typeIds: number[] | undefined } | undefined;
}

const charactersPerToken = 16;
const leastCharacters = 4096;
const growth = 4;
const mostCharactersPerToken = 256;
const mostCharacters = 1 << 20;
// Tokens near a cut inside a word are not those of the whole text; this many more are asked for, and not used.
const uncleanMargin = 64;

/**
 * Builds the tokenizer of a tokenizer.json.
 *
 * @throws RerankError `unsupported-model` when the library cannot build it
 */
export function createTextTokenizer(file: TokenizerFile): TextTokenizer {
  const addedIds = new Map(file.addedTokens.map((token) => [token.content, token.id]));
  const special = file.addedTokens.filter((token) => token.special === true);
  const ordinary = file.addedTokens.filter((token) => token.special !== true);
  const specialIds = new Set(special.map((token) => token.id));
  const interpreting = buildTokenizer(file, file.addedTokens, createModel(file, specialIds));
  const model = interpreting.model!;
  // The second tokenizer shares the model: only the list of tokens that are looked for in the text differs.
  const neutral = buildTokenizer(file, ordinary, model);
  if (model.unk_token_id !== undefined) specialIds.delete(model.unk_token_id);
  const encoders = {
    neutralize: createTextEncoder(neutral, ordinary, specialIds),
    interpret: createTextEncoder(interpreting, file.addedTokens, new Set()),
  };

  return {
    tokenize(text, needed, specialTokens) {
      if (model instanceof UnigramModel) model.acceptsSpecial = specialTokens === "interpret";
      const most = Math.max(leastCharacters, Math.min(mostCharacters, needed * mostCharactersPerToken));
      let size = Math.min(most, Math.max(leastCharacters, needed * charactersPerToken));
      for (;;) {
        const { end, isClean } = textWindow(text, size);
        const isWhole = end === text.length;
        const ids = encoders[specialTokens].encode((isWhole ? text : text.slice(0, end)).toWellFormed());
        if (isWhole || size === most || ids.length >= needed + (isClean ? 0 : uncleanMargin)) {
          return { ids, isWhole, estimate: isWhole ? ids.length : Math.round((ids.length * text.length) / end) };
        }
        size = Math.min(most, size * growth);
      }
    },
    idOf: (token) => addedIds.get(token) ?? model.tokens_to_ids.get(token),
    postProcess(query, document) {
      if (interpreting.post_processor === null) return undefined;
      const processed = interpreting.post_processor.post_process(query, document ?? null, true);
      // A post-processor that changes nothing (ByteLevel) leaves the two lists apart.
      const tokens = processed.tokens_pair ? [...processed.tokens, ...processed.tokens_pair] : processed.tokens;
      return { tokens, typeIds: processed.token_type_ids };
    },
  };
}

/** The id of a token by its content, or of a text that is one token; else undefined. */
export function singleTokenId(tokenizer: TextTokenizer, token: string): number | undefined {
  const known = tokenizer.idOf(token);
  if (known !== undefined) return known;
  const { ids } = tokenizer.tokenize(token, leastCharacters, "interpret");
  return ids.length === 1 ? ids[0] : undefined;
}

/** The library's tokenizer around a given model, or around its own where none is given. */
function buildTokenizer(file: TokenizerFile, addedTokens: readonly AddedTokenEntry[], model: LibraryModel | undefined): LibraryTokenizer {
  const { block } = file.model;
  try {
    const tokenizer = new Tokenizer(
      {
        normalizer: file.normalizer,
        pre_tokenizer: file.preTokenizer,
        post_processor: file.postProcessor,
        decoder: null,
        model: model === undefined ? block : { type: "WordPiece", vocab: {}, unk_token: "" },
        added_tokens: addedTokens,
      },
      // Of tokenizer_config.json only the unknown token of word-level models matters; its other switches are not the Rust tokenizer's.
      "unk_token" in block ? { unk_token: block.unk_token } : {},
    );
    if (model !== undefined) tokenizer.model = model;
    if (isRecord(file.normalizer) && file.normalizer.type === "BertNormalizer") {
      tokenizer.normalizer = new FastBertNormalizer({ ...file.normalizer, type: "BertNormalizer" });
    }
    tokenizer.pre_tokenizer = withFastByteLevel(tokenizer.pre_tokenizer, file.preTokenizer);
    return tokenizer;
  } catch (error) {
    throw unsupported(`tokenizer.json cannot be used (${messageOf(error)})`, error);
  }
}

/** crossrank's own model where it has one. */
function createModel(file: TokenizerFile, specialIds: ReadonlySet<number>): LibraryModel | undefined {
  if (file.model.kind === "WordPiece") return new WordPieceModel(file.model.block);
  if (file.model.kind === "Unigram") return new UnigramModel(file.model.block, specialIds);
  return undefined;
}
