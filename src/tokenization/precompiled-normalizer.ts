import { graphemes } from "./graphemes.ts";
import { unsupportedError } from "./unsupported.ts";

// Parts that must be split into graphemes. The rest are runs of characters that never join with another one.
const uncertainParts = /[\t\x20-\x7e]?(?:[^\t\x20-\x7e]+[\t\x20-\x7e]?)+/g;
/** A longer grapheme is looked up character by character. */
const maxGraphemeBytes = 5;
const maxCachedGraphemes = 50_000;

/**
 * SentencePiece's normalizer: a table that maps characters and short graphemes to their normal forms.
 *
 * It replaces the library's normalizer, which uses NFKC with a list of exceptions, whatever the table says. For example, NFKC joins a letter with
 * the first of several stacked marks; the table does not change a grapheme of more than five bytes.
 *
 * @see https://github.com/huggingface/tokenizers/blob/v0.22.0/tokenizers/src/normalizers/precompiled.rs
 * @see https://github.com/huggingface/spm_precompiled the format: length of the trie in bytes, a double-array trie over bytes, strings that end in NUL
 */
export class PrecompiledNormalizer {
  readonly #trie: Uint32Array;
  readonly #strings: Uint8Array;
  readonly #known: Map<string, string> = new Map();
  readonly #encoder: InstanceType<typeof TextEncoder> = new TextEncoder();
  readonly #decoder: InstanceType<typeof TextDecoder> = new TextDecoder();
  /** The printable ASCII characters that the table changes. */
  readonly #plain: RegExp | undefined;

  /** @throws RerankError `unsupported-model` for a table that cannot be read */
  constructor(charsmap: string, key: string) {
    const bytes = bytesOf(charsmap);
    const view = bytes && new DataView(bytes.buffer);
    const trieBytes = bytes === undefined || bytes.length < 4 ? 0 : view!.getUint32(0, true);
    if (bytes === undefined || trieBytes < 4 || 4 + trieBytes > bytes.length) {
      throw unsupportedError(`${key} of tokenizer.json is not a table of SentencePiece`);
    }
    this.#trie = Uint32Array.from({ length: trieBytes >> 2 }, (_, index) => view!.getUint32(4 + 4 * index, true));
    this.#strings = bytes.subarray(4 + 4 * this.#trie.length);
    const plain = Array.from({ length: 0x7f }, (_, code) => String.fromCharCode(code))
      .filter((character) => (character >= " " || character === "\t") && this.#lookUp(character) !== undefined)
      .map((character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`);
    this.#plain = plain.length === 0 ? undefined : new RegExp(`[${plain.join("")}]`, "g");
  }

  /** @param maxLength stop once the result is longer than this */
  normalize(text: string, maxLength: number): string {
    let normal = "";
    let end = 0;
    for (const { 0: part, index } of text.matchAll(uncertainParts)) {
      normal += this.#plainText(text.slice(end, index));
      for (const grapheme of graphemes(part)) {
        normal += this.#grapheme(grapheme);
        if (normal.length > maxLength) return normal;
      }
      end = index + part.length;
    }
    return normal + this.#plainText(text.slice(end));
  }

  #plainText(text: string): string {
    return this.#plain === undefined ? text : text.replace(this.#plain, (character) => this.#lookUp(character)!);
  }

  #grapheme(grapheme: string): string {
    const known = this.#known.get(grapheme);
    if (known !== undefined) return known;
    // UTF-8 has at least one byte for each UTF-16 unit.
    const whole = grapheme.length <= maxGraphemeBytes ? this.#lookUp(grapheme, maxGraphemeBytes) : undefined;
    let normal = whole ?? "";
    if (whole === undefined) for (const character of grapheme) normal += this.#lookUp(character) ?? character;
    if (grapheme.length <= maxGraphemeBytes) {
      if (this.#known.size >= maxCachedGraphemes) this.#known.clear();
      this.#known.set(grapheme, normal);
    }
    return normal;
  }

  /** The value of the shortest entry that is a prefix of the key. As in the Rust crate, the rest of the key is dropped. */
  #lookUp(key: string, maxBytes: number = Number.POSITIVE_INFINITY): string | undefined {
    const bytes = this.#encoder.encode(key);
    if (bytes.length > maxBytes) return undefined;
    let node = offsetOf(this.#trie[0]!);
    for (const byte of bytes) {
      if (byte === 0) return undefined;
      node ^= byte;
      const unit = this.#trie[node];
      if (unit === undefined || (unit & 0x800000ff) !== byte) return undefined;
      node ^= offsetOf(unit);
      if ((unit & 0x100) !== 0) {
        const start = (this.#trie[node] ?? 0) & 0x7fffffff;
        const end = this.#strings.indexOf(0, start);
        return this.#decoder.decode(this.#strings.subarray(start, end === -1 ? undefined : end));
      }
    }
    return undefined;
  }
}

/** The distance to a unit's children in a double-array trie of Darts-clone. */
function offsetOf(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
