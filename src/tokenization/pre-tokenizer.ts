import { isRecord } from "../values.ts";
import { createByteLevelSplitter } from "./byte-level.ts";
import { patternOf } from "./normalizer.ts";
import { formatValue, unsupportedError } from "./unsupported.ts";

/**
 * Splits a text into words. The model tokenizes each word separately.
 *
 * @param isStart whether `text` is the beginning of the whole text; false after an added token
 */
export type SplitWords = (text: string, isStart: boolean) => string[];

const punctuation = "\\p{P}\\u0021-\\u002f\\u003a-\\u0040\\u005b-\\u0060\\u007b-\\u007e";
const wordCharacters = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}";
// JavaScript's \s has U+FEFF and lacks U+0085.
const space = "\\p{White_Space}";

/** What happens to the parts that a pattern finds. */
type Behavior = "removed" | "isolated" | "contiguous" | "mergedwithprevious" | "mergedwithnext";
const behaviors: readonly string[] = ["removed", "isolated", "contiguous", "mergedwithprevious", "mergedwithnext"] satisfies Behavior[];

/**
 * Builds the splitter of a tokenizer.json. Each step gives the same result as in the Rust crate.
 *
 * The library's own steps differ: `Whitespace` knows only ASCII letters and JavaScript's white space, `Split` and `Punctuation` know one of five
 * behaviors, `Digits` knows only decimal digits, and `Metaspace` does not split.
 *
 * @returns undefined if the file has no pre-tokenizer
 * @throws RerankError `unsupported-model` for an unknown or malformed step
 * @see https://github.com/huggingface/tokenizers/tree/v0.22.0/tokenizers/src/pre_tokenizers
 */
export function createSplitter(config: unknown): SplitWords | undefined {
  return config === null || config === undefined ? undefined : splitterOf(config, "pre_tokenizer");
}

function splitterOf(config: unknown, key: string): SplitWords {
  if (!isRecord(config)) throw unsupportedError(`${key} of tokenizer.json is not an object`);
  switch (config.type) {
    case "Sequence":
      return sequence(config.pretokenizers, `${key}.pretokenizers`);
    case "ByteLevel":
      return createByteLevelSplitter(config);
    case "BertPreTokenizer":
      return matches(`[^${space}${punctuation}]+|[${punctuation}]`);
    case "Whitespace":
      return matches(`[${wordCharacters}]+|[^${wordCharacters}${space}]+`);
    case "WhitespaceSplit":
      return matches(`[^${space}]+`);
    case "Digits":
      return matches(config.individual_digits === true ? "\\P{N}+|\\p{N}" : "\\P{N}+|\\p{N}+");
    case "Punctuation":
      return split(new RegExp(`[${punctuation}]`, "gu"), behaviorOf(config.behavior ?? "Isolated", key), false);
    case "Metaspace":
      return metaspace(config, key);
    case "Split":
      return split(patternOf(config.pattern, `${key}.pattern`), behaviorOf(config.behavior, key), config.invert === true);
    case "FixedLength":
      return fixedLength(config.length, `${key}.length`);
    default:
      throw unsupportedError(`${key}.type of tokenizer.json is ${formatValue(config.type)}, which crossrank does not know`);
  }
}

function sequence(members: unknown, key: string): SplitWords {
  if (!Array.isArray(members)) throw unsupportedError(`${key} of tokenizer.json is not a list`);
  const splitters = members.map((member, index) => splitterOf(member, `${key}[${index}]`));
  return (text, isStart) =>
    splitters.reduce((words, splitter) => words.flatMap((word, index) => splitter(word, isStart && index === 0)), [text]);
}

function matches(source: string): SplitWords {
  const pattern = new RegExp(source, "gu");
  return (text) => text.match(pattern) ?? [];
}

/** @see `Metaspace::new` of the Rust crate: older files have `add_prefix_space` instead of `prepend_scheme` */
function metaspace(config: Record<string, unknown>, key: string): SplitWords {
  const { replacement = "▁", add_prefix_space: isPrefixed, prepend_scheme: scheme = isPrefixed === false ? "never" : "always" } = config;
  if (typeof replacement !== "string" || [...replacement].length !== 1) {
    throw unsupportedError(`${key}.replacement of tokenizer.json is not one character`);
  }
  return (text, isStart) => {
    const marked = text.replaceAll(" ", replacement);
    const isPrepended = (scheme === "always" || (scheme === "first" && isStart)) && !marked.startsWith(replacement);
    const whole = isPrepended ? replacement + marked : marked;
    return config.split === false ? [whole] : splitBefore(whole, replacement);
  };
}

/** The parts of a text, split before each occurrence of a character. */
function splitBefore(text: string, character: string): string[] {
  const words: string[] = [];
  let start = 0;
  while (start < text.length) {
    const found = text.indexOf(character, start + 1);
    const end = found === -1 ? text.length : found;
    words.push(text.slice(start, end));
    start = end;
  }
  return words;
}

function fixedLength(length: unknown, key: string): SplitWords {
  if (!Number.isSafeInteger(length) || (length as number) < 1) throw unsupportedError(`${key} of tokenizer.json is not a positive integer`);
  return matches(`[\\s\\S]{1,${length}}`);
}

function behaviorOf(value: unknown, key: string): Behavior {
  const name = typeof value === "string" ? value.toLowerCase().replaceAll("_", "") : value;
  if (!behaviors.includes(name as string)) throw unsupportedError(`${key}.behavior of tokenizer.json is ${formatValue(value)}`);
  return name as Behavior;
}

/** @param isInverted whether the parts between the matches count as found, and the matches do not */
function split(pattern: RegExp, behavior: Behavior, isInverted: boolean): SplitWords {
  return (text) => {
    const parts: { text: string; isFound: boolean }[] = [];
    let end = 0;
    for (const { 0: found, index } of text.matchAll(pattern)) {
      if (index > end) parts.push({ text: text.slice(end, index), isFound: isInverted });
      if (found !== "") parts.push({ text: found, isFound: !isInverted });
      end = index + found.length;
    }
    if (end < text.length) parts.push({ text: text.slice(end), isFound: isInverted });
    const words: string[] = [];
    let isPreviousFound: boolean | undefined;
    for (const part of parts) {
      if (behavior === "removed") {
        if (!part.isFound) words.push(part.text);
      } else if (isPreviousFound !== undefined && joins(behavior, isPreviousFound, part.isFound)) {
        words[words.length - 1] += part.text;
      } else {
        words.push(part.text);
      }
      isPreviousFound = part.isFound;
    }
    return words;
  };
}

function joins(behavior: Behavior, isPreviousFound: boolean, isFound: boolean): boolean {
  if (behavior === "contiguous") return isPreviousFound === isFound;
  if (behavior === "mergedwithprevious") return isFound && !isPreviousFound;
  return behavior === "mergedwithnext" && isPreviousFound && !isFound;
}
