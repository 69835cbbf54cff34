/** Sends requests to one engine. */

import { messageInBody } from "../../dialects/error-bodies.ts";
import { RerankError } from "../../errors.ts";
import { requestJson } from "../../http/json-request.ts";
import type { JsonReply, Network } from "../../http/request.ts";
import { type Clock, retryAfterMs } from "../../http/retry.ts";
import type { CheckedRemoteModel } from "../../types.ts";
import { type Access, accessOf } from "./addresses.ts";
import type { Information } from "./discovery.ts";

/** One request. */
export interface EngineRequest {
  url: URL;
  /** Sent as JSON. If absent, the request is a GET. */
  body?: unknown;
  signal: AbortSignal;
  timeoutMs: number;
}

/** What is known about an answer before its body is read, also about a failure. */
export interface AnswerHead {
  isAnswered: boolean;
  /** The pause that `Retry-After` asks for, if any. */
  pauseMs: number | undefined;
}

/** A usable answer, or the error. */
export type EngineAnswer = AnswerHead & ({ reply: JsonReply } | { error: RerankError });

const keyAdvice = "Check model.apiKey";

/** Requests to one engine. It repeats none: the pool repeats them on another engine. */
export class Connection {
  readonly #network: Network;
  readonly #clock: Clock;
  readonly #access: Access;

  constructor(model: CheckedRemoteModel, network: Network, clock: Clock) {
    this.#network = network;
    this.#clock = clock;
    this.#access = accessOf(model);
  }

  /** Sends one request. Never rejects: an aborted signal gives an error in the answer, too. */
  async send({ url, ...request }: EngineRequest): Promise<EngineAnswer> {
    const { headers, secrets } = this.#access;
    const head: AnswerHead = { isAnswered: false, pauseMs: undefined };
    // An error keeps the status of an answer, but not its headers.
    const network: Network = {
      ...this.#network,
      fetch: async (...parameters) => {
        const response = await this.#network.fetch(...parameters);
        head.isAnswered = true;
        head.pauseMs = retryAfterMs(response.headers, this.#clock);
        return response;
      },
    };
    const rest = { where: "remote", headers, secrets, decodeError: messageInBody, maxRetries: 0, keyAdvice };
    try {
      return Object.assign(head, { reply: await requestJson(network, { ...rest, ...request, url: url.href }, this.#clock) });
    } catch (error) {
      return Object.assign(head, { error: RerankError.from(error, "hosted", "remote") });
    }
  }

  /**
   * Sends a GET and returns its answer.
   *
   * @throws RerankError if no answer arrives, or one that is not about the path: the key is refused, the engine is busy or fails
   */
  async ask(request: Omit<EngineRequest, "body">): Promise<Information> {
    const answer = await this.send(request);
    if ("reply" in answer) return { status: answer.reply.status, body: answer.reply.body };
    const { error } = answer;
    // A success without JSON: a web page, or the plain OK of a health check.
    if (error.code === "bad-response") return { status: 200, body: undefined };
    const { status } = error;
    if (status === undefined || status === 401 || status === 403 || status === 429 || status >= 500) throw error;
    return { status, body: undefined };
  }
}
