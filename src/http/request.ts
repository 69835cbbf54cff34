/** What requests are made of, and what comes back. */
import type { RetryPolicy } from "./retry.ts";

/** The surroundings, which the composition root provides. */
export interface Network {
  /** The platform's fetch; on Node it obeys proxy variables. */
  fetch: typeof fetch;
  /** An environment variable, trimmed; undefined if it is absent or empty, or if there is no environment. */
  readVariable(name: string): string | undefined;
  /** A text file, for keys that an environment variable names. Absent where there are no files. */
  readFile?(path: string): Promise<string>;
  /** Whether there is an environment, so that messages may name its variables. */
  hasEnvironment: boolean;
}

/** One request with JSON in and JSON out. It may be sent several times, so it must not change anything on the other side. */
export interface JsonRequest extends RetryPolicy {
  /** Who sends the request, for the start of messages: `cohere`. */
  where: string;
  /** @default "POST" with a body, "GET" without */
  method?: "POST" | "GET" | undefined;
  url: string;
  /** In addition to `accept` and `content-type`; names in lower case. */
  headers: Record<string, string>;
  /** Written as JSON; absent: no body. */
  body?: unknown;
  /** Headers that depend on the body and on the time; called again for each attempt. */
  sign?: ((body: string) => Promise<Record<string, string>>) | undefined;
  /** Limit of one attempt, until the last byte of its answer. */
  timeoutMs: number;
  /** Texts that no error may contain: API keys, and what else the headers hold. Texts shorter than 4 characters are ignored. */
  secrets: readonly string[];
  /** The message for people in the body of an answer that is not a success. @default the body's text */
  decodeError?: ((body: unknown) => string | undefined) | undefined;
  /** Refuse a larger answer; counted after decompression. @default 64 MiB */
  maxBytes?: number | undefined;
  /** What to do if the other side refuses the key, for the message. @default "Check the key" */
  keyAdvice?: string | undefined;
}

/** A successful answer. */
export interface JsonReply {
  /** 200 to 299. */
  status: number;
  headers: Headers;
  /** Parsed; undefined if the answer has no body. */
  body: unknown;
  /** Requests that got an answer, failures included. */
  requests: number;
}

/** An answer of any status, read to its end; of a failure, as much as a message needs. */
export interface Answer {
  status: number;
  /** 200 to 299. */
  isSuccess: boolean;
  headers: Headers;
  text: string;
}
