/** The errors of JSON requests. Messages say what happened, in the other side's words, and what to do. They contain no secrets. */
import { messageOf, RerankError } from "../errors.ts";
import { causes, codeOf, reasonOf, remedyOf } from "./connection-failures.ts";
import type { NoAnswer } from "./exchange.ts";
import type { Answer, JsonRequest } from "./request.ts";
import { isRetryableStatus } from "./retry.ts";
import { redact } from "./secrets.ts";

// A body in a message is cut to 1 kB.
const maxWordsLength = 1024;
const excerptLength = 200;

/** The error for a signal that has fired: its reason, if that is a RerankError. */
export function abortReason({ where, signal }: JsonRequest): RerankError {
  const reason: unknown = signal?.reason;
  if (RerankError.is(reason)) return reason;
  return new RerankError("aborted", `${where}: the call was aborted: ${messageOf(reason)}.`, { cause: reason });
}

/** An answer whose status is not a success. */
export function refused(request: JsonRequest, answer: Answer, attempts: number): RerankError {
  const { status, headers } = answer;
  const words = wordsOf(request, answer);
  const retryAfter = headers.get("retry-after");
  const when = isRetryableStatus(status) && retryAfter !== null ? ` (Retry-After: ${shorten(request, retryAfter, 40)})` : "";
  const what = `${described(request)} answered ${status}${when}${counted(attempts)}${words === "" ? "" : `: ${words}`}`;
  return failure(request, "hosted", `${what}. ${adviceFor(request, status)}.`, { status, isRetryable: isRetryableStatus(status) });
}

/** No answer came, or only a part of it. @param hasEnvironment whether environment variables may be named */
export function unanswered(
  request: JsonRequest,
  { isTimeout, isRetryable, cause }: NoAnswer,
  attempts: number,
  hasEnvironment: boolean,
): RerankError {
  if (isTimeout) {
    const what = `${described(request)} took longer than ${request.timeoutMs / 1000} s${counted(attempts)}`;
    return failure(request, "timeout", `${what}. Raise timeoutSecs, or pass fewer documents.`, { isRetryable: true });
  }
  const what = `${described(request)} failed${counted(attempts)}: ${reasonOf(cause)}`;
  const elsewhere = hasEnvironment ? "behind a proxy set HTTPS_PROXY" : "in a page also that it allows requests of other origins (CORS)";
  const usual = `Check that the service runs there, and that the base URL is its own; ${elsewhere}.`;
  return failure(request, "hosted", `${what}. ${remedyOf(cause, hasEnvironment) ?? usual}`, {
    isRetryable,
    cause: withoutSecrets(cause, request.secrets),
  });
}

/** A redirect. @param location null in browsers, which hide it */
export function redirected(request: JsonRequest, status: number, location: string | null): RerankError {
  const target = location !== null && URL.canParse(location, request.url) ? new URL(location, request.url) : undefined;
  const where = target === undefined ? "another address" : `${target.origin}${target.pathname}`;
  const what = `${described(request)} is redirected to ${where}, and is not sent there: it holds the key and the documents`;
  return failure(request, "hosted", `${what}. If that is the service, make it the base URL.`, { status });
}

/** A success with more bytes than `maxBytes`. */
export function tooLarge(request: JsonRequest, limit: number): RerankError {
  const what = `${described(request)} answered more than ${limit} bytes`;
  return failure(request, "bad-response", `${what}. Check that the base URL is that of a reranker.`);
}

/** A success whose body is not JSON. */
export function notJson(request: JsonRequest, headers: Headers, text: string): RerankError {
  const type = shorten(request, headers.get("content-type") ?? "no content type", 80);
  const start = shorten(request, text, excerptLength);
  const what = `${described(request)} answered something that is no JSON (${type}): ${start}`;
  return failure(request, "bad-response", `${what}. Check that the base URL is that of a reranker.`);
}

/** A request that fetch refuses to send. */
export function forbidden(request: JsonRequest): RerankError {
  const header = Object.entries(request.headers).find(([name, value]) => !isHeader(name, value));
  if (header !== undefined) {
    const what = `the header ${shorten(request, JSON.stringify(header[0]), 80)} has a name or a value that HTTP forbids`;
    return failure(
      request,
      "invalid-input",
      `${request.where}: ${what}. Look for line breaks and letters beyond Latin-1 in the key or the headers.`,
    );
  }
  const what = "fetch refuses the URL, which may hold a user name or a password";
  return failure(request, "invalid-input", `${request.where}: ${what}. Put credentials into headers: { Authorization: "Basic …" }.`);
}

function failure(
  { secrets }: JsonRequest,
  code: "hosted" | "timeout" | "bad-response" | "invalid-input",
  message: string,
  options: { status?: number; isRetryable?: boolean; cause?: unknown } = {},
): RerankError {
  return new RerankError(code, redact(message, secrets), options);
}

/** Method and address, without the query, which may contain a key. */
function described({ where, method, body, url }: JsonRequest): string {
  const address = URL.canParse(url) ? `${new URL(url).origin}${new URL(url).pathname}` : "an address that is no URL";
  return `${where}: ${method ?? (body === undefined ? "GET" : "POST")} ${address}`;
}

function counted(attempts: number): string {
  return attempts === 1 ? "" : ` after ${attempts} attempts`;
}

/** What the other side says about its failure, in one line: its message, or the text of the page that a gateway sent. */
function wordsOf(request: JsonRequest, { text }: Answer): string {
  const body = parse(text);
  const words = body === undefined ? text : (request.decodeError?.(body) ?? JSON.stringify(body));
  return shorten(request, words, maxWordsLength).replace(/[.\s]+$/, "");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function adviceFor({ keyAdvice = "Check the key" }: JsonRequest, status: number): string {
  if (status === 401 || status === 403) return keyAdvice;
  if (status === 404 || status === 405) return "Check the name of the model, and that the base URL is that of a reranker";
  if (status === 429) return "Send less at once, or raise maxRetries";
  if (isRetryableStatus(status)) return "Try again later";
  return "Correct what it complains about: the model, the query or the documents";
}

/** A copy of the messages and codes alone: the original may contain the request, with its headers. */
function withoutSecrets(cause: unknown, secrets: readonly string[]): Error | undefined {
  return causes(cause).reduceRight<Error | undefined>((inner, error) => {
    const copy = new Error(redact(`${error.name}: ${error.message}`, secrets), inner === undefined ? undefined : { cause: inner });
    const code = codeOf(error);
    return code === "" ? copy : Object.assign(copy, { code });
  }, undefined);
}

function isHeader(name: string, value: string): boolean {
  try {
    return new Headers([[name, value]]).has(name);
  } catch {
    return false;
  }
}

/** One line. Secrets are removed before it is cut, because half a key would not be recognized. */
function shorten({ secrets }: JsonRequest, text: string, length: number): string {
  const line = redact(text, secrets).replaceAll(/\s+/g, " ").trim();
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`;
}
