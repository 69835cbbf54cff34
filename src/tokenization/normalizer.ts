import { messageOf } from "../errors.ts";
import { isRecord } from "../values.ts";
import { normalizeAsBert } from "./bert-normalizer.ts";
import { PrecompiledLibraryNormalizer, ReplaceNormalizer } from "./library.ts";
import { withOrderedMarks } from "./mark-runs.ts";
import { PrecompiledNormalizer } from "./precompiled-normalizer.ts";
import { formatValue, unsupportedError } from "./unsupported.ts";

/** Rewrites a text before it is split into words. */
export type Normalize = (text: string) => string;

/** One step; may stop early once its result is longer than `maxLength`. */
type Step = (text: string, maxLength: number) => string;

// Published normalizers make a text at most 18 times as long (an Arabic ligature under NFKC). A larger growth is a mistake or an attack:
// 30 rules that each double a letter turn one letter into a billion.
const maxGrowth = 32;
const growthMargin = 4096;

/**
 * Builds the normalizer of a tokenizer.json. Each step gives the same result as in the Rust crate.
 *
 * Its time is nearly linear in the length of a text. Regular expressions of the file itself may take longer.
 *
 * @returns undefined if the file has no normalizer
 * @throws RerankError `unsupported-model` for an unknown or malformed step. The normalizer itself throws it for a text that grows too much
 */
export function createNormalizer(config: unknown): Normalize | undefined {
  if (config === null || config === undefined) return undefined;
  const step = stepOf(config, "normalizer");
  return (text) => {
    const maxLength = maxGrowth * text.length + growthMargin;
    return limited(step, text, maxLength);
  };
}

function limited(step: Step, text: string, maxLength: number): string {
  const normal = step(text, maxLength);
  if (normal.length > maxLength)
    throw unsupportedError(`the normalizer of tokenizer.json makes a text more than ${maxGrowth} times as long`);
  return normal;
}

function stepOf(config: unknown, key: string): Step {
  if (!isRecord(config)) throw unsupportedError(`${key} of tokenizer.json is not an object`);
  switch (config.type) {
    case "Sequence":
      return sequence(config.normalizers, `${key}.normalizers`);
    case "BertNormalizer":
      return (text) => normalizeAsBert(text, config);
    case "Precompiled":
      return precompiled(config.precompiled_charsmap, `${key}.precompiled_charsmap`);
    case "Replace":
      return replacement(config, key);
    case "NFC":
    case "NFD":
    case "NFKC":
    case "NFKD": {
      const form = config.type;
      return (text) => withOrderedMarks(text).normalize(form);
    }
    case "Lowercase":
      // toLowerCase looks at the neighbors of a capital sigma; the Rust crate does not.
      return (text) => text.replaceAll("Σ", "σ").toLowerCase();
    case "Strip":
      return strip(config);
    case "StripAccents":
      return (text) => text.replace(/\p{M}+/gu, "");
    case "Prepend": {
      const prefix = textOf(config.prepend, `${key}.prepend`);
      return (text) => (text === "" ? text : prefix + text);
    }
    default:
      throw unsupportedError(`${key}.type of tokenizer.json is ${formatValue(config.type)}, which crossrank does not know`);
  }
}

function sequence(members: unknown, key: string): Step {
  if (!Array.isArray(members)) throw unsupportedError(`${key} of tokenizer.json is not a list`);
  const steps = members.map((member, index) => stepOf(member, `${key}[${index}]`));
  return (text, maxLength) => steps.reduce((normal, step) => limited(step, normal, maxLength), text);
}

function precompiled(charsmap: unknown, key: string): Step {
  // Some exports have no table. The library's NFKC with SentencePiece's exceptions is the closest replacement.
  if (charsmap === undefined || charsmap === null || charsmap === "") {
    const nfkc = new PrecompiledLibraryNormalizer({ type: "Precompiled", precompiled_charsmap: null });
    return (text) => nfkc.normalize(withOrderedMarks(text));
  }
  const table = new PrecompiledNormalizer(textOf(charsmap, key), key);
  return (text, maxLength) => table.normalize(text, maxLength);
}

function replacement(config: Record<string, unknown>, key: string): Step {
  const pattern = patternOf(config.pattern, `${key}.pattern`);
  const content = textOf(config.content, `${key}.content`);
  return (text, maxLength) => {
    let added = 0;
    // A function, so that "$&" in the content stays as it is.
    return text.replaceAll(pattern, () => {
      added += content.length;
      // Already longer than allowed: the caller refuses the text anyway.
      return added > text.length + maxLength ? "" : content;
    });
  };
}

/** A pattern of tokenizer.json, `{ "Regex": "…" }` or `{ "String": "…" }`. @throws RerankError `unsupported-model` */
export function patternOf(pattern: unknown, key: string): RegExp {
  const source = isRecord(pattern) ? (pattern.Regex ?? pattern.String) : undefined;
  if (typeof source !== "string") throw unsupportedError(`${key} of tokenizer.json is neither {"Regex": "…"} nor {"String": "…"}`);
  try {
    return new ReplaceNormalizer({ type: "Replace", pattern, content: "" }).pattern;
  } catch (error) {
    throw unsupportedError(`${key} of tokenizer.json is no regular expression (${messageOf(error)})`, error);
  }
}

function strip(config: Record<string, unknown>): Step {
  const left = config.strip_left === true;
  const right = config.strip_right === true;
  return (text) => {
    const stripped = left ? text.replace(/^\p{White_Space}+/u, "") : text;
    if (!right) return stripped;
    let end = stripped.length;
    while (end > 0 && /\p{White_Space}/u.test(stripped[end - 1]!)) end -= 1;
    return stripped.slice(0, end);
  };
}

function textOf(value: unknown, key: string): string {
  if (typeof value !== "string") throw unsupportedError(`${key} of tokenizer.json is not a text`);
  return value;
}
