/** Reads chat completions. */

import { messageInBody } from "../../dialects/error-bodies.ts";
import { RerankError } from "../../errors.ts";
import { isRecord } from "../../values.ts";

/** A token and its probability at its position. */
export interface TokenChance {
  token: string;
  /** Natural logarithm of its probability. */
  logprob: number;
}

/** A token that the model wrote, and the alternatives to it. */
export interface WrittenToken extends TokenChance {
  alternatives: readonly TokenChance[];
}

/** The answer of a chat model. */
export interface Completion {
  /** The answer, without the model's thoughts; "" if it is empty. */
  text: string;
  /** The model's explanation why it does not answer. */
  refusal?: string;
  /** Why the model stopped: `stop`, `length`, `content_filter` …; "" if the endpoint does not report it. */
  finishReason: string;
  /** Tokens of `text`; absent if the endpoint does not report them, or does not show which of them are thoughts. */
  tokens?: readonly WrittenToken[];
  promptTokens?: number;
  /** Thoughts included. */
  outputTokens?: number;
}

/**
 * The first choice of a completion.
 *
 * Leaves out thoughts, whether they are in their own field or before `</think>`. Numbers of a wrong type count as absent.
 *
 * @param quote makes a text from the endpoint safe for a message
 * @throws RerankError `bad-response` if there is no choice with a message
 * @see https://github.com/openai/openai-python `src/openai/types/chat/chat_completion.py` and `chat_completion_token_logprob.py`
 * @see https://docs.vllm.ai/en/v0.11.2/features/reasoning_outputs/ for `reasoning`, formerly `reasoning_content`
 * @see https://openrouter.ai/docs/errors for errors with status 200
 */
export function readCompletion(where: string, body: unknown, quote: (text: string) => string): Completion {
  if (!isRecord(body)) throw badReply(where, "the reply is no object");
  const [choice] = Array.isArray(body.choices) ? (body.choices as unknown[]) : [];
  if (!isRecord(choice)) throw badReply(where, `the reply has no choices: ${quote(messageInBody(body.error) ?? keysOf(body))}`);
  if (!isRecord(choice.message)) throw badReply(where, `the reply's choice has no message: ${quote(keysOf(choice))}`);
  const { content, refusal, reasoning, reasoning_content: olderReasoning } = choice.message;
  const said = textOf(content);
  const text = withoutThoughts(said);
  const written = isRecord(choice.logprobs) ? readTokens(choice.logprobs.content) : [];
  const tokens = tokensOf(text, written, isText(olderReasoning) || isText(reasoning));
  const usage = isRecord(body.usage) ? body.usage : {};
  return {
    text,
    finishReason: typeof choice.finish_reason === "string" ? choice.finish_reason : "",
    ...(isText(refusal) ? { refusal } : {}),
    ...(tokens.length === 0 ? {} : { tokens }),
    ...counted("promptTokens", usage.prompt_tokens),
    ...counted("outputTokens", usage.completion_tokens),
  };
}

/** Mistral's thinking models return a list of parts. @see https://github.com/spring-projects/spring-ai/issues/5019 */
function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content
    .flatMap((part: unknown) => (isRecord(part) && part.type === "text" && typeof part.text === "string" ? [part.text] : []))
    .join("");
}

const thoughtsEnd = "</think>";

function withoutThoughts(said: string): string {
  const end = said.lastIndexOf(thoughtsEnd);
  if (end >= 0) return said.slice(end + thoughtsEnd.length).trim();
  return /^\s*<think>/.test(said) ? "" : said.trim();
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function readTokens(value: unknown): WrittenToken[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown) => {
    const [chance] = readChances([entry]);
    return chance === undefined ? [] : [{ ...chance, alternatives: readChances((entry as { top_logprobs?: unknown }).top_logprobs) }];
  });
}

/** Leaves out tokens whose probability has a wrong type. −∞ is null in JSON. */
function readChances(value: unknown): TokenChance[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown) =>
    isRecord(entry) && typeof entry.token === "string" && Number.isFinite(entry.logprob)
      ? [{ token: entry.token, logprob: entry.logprob as number }]
      : [],
  );
}

/** Leaves out the tokens of thoughts: engines list them even if the text of the thoughts is in another field. */
function tokensOf(text: string, written: readonly WrittenToken[], hasThoughts: boolean): readonly WrittenToken[] {
  const whole = written.map(({ token }) => token).join("");
  const end = whole.lastIndexOf(thoughtsEnd);
  if (end < 0) return hasThoughts && lettersOf(whole) !== lettersOf(text) ? [] : written;
  let offset = 0;
  return written.filter(({ token }) => {
    offset += token.length;
    return offset - token.length >= end + thoughtsEnd.length;
  });
}

function lettersOf(text: string): string {
  return text.replace(/[^\p{L}\p{N}]/gu, "");
}

function counted<Key extends string>(key: Key, value: unknown): { [K in Key]?: number } {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? ({ [key]: value } as { [K in Key]?: number }) : {};
}

function badReply(where: string, what: string): RerankError {
  return new RerankError(
    "bad-response",
    `${where}: ${what}. Check that baseUrl is that of an OpenAI-compatible endpoint, without /chat/completions.`,
  );
}

/** The keys of a body in another format, as a hint which format it is. */
function keysOf(value: Readonly<Record<string, unknown>>): string {
  return `its keys are ${Object.keys(value).slice(0, 8).join(", ") || "none"}`;
}
