import { ByteLevelPreTokenizer } from "./library.ts";

// The same limits as for the encoder's cache of words.
const maxCachedWords = 50_000;
const maxCachedWordLength = 64;
// GPT-2's pattern; JavaScript's \s has U+FEFF and lacks U+0085.
const pattern =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/**
 * Splits a text as GPT-2 does and writes each byte of a word as one character.
 *
 * It caches the written form of words, because writing takes most of the time.
 */
export function createByteLevelSplitter(config: Record<string, unknown>): (text: string) => string[] {
  const { add_prefix_space: isPrefixed = false, use_regex: isSplit = true } = config;
  const { byte_encoder: characters } = new ByteLevelPreTokenizer(config);
  const encoder = new TextEncoder();
  const written = new Map<string, string>();
  const write = (word: string): string => {
    const known = written.get(word);
    if (known !== undefined) return known;
    let bytes = "";
    for (const byte of encoder.encode(word)) bytes += characters[byte];
    if (word.length <= maxCachedWordLength) {
      if (written.size >= maxCachedWords) written.clear();
      written.set(word, bytes);
    }
    return bytes;
  };
  return (text) => {
    const prefixed = isPrefixed === true && !text.startsWith(" ") ? ` ${text}` : text;
    return (isSplit === false ? [prefixed] : (prefixed.match(pattern) ?? [])).map(write);
  };
}
