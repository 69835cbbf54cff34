import { messageInBody } from "../../dialects/error-bodies.ts";
import { RerankError } from "../../errors.ts";
import { requestJson } from "../../http/json-request.ts";
import type { JsonReply, Network } from "../../http/request.ts";
import { redact } from "../../http/secrets.ts";
import type { CheckedLlmConfig } from "../../types.ts";
import { accessOf, keyAdvice } from "./chat-access.ts";
import { type Completion, readCompletion } from "./completion.ts";
import { type ParameterBody, Parameters, type Wanted } from "./parameters.ts";
import type { ChatMessage } from "./prompts.ts";
import type { Spending } from "./spending.ts";

/** One question to the model. */
export interface Question extends Wanted {
  messages: readonly ChatMessage[];
  signal: AbortSignal | undefined;
  /** When the call's time limit will abort the signal, on the clock of `performance.now()`. */
  deadlineMs: number | undefined;
  /** Counts what the requests use. */
  spending: Spending;
}

/** The model's answer; its text is not empty. */
export interface Reply extends Completion {
  /** Tokens that the model read in all requests for this answer; absent if the endpoint does not report them. */
  readTokens?: number;
}

// 422 is FastAPI's status for unknown fields: https://github.com/langchain-ai/langchain-azure/issues/82. 403 means that something is not
// allowed; if that is a parameter, the body names it.
const refusals: ReadonlySet<number | undefined> = new Set([400, 403, 422]);
const quoteLength = 120;

/** One model at one OpenAI-compatible endpoint. Remembers which parameters the endpoint refuses. */
export class ChatEndpoint {
  /** For messages: `chat:gpt-4.1-mini`. */
  readonly where: string;
  readonly #llm: CheckedLlmConfig;
  readonly #network: Network;
  readonly #retryDelayMs: number | undefined;
  readonly #parameters = new Parameters();
  #hasAnswered = false;

  constructor(llm: CheckedLlmConfig, network: Network, retryDelayMs: number | undefined) {
    this.where = `chat:${llm.model}`;
    this.#llm = llm;
    this.#network = network;
    this.#retryDelayMs = retryDelayMs;
  }

  /** Whether the endpoint has answered before: then the key, the model and the parameters are right. */
  get hasAnswered(): boolean {
    return this.#hasAnswered;
  }

  /**
   * Asks until there is an answer. Each repetition leaves out one more parameter that the endpoint refuses, or that prevents an answer.
   *
   * @throws RerankError as `requestJson`; `invalid-input` without a key; `bad-response` for a reply that is no completion, or an empty one
   */
  async ask(question: Question): Promise<Reply> {
    let readTokens: number | undefined = 0;
    for (;;) {
      const parameters = this.#parameters.body(question);
      const completion = await this.#send(question, parameters);
      if (completion === undefined) continue;
      readTokens = readTokens === undefined || completion.promptTokens === undefined ? undefined : readTokens + completion.promptTokens;
      const { text, refusal, finishReason } = completion;
      if (refusal === undefined && text !== "") return { ...completion, ...(readTokens === undefined ? {} : { readTokens }) };
      // A thinking model may use all tokens of a short answer before it begins the answer.
      if (refusal === undefined && finishReason === "length") this.#parameters.leaveOut("max_tokens");
      if (!this.#hasLearned(parameters, question)) throw this.#saysNothing(completion);
    }
  }

  /** Fails if a required key is missing. Sends nothing. @throws RerankError `invalid-input` */
  checkAccess(): void {
    accessOf(this.where, this.#llm, this.#network);
  }

  /** A text from the endpoint, for a message: one line, shortened, without secrets. */
  quote(text: string): string {
    const line = redact(text, accessOf(this.where, this.#llm, this.#network).secrets)
      .replace(/\s+/g, " ")
      .trim();
    return JSON.stringify(line.length > quoteLength ? `${line.slice(0, quoteLength)}…` : line);
  }

  /** Sends one request. @returns undefined if the endpoint refused a parameter, which is left out from now on */
  async #send(question: Question, parameters: ParameterBody): Promise<Completion | undefined> {
    let words = "";
    let reply: JsonReply;
    try {
      reply = await requestJson(this.#network, {
        ...accessOf(this.where, this.#llm, this.#network),
        where: this.where,
        body: { model: this.#llm.model, messages: question.messages, ...parameters },
        signal: question.signal,
        deadlineMs: question.deadlineMs,
        timeoutMs: (this.#llm.timeoutSecs ?? 60) * 1000,
        maxRetries: this.#llm.maxRetries ?? 3,
        retryDelayMs: this.#retryDelayMs,
        decodeError(body) {
          words = messageInBody(body) ?? "";
          return words === "" ? undefined : words;
        },
        keyAdvice: keyAdvice(this.#network),
      });
    } catch (error) {
      if (!RerankError.is(error) || error.status === undefined) throw error;
      question.spending.addRequests(1);
      if (refusals.has(error.status)) this.#parameters.learn(parameters, words);
      if (this.#hasLearned(parameters, question)) return undefined;
      throw error;
    }
    question.spending.addRequests(reply.requests);
    const completion = readCompletion(this.where, reply.body, (text) => this.quote(text));
    question.spending.add(completion);
    this.#hasAnswered = true;
    return completion;
  }

  /** Whether the same question would be asked with other parameters now. */
  #hasLearned(parameters: ParameterBody, question: Question): boolean {
    return JSON.stringify(this.#parameters.body(question)) !== JSON.stringify(parameters);
  }

  #saysNothing({ refusal, finishReason }: Completion): RerankError {
    const end = `finish_reason ${this.quote(finishReason)}`;
    const what =
      refusal === undefined
        ? `the model's answer is empty (${end}). Use a model that answers in words, and thinks less than its limit of tokens`
        : `the model refuses to answer: ${this.quote(refusal)}. Leave the document out, or use another model`;
    return new RerankError("bad-response", `${this.where}: ${what}.`);
  }
}
