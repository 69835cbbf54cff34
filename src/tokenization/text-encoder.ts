import { messageOf, RerankError } from "../errors.ts";
import { AddedTokens } from "./added-tokens.ts";
import type { LibraryModel } from "./library.ts";
import type { Normalize } from "./normalizer.ts";
import type { SplitWords } from "./pre-tokenizer.ts";
import type { AddedTokenEntry } from "./tokenizer-file.ts";

/** One tokenizer as a function from a well-formed text to its ids. */
export interface TextToIds {
  /** @throws RerankError `unsupported-model` for a text that the file's normalizer blows up; `tokenization` for every other failure */
  encode(text: string): readonly number[];
}

/** The steps from a text to ids, in order; the first two may be missing. */
export interface TokenizerSteps {
  normalize: Normalize | undefined;
  split: SplitWords | undefined;
  model: LibraryModel;
}

// Words repeat: this many hold the words of a few thousand documents, in about 10 MB.
const rememberedWords = 50_000;
// Longer ones hardly repeat; a tokenizer that does not split at white space gives whole texts as one word.
const longestRememberedWord = 64;

/**
 * Builds the encoder: added tokens are found first, those that say so in the normalized text; what lies between is normalized, split into
 * words, and the ids of words are remembered, which makes passages two to ten times faster.
 *
 * @param addedTokens what the tokenizer looks for in texts
 * @param forbidden ids that must not come out; they become the unknown token, or nothing where there is none
 */
export function createTextEncoder(
  { normalize, split, model }: TokenizerSteps,
  addedTokens: readonly AddedTokenEntry[],
  forbidden: ReadonlySet<number>,
): TextToIds {
  const isNormalized = ({ normalized, special }: AddedTokenEntry): boolean => normalized ?? special !== true;
  const written = addedTokens.filter((token) => !isNormalized(token));
  const normal = addedTokens.filter(isNormalized);
  const inText = new AddedTokens(
    written,
    written.map(({ content }) => content),
  );
  const inNormalText = new AddedTokens(
    normal,
    normal.map(({ content }) => normalize?.(content) ?? content),
  );
  const words = new WordMemory(model, forbidden);
  const encode = (text: string): number[] => {
    const ids: number[] = [];
    const pushAdded = (id: number): void => {
      for (const allowed of permitted([id], forbidden, model)) ids.push(allowed);
    };
    for (const [index, section] of inText.split(text).entries()) {
      if ("id" in section) {
        pushAdded(section.id);
        continue;
      }
      const parts = inNormalText.split(normalize?.(section.text) ?? section.text);
      for (const [partIndex, part] of parts.entries()) {
        if ("id" in part) pushAdded(part.id);
        else words.encode(split?.(part.text, index === 0 && partIndex === 0) ?? [part.text], ids);
      }
    }
    return ids;
  };
  return {
    encode(text) {
      try {
        return encode(text);
      } catch (error) {
        if (RerankError.is(error)) throw error;
        throw new RerankError(
          "tokenization",
          `tokenization: a text of ${text.length} characters could not be tokenized (${messageOf(error)}). ` +
            "Please report it with the text and the model's name.",
          { cause: error },
        );
      }
    },
  };
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

  /** Appends the ids of words. */
  encode(words: readonly string[], ids: number[]): void {
    for (const word of words) {
      const known = this.#known.get(word) ?? this.#learn(word);
      for (let index = 0; index < known.length; index += 1) ids.push(known[index]!);
    }
  }

  #learn(word: string): readonly number[] {
    const ids = this.#model.encode([word]).map((piece) => this.#model.tokens_to_ids.get(piece) ?? this.#model.unk_token_id);
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
