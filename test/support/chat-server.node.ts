/** An OpenAI-compatible endpoint on this machine, whose model knows the right answers; and completions to let it answer wrongly. */
import type { Network } from "../../src/http/request.ts";
import {
  type Script,
  type ScriptedAnswer,
  type ScriptedRequest,
  type ScriptedServer,
  startScriptedServer,
} from "./scripted-server.node.ts";

/** What a completion says; all but `content` may be left out. */
export interface CompletionParts {
  content: unknown;
  /** Of each token of the content: what stands there, and its alternatives. Absent: no logprobs. */
  logprobs?: readonly Record<string, number>[] | null;
  /** @default "stop" */
  finishReason?: string;
  /** Other fields of the message. */
  message?: object;
  /** @default 100 read, 2 written; null: the endpoint does not report it */
  usage?: { prompt_tokens: number; completion_tokens: number } | null;
}

/**
 * The body of a completion, as OpenAI writes it.
 *
 * @see https://github.com/openai/openai-python `src/openai/types/chat/chat_completion.py` at 0444895
 */
export function completion({ content, logprobs, finishReason = "stop", message = {}, usage }: CompletionParts): object {
  const writtenLogprobs = logprobs && { content: logprobs.map(writtenToken), refusal: null };
  return {
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1_700_000_000,
    model: "model-2026-01-01",
    choices: [
      {
        index: 0,
        message: { role: "assistant", content, refusal: null, ...message },
        ...(logprobs === undefined ? {} : { logprobs: writtenLogprobs }),
        finish_reason: finishReason,
      },
    ],
    ...(usage === null ? {} : { usage: usage ?? { prompt_tokens: 100, completion_tokens: 2 } }),
  };
}

/** The first of the alternatives is the one that was written. */
function writtenToken(alternatives: Record<string, number>): object {
  const top = Object.entries(alternatives).map(([token, logprob]) => ({ token, logprob, bytes: [...Buffer.from(token)] }));
  return { ...top[0], top_logprobs: top };
}

/** What a request asks. */
export interface ChatQuestion {
  query: string;
  /** One of a pointwise question, several of a listwise one; as they stand in the prompt. */
  texts: string[];
  method: "pointwise" | "listwise";
}

/** Reads the prompt of a request. */
export function questionOf({ body }: ScriptedRequest): ChatQuestion {
  const prompt: string = body.messages.at(-1).content;
  const query = /<query>\n([\s\S]*?)\n<\/query>/.exec(prompt)?.[1] ?? "";
  const document = /<document>\n([\s\S]*?)\n<\/document>/.exec(prompt)?.[1];
  if (document !== undefined) return { query, texts: [document], method: "pointwise" };
  const texts = Array.from(prompt.matchAll(/\[\d+\]\n<passage>\n([\s\S]*?)\n<\/passage>/g), ([, text]) => text!);
  return { query, texts, method: "listwise" };
}

/** A model that answers every question by the relevance of each text, which lies between 0 and 1; with odds where they are asked for. */
export function knowingModel(relevanceOf: (text: string) => number): Script {
  return (request): ScriptedAnswer => {
    const { texts, method } = questionOf(request);
    if (method === "listwise") {
      const order = texts
        .map((text, index) => ({ index, relevance: relevanceOf(text) }))
        .sort((left, right) => right.relevance - left.relevance);
      return { json: completion({ content: order.map(({ index }) => `[${index + 1}]`).join(" > ") }) };
    }
    const relevance = relevanceOf(texts[0]!);
    const chances = { yes: Math.log(relevance), no: Math.log(1 - relevance) };
    const logprobs = [relevance >= 0.5 ? chances : { no: chances.no, yes: chances.yes }];
    return { json: completion({ content: relevance >= 0.5 ? "yes" : "no", logprobs: request.body.logprobs === true ? logprobs : null }) };
  };
}

/** A running endpoint. */
export interface ChatServer extends ScriptedServer {
  /** For `llm.baseUrl`. */
  baseUrl: string;
}

export async function startChatServer(script?: Script): Promise<ChatServer> {
  const server = await startScriptedServer(script);
  return Object.assign(server, { baseUrl: `${server.url}/v1` });
}

/** The platform's fetch, and an environment of one's own. */
export function networkWith(variables: Readonly<Record<string, string>> = {}): Network {
  return { fetch: globalThis.fetch, readVariable: (name) => variables[name], hasEnvironment: true };
}
