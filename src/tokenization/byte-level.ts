import { ByteLevelPreTokenizer, type LibraryPreTokenizer } from "./library.ts";
import { isRecord } from "./tokenizer-file.ts";

// As many as the encoder remembers of words.
const rememberedWords = 50_000;
const longestRememberedWord = 64;

/** The library's splitter of byte-level tokenizers, which remembers how words are written in bytes: that is most of its time. */
class RememberingByteLevel extends ByteLevelPreTokenizer {
  readonly #written: Map<string, string> = new Map();

  override pre_tokenize_text(text: string): string[] {
    const prefixed = this.add_prefix_space && !text.startsWith(" ") ? ` ${text}` : text;
    const words = this.use_regex ? (prefixed.match(this.pattern) ?? []) : [prefixed];
    for (let index = 0; index < words.length; index += 1) words[index] = this.#write(words[index]!);
    return words;
  }

  #write(word: string): string {
    const known = this.#written.get(word);
    if (known !== undefined) return known;
    let written = "";
    for (const byte of this.text_encoder.encode(word)) written += this.byte_encoder[byte];
    if (word.length <= longestRememberedWord) {
      if (this.#written.size >= rememberedWords) this.#written.clear();
      this.#written.set(word, written);
    }
    return written;
  }
}

/** The same pre-tokenizer with byte-level splitters made faster, alone or as members of a Sequence. */
export function withFastByteLevel(preTokenizer: LibraryPreTokenizer | null, config: unknown): LibraryPreTokenizer | null {
  if (!isRecord(config) || preTokenizer === null) return preTokenizer;
  if (config.type === "ByteLevel") return new RememberingByteLevel(config);
  if (config.type === "Sequence" && Array.isArray(config.pretokenizers) && preTokenizer.tokenizers !== undefined) {
    const members = config.pretokenizers;
    preTokenizer.tokenizers = preTokenizer.tokenizers.map((member, place) => withFastByteLevel(member, members[place]));
  }
  return preTokenizer;
}
