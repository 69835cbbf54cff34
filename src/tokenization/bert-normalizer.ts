import { withOrderedMarks } from "./mark-runs.ts";

/** The settings of a BERT normalizer. */
export interface BertNormalizerConfig {
  clean_text?: boolean;
  handle_chinese_chars?: boolean;
  strip_accents?: boolean | null;
  lowercase?: boolean;
}

// Of the steps below, only lowercasing changes such a text.
const isPrintableAscii = /^[\x20-\x7e]*$/;
const controls = /(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\ufffd]/gu;
const whiteSpace = /\p{White_Space}/gu;
// `is_chinese_char` of the Rust crate: CJK ideographs with their extensions A to E and the compatibility blocks.
const ideographs =
  /[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/gu;
const accents = /\p{Mn}/gu;

/**
 * BERT's normalizer, equal to that of the Rust crate. Each step works on the whole text.
 *
 * It replaces the library's own normalizer, which is slow (one character at a time), does not separate ideographs above U+FFFF, and
 * lowercases a final Greek Σ to ς where the Rust crate gives σ.
 *
 * @see https://github.com/huggingface/tokenizers/blob/v0.22.0/tokenizers/src/normalizers/bert.rs
 */
export function normalizeAsBert(text: string, config: BertNormalizerConfig): string {
  const { clean_text, handle_chinese_chars, lowercase, strip_accents } = config;
  const isLower = lowercase ?? true;
  if (isPrintableAscii.test(text)) return isLower ? text.toLowerCase() : text;
  let normal = text;
  if (clean_text ?? true) normal = normal.replace(controls, "").replace(whiteSpace, " ");
  if (handle_chinese_chars ?? true) normal = normal.replace(ideographs, " $& ");
  if (strip_accents ?? isLower) normal = withOrderedMarks(normal).normalize("NFD").replace(accents, "");
  // toLowerCase looks at the neighbors of a capital sigma; the Rust crate does not.
  return isLower ? normal.replaceAll("Σ", "σ").toLowerCase() : normal;
}
