/** Requests to one engine: where they go, and what goes with them. */

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
  /** Written as JSON; absent: a GET without one. */
  body?: unknown;
  signal: AbortSignal;
  timeoutMs: number;
}

/** What is known of an answer before it is read, also of one that is a failure. */
export interface AnswerHead {
  isAnswered: boolean;
  /** What `Retry-After` says, where it says something. */
  pauseMs: number | undefined;
}

/** An answer, or the reason why there is none to use. */
export type EngineAnswer = AnswerHead & ({ reply: JsonReply } | { error: RerankError });

const keyAdvice = "Check model.apiKey";

/** The way to one engine. It repeats nothing: that is the pool's, on another engine. */
export class Connection {
  readonly #network: Network;
  readonly #clock: Clock;
  readonly #access: Access;

  constructor(model: CheckedRemoteModel, network: Network, clock: Clock) {
    this.#network = network;
    this.#clock = clock;
    this.#access = accessOf(model);
  }

  /** Never rejects; a signal that fires is an error like others. */
  async send({ url, ...request }: EngineRequest): Promise<EngineAnswer> {
    const { headers, secrets } = this.#access;
    const head: AnswerHead = { isAnswered: false, pauseMs: undefined };
    // An error has the status of an answer, but not its headers.
    const network: Network = {
      ...this.#network,
      fetch: async (...parameters) => {
        const response = await this.#network.fetch(...parameters);
        head.isAnswered = true;
        head.pauseMs = retryAfterMs(response.headers, this.#clock);
        return response;
      },
    };
    const rest = { place: "remote", headers, secrets, decodeError: messageInBody, maxRetries: 0, keyAdvice };
    try {
      return Object.assign(head, { reply: await requestJson(network, { ...rest, ...request, url: url.href }, this.#clock) });
    } catch (error) {
      return Object.assign(head, { error: RerankError.from(error, "hosted", "remote") });
    }
  }

  /**
   * What is answered to a GET.
   *
   * @throws RerankError where no answer comes, or one that says nothing about the path: the key is refused, the engine is busy or fails
   */
  async ask(request: Omit<EngineRequest, "body">): Promise<Information> {
    const answer = await this.send(request);
    if ("reply" in answer) return { status: answer.reply.status, body: answer.reply.body };
    const { error } = answer;
    // A success that is no JSON: a page, or the bare OK of a health check.
    if (error.code === "bad-response") return { status: 200, body: undefined };
    const { status } = error;
    if (status === undefined || status === 401 || status === 403 || status === 429 || status >= 500) throw error;
    return { status, body: undefined };
  }
}
