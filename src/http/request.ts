/** What requests are made of, and what comes back. */

/** The surroundings, as the composition root gives them. */
export interface Network {
  /** The platform's fetch; on Node it obeys proxy variables. */
  fetch: typeof fetch;
  /** An environment variable, trimmed; undefined where it is absent, empty, or there is no environment. */
  readVariable(name: string): string | undefined;
  /** Whether there is an environment, so that messages may name its variables. */
  hasEnvironment: boolean;
}

/** One request with JSON in and JSON out. It may be sent several times, so it must change nothing on the other side. */
export interface JsonRequest {
  /** Who asks, at the head of messages: `cohere`. */
  place: string;
  /** @default "POST" with a body, "GET" without */
  method?: "POST" | "GET" | undefined;
  url: string;
  /** Beside `accept` and `content-type`; names in lower case. */
  headers: Record<string, string>;
  /** Written as JSON; absent: no body. */
  body?: unknown;
  /** Headers that depend on the body and on the time: asked for anew before each attempt. */
  sign?: ((body: string) => Promise<Record<string, string>>) | undefined;
  signal?: AbortSignal | undefined;
  /** When the time of the whole call is over, on the clock of `performance.now()`: no pause begins that would end later. @default never */
  deadlineMs?: number | undefined;
  /** Ceiling of one attempt, until the last byte of its answer. */
  timeoutMs: number;
  /** Attempts beside the first. */
  maxRetries: number;
  /** First pause at most; it doubles each time, up to 30 s, and chance cuts it by up to a half. @default 500 */
  retryDelayMs?: number | undefined;
  /** Never told in any error: API keys, and whatever else the headers hold. Texts of less than 4 characters hide nothing. */
  secrets: readonly string[];
  /** The message for people in the body of an answer that is no success. @default the body's text */
  decodeError?: ((body: unknown) => string | undefined) | undefined;
  /** Most bytes of an answer, after decompression. @default 64 MiB */
  maxBytes?: number | undefined;
  /** What to do where the other side refuses the key, for the message. @default "Check the key" */
  keyAdvice?: string | undefined;
}

/** A successful answer. */
export interface JsonReply {
  /** 200 to 299. */
  status: number;
  headers: Headers;
  /** Parsed; undefined where the answer has no body. */
  body: unknown;
  /** Requests that were answered, by failures too. */
  requests: number;
}

/** An answer of any status, read to its end; of a failure, what a message needs. */
export interface Answer {
  status: number;
  /** 200 to 299. */
  isSuccess: boolean;
  headers: Headers;
  text: string;
}

/** What kept an answer from coming, or from coming whole. */
export interface NoAnswer {
  isTimeout: boolean;
  /** Whether the next attempt may get one. */
  isRetryable: boolean;
  /** As it was thrown; it may hold secrets. */
  cause: unknown;
}
