/** Divides texts into passages that the model reads whole beside a query; in a thread, for it counts tokens. */
import { RerankError } from "../../errors.ts";
import { commonWords } from "../../ranking/common-words.ts";
import { passagesOf } from "../../ranking/passages.ts";
import type { PassageReading } from "../../scorer.ts";
import type { EncodedPair, EncodeOptions } from "../../tokenization/pair-encoder.ts";
import type { TextPassages } from "./by-passages.ts";
import type { Group, GroupRunner } from "./group.ts";
import type { OnnxSession } from "./session.node.ts";

/** Texts to divide, each of bounded length: a longer document comes in stretches. */
export interface SplitRequest extends Omit<Group, "batchSize">, Pick<PassageReading, "maxPassages" | "passageTokens" | "overlapTokens"> {
  kind: "split";
  /** Maximum tokens of each text that are read; undefined for all. */
  maxTextTokens: readonly (number | undefined)[];
  /** What stands in front of each passage of a text; "" for nothing. */
  contexts: readonly string[];
  /** Whether to find words of the query in the passages. */
  wantsWords: boolean;
}

/** The passages of each text of a {@link SplitRequest}, in its order. */
export interface SplitResult {
  passages: TextPassages[];
  /** Time for tokenizing, milliseconds. */
  tokenizationMs: number;
}

/** Divides texts; blocks the current thread. @throws RerankError `tokenization`, or `invalid-input` for a query that leaves no room */
export type Splitter = (request: SplitRequest) => SplitResult;

/** What a thread does with texts, in one way of reading them. */
export interface TextReader {
  run: GroupRunner;
  split: Splitter;
}

/** How a model counts tokens. */
export interface TokenMeter {
  /** Encodes a query with a document, or only the document if they are encoded apart. */
  encode(query: string, document: string, options: EncodeOptions): EncodedPair;
  /** Share of the room that a long query leaves to the document at least, under truncation `longest_first`. */
  minShare: number;
  /** Maximum tokens that the graph reads. */
  maxTokens: number;
}

// No limit: more than any text has.
const unlimited = 2 ** 30;
/** Maximum share of a passage's room that the context may take. */
const contextShare = 1 / 4;

/** Maximum tokens of a graph whose shape is fixed. */
export function maxTokensOf({ fixedShape }: Pick<OnnxSession, "fixedShape">): number {
  return fixedShape.tokens ?? Number.POSITIVE_INFINITY;
}

/** What divides texts by the tokens that the meter counts. */
export function createSplitter(meter: TokenMeter): Splitter {
  return (request) => {
    const startedMs = performance.now();
    const { contexts, wantsWords, query } = request;
    const { room, countTokens } = meterOf(meter, request);
    const wordsIn = wantsWords ? commonWords(query) : undefined;
    const split = (text: string, context: string, maxTextTokens: number | undefined): TextPassages => {
      const prefix = prefixOf(context, room, countTokens);
      const free = Math.max(1, room - (prefix === "" ? 0 : countTokens(prefix)));
      const maxTokens = Math.min(free, request.passageTokens ?? free);
      const { maxPassages = Number.POSITIVE_INFINITY } = request;
      const spans = [];
      let isComplete = true;
      const overlapTokens = Math.min(request.overlapTokens, Math.floor(maxTokens / 2));
      const bounds = { maxTokens, overlapTokens, countTokens, ...(maxTextTokens === undefined ? {} : { maxTextTokens }) };
      for (const span of passagesOf(text, bounds)) {
        isComplete = spans.length < maxPassages;
        if (!isComplete) break;
        spans.push(span);
      }
      const end = spans.at(-1)?.end ?? 0;
      return {
        spans,
        prefix,
        isComplete: isComplete && text.slice(end).trim() === "",
        ...(wordsIn === undefined ? {} : { words: spans.map((span) => wordsIn(text.slice(span.start, span.end))) }),
        ...(maxTextTokens === undefined ? {} : { tokens: countTokens(text.slice(0, end)) }),
      };
    };
    const passages = request.texts.map((text, row) => {
      try {
        return split(text, contexts[row]!, request.maxTextTokens[row]);
      } catch (error) {
        const known = RerankError.from(error, "tokenization", "tokenization");
        if (known.code === "timeout") throw known;
        const message = `documents[${request.indices[row]}]: ${known.message}`;
        if (request.onError === "partial") return { spans: [], prefix: "", isComplete: true, failure: message };
        throw new RerankError(known.code, message, { cause: known.cause });
      }
    });
    return { passages, tokenizationMs: performance.now() - startedMs };
  };
}

/** The tokens that a document may have beside the query, and how they are counted. */
function meterOf(
  { encode, minShare, maxTokens }: TokenMeter,
  request: SplitRequest,
): { room: number; countTokens: (text: string) => number } {
  const { query, truncation } = request;
  const whole: EncodeOptions = { ...request, truncation: "longest_first", maxLength: unlimited };
  const lengthOf = (first: string, second: string): number => encode(first, second, whole).ids.length;
  const base = lengthOf(query, "");
  const target = Math.min(request.maxLength, maxTokens) - lengthOf("", "");
  const left = Math.min(request.maxLength, maxTokens) - base;
  const room = truncation === "longest_first" ? Math.max(left, Math.floor(target * minShare)) : left;
  // The encoder has the right words for a limit that leaves no room.
  if (room < 1) encode(query, "a", { ...request, maxLength: Math.min(request.maxLength, maxTokens) });
  return {
    room: Math.max(1, room),
    countTokens: (text) => {
      const { ids, fullTokens } = encode(query, text, whole);
      return fullTokens > 0 ? Number.POSITIVE_INFINITY : ids.length - base;
    },
  };
}

/** The context with the line end after it, cut to its share of the room. */
function prefixOf(context: string, room: number, countTokens: (text: string) => number): string {
  if (context.trim() === "") return "";
  const maxTokens = Math.max(1, Math.floor(room * contextShare));
  const [first] = passagesOf(context, { maxTokens, overlapTokens: 0, countTokens });
  return first === undefined ? "" : `${context.slice(first.start, first.end)}\n`;
}
