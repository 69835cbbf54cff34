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
  /** When the signal is going to fire for lack of time. */
  deadlineMs: number | undefined;
  /** Where what it takes is written down. */
  spending: Spending;
}

/** The model's answer; its text is not empty. */
export interface Reply extends Completion {
  /** Of all requests that it took; absent where the endpoint does not tell. */
  readTokens?: number;
}

// 422 is FastAPI's for fields that it does not know: https://github.com/langchain-ai/langchain-azure/issues/82. 403 stands for what is not
// allowed, and where it is about a parameter, the body names it.
const refusals: ReadonlySet<number | undefined> = new Set([400, 403, 422]);
const quoteLength = 120;

/** One model behind one OpenAI-compatible endpoint; it remembers which parameters are refused there. */
export class ChatEndpoint {
  /** For messages: `chat:gpt-4.1-mini`. */
  readonly place: string;
  readonly #llm: CheckedLlmConfig;
  readonly #network: Network;
  readonly #retryDelayMs: number | undefined;
  readonly #parameters = new Parameters();
  #hasAnswered = false;

  constructor(llm: CheckedLlmConfig, network: Network, retryDelayMs: number | undefined) {
    this.place = `chat:${llm.model}`;
    this.#llm = llm;
    this.#network = network;
    this.#retryDelayMs = retryDelayMs;
  }

  /** Whether there was an answer before, so that the key, the model and the parameters are known to be right. */
  get hasAnswered(): boolean {
    return this.#hasAnswered;
  }

  /**
   * Asks until there is an answer, each time without another parameter that the endpoint refuses, or that keeps it from answering.
   *
   * @throws RerankError as `requestJson`; `invalid-input` without a key; `bad-response` for what is no completion, and for one that says nothing
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
      // A model that thinks has spent the tokens of a short answer before it begins one.
      if (refusal === undefined && finishReason === "length") this.#parameters.leaveOut("max_tokens");
      if (!this.#hasLearnt(parameters, question)) throw this.#saysNothing(completion);
    }
  }

  /** Whether there is a key where one is needed; sends nothing. @throws RerankError `invalid-input` */
  checkAccess(): void {
    accessOf(this.place, this.#llm, this.#network);
  }

  /** A text of the other side for a message: in one line, cut, without secrets. */
  quote(text: string): string {
    const line = redact(text, accessOf(this.place, this.#llm, this.#network).secrets)
      .replace(/\s+/g, " ")
      .trim();
    return JSON.stringify(line.length > quoteLength ? `${line.slice(0, quoteLength)}…` : line);
  }

  /** @returns undefined where a parameter was refused, and now there is one less */
  async #send(question: Question, parameters: ParameterBody): Promise<Completion | undefined> {
    let words = "";
    let reply: JsonReply;
    try {
      reply = await requestJson(this.#network, {
        ...accessOf(this.place, this.#llm, this.#network),
        place: this.place,
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
      if (this.#hasLearnt(parameters, question)) return undefined;
      throw error;
    }
    question.spending.addRequests(reply.requests);
    const completion = readCompletion(this.place, reply.body, (text) => this.quote(text));
    question.spending.add(completion);
    this.#hasAnswered = true;
    return completion;
  }

  /** Whether the same question would be asked with other parameters now. */
  #hasLearnt(parameters: ParameterBody, question: Question): boolean {
    return JSON.stringify(this.#parameters.body(question)) !== JSON.stringify(parameters);
  }

  #saysNothing({ refusal, finishReason }: Completion): RerankError {
    const end = `finish_reason ${this.quote(finishReason)}`;
    const what =
      refusal === undefined
        ? `the model's answer is empty (${end}). Use a model that answers in words, and thinks less than its limit of tokens`
        : `the model refuses to answer: ${this.quote(refusal)}. Leave the document out, or use another model`;
    return new RerankError("bad-response", `${this.place}: ${what}.`);
  }
}
