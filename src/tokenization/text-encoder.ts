import { messageOf, RerankError } from "../errors.ts";
import type { LibraryModel, LibraryTokenizer } from "./library.ts";
import type { AddedTokenEntry } from "./tokenizer-file.ts";

/** One tokenizer as a function from a well-formed text to its ids. */
export interface TextToIds {
  /** @throws RerankError `tokenization` when the library fails on the text */
  encode(text: string): readonly number[];
}

// Words repeat: this many hold the words of a few thousand documents, in about 10 MB.
const rememberedWords = 50_000;
// Longer ones hardly repeat; a tokenizer that does not split at white space gives whole texts as one word.
const longestRememberedWord = 64;

/**
 * Builds the encoder around a tokenizer of the library.
 *
 * A text that holds none of the added tokens is normalised and split by the library, and its words' ids are remembered, which makes
 * passages two to ten times faster. A text that holds one goes through the library as a whole.
 *
 * @param addedTokens what the tokenizer looks for in texts
 * @param forbidden ids that must not come out; they become the unknown token, or nothing where there is none
 */
export function createTextEncoder(
  tokenizer: LibraryTokenizer,
  addedTokens: readonly AddedTokenEntry[],
  forbidden: ReadonlySet<number>,
): TextToIds {
  const model = tokenizer.model!;
  const added = addedTokenPattern(tokenizer, addedTokens);
  const words = new WordMemory(model, forbidden);
  const encode = (text: string): readonly number[] => {
    if (added?.test(text) === true) return permitted(tokenizer.encode(text, { add_special_tokens: false }).ids, forbidden, model);
    const normal = tokenizer.normalizer === null ? text : tokenizer.normalizer.normalize(text);
    if (normal === "") return [];
    // An added token may also arise from normalising.
    if (added?.test(normal) === true) return permitted(tokenizer.encode(text, { add_special_tokens: false }).ids, forbidden, model);
    return words.encode(tokenizer.pre_tokenizer === null ? [normal] : tokenizer.pre_tokenizer.pre_tokenize(normal, { section_index: 0 }));
  };
  return {
    encode(text) {
      try {
        return encode(text);
      } catch (error) {
        throw new RerankError(
          "tokenization",
          `tokenization: a text of ${text.length} characters could not be tokenised (${messageOf(error)}). ` +
            "Please report it with the text and the model's name.",
          { cause: error },
        );
      }
    },
  };
}

/** Finds any added token, as it is written or as it is normalised; undefined where there is none. */
function addedTokenPattern(tokenizer: LibraryTokenizer, addedTokens: readonly AddedTokenEntry[]): RegExp | undefined {
  const contents = addedTokens.flatMap(({ content }) => [content, tokenizer.normalizer?.normalize(content) ?? content]);
  const sources = [...new Set(contents)]
    .filter((content) => content !== "")
    .map((content) => content.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return sources.length === 0 ? undefined : new RegExp(sources.join("|"));
}

/** The ids of words, remembered. */
class WordMemory {
  readonly #model: LibraryModel;
  readonly #forbidden: ReadonlySet<number>;
  readonly #known: Map<string, readonly number[]> = new Map();

  constructor(model: LibraryModel, forbidden: ReadonlySet<number>) {
    this.#model = model;
    this.#forbidden = forbidden;
  }

  encode(words: readonly string[]): number[] {
    const ids: number[] = [];
    for (const word of words) {
      const known = this.#known.get(word) ?? this.#learn(word);
      for (let index = 0; index < known.length; index += 1) ids.push(known[index]!);
    }
    return ids;
  }

  #learn(word: string): readonly number[] {
    const ids = this.#model._call([word]).map((piece) => this.#model.tokens_to_ids.get(piece) ?? this.#model.unk_token_id);
    const kept = permitted(ids, this.#forbidden, this.#model);
    if (word.length <= longestRememberedWord) {
      if (this.#known.size >= rememberedWords) this.#known.clear();
      this.#known.set(word, kept);
    }
    return kept;
  }
}

/** Ids with forbidden ones made unknown, and without the holes that a vocabulary without an unknown token leaves. */
function permitted(ids: readonly (number | undefined)[], forbidden: ReadonlySet<number>, model: LibraryModel): number[] {
  const kept: number[] = [];
  for (const id of ids) {
    const allowed = id === undefined || forbidden.has(id) ? model.unk_token_id : id;
    if (allowed !== undefined) kept.push(allowed);
  }
  return kept;
}
