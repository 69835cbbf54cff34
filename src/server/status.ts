import type { WireFailure, WireIssue } from "../dialects/codec.ts";
import { RerankError, type RerankErrorCode } from "../index.ts";

/** An error of the server itself, not of the library. */
export class ServerError extends Error {
  override readonly name: string = "ServerError";
  readonly status: number;
  /** See {@link WireFailure}. */
  readonly code: string;
  /** Seconds to wait before a retry. */
  readonly retryAfterSecs: number | undefined;
  /** See {@link WireFailure}. */
  readonly issues: readonly WireIssue[] | undefined;

  constructor(
    status: number,
    code: string,
    message: string,
    options: { retryAfterSecs?: number; issues?: readonly WireIssue[]; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = status;
    this.code = code;
    this.retryAfterSecs = options.retryAfterSecs;
    this.issues = options.issues;
  }
}

/** The HTTP status of each error code of the library. */
const statuses: Readonly<Record<RerankErrorCode, number>> = {
  "invalid-input": 422,
  "unknown-model": 404,
  "unsupported-model": 422,
  "not-allowed": 403,
  overloaded: 429,
  aborted: 499, // nginx's status for a client that has disconnected; only logs and metrics show it
  closed: 503,
  timeout: 504,
  download: 503,
  hosted: 502,
  "bad-response": 502,
  plugin: 502,
  "missing-dependency": 501,
  "sync-unsupported": 500,
  tokenization: 500,
  inference: 500,
};

/** Maximum characters (UTF-16 units) of a message for a client. Some messages quote the request, which may have megabytes. */
const maxMessageChars = 2000;

/** The public error for a client, and the internal one for the log. */
export interface Failure extends WireFailure {
  retryAfterSecs: number | undefined;
  /** The full error, only for the log; undefined if the client's message is complete. */
  internal: unknown;
}

/**
 * Converts an error into what a client may see. The client gets the full message for its own mistakes and for time-outs. For other
 * failures it gets a general message, the error code and the request id.
 */
export function failureOf(error: unknown, requestId: string): Failure {
  if (error instanceof ServerError) {
    const { status, code, message, retryAfterSecs, issues } = error;
    const failure = { status, code, message: shorten(message), requestId, retryAfterSecs, internal: undefined };
    return issues === undefined ? failure : { ...failure, issues };
  }
  if (RerankError.is(error)) {
    // A worker died and is being replaced. The same request may succeed at once.
    const status = error.code === "inference" && error.isRetryable ? 503 : statuses[error.code];
    const retryAfterSecs = status === 503 || status === 429 ? 1 : undefined;
    if (hasPublicMessage(error.code, status))
      return { status, code: error.code, message: shorten(error.message), requestId, retryAfterSecs, internal: undefined };
    return {
      status,
      code: error.code,
      message: `${publicMessage(error.code)} ${logReference(requestId)}`,
      requestId,
      retryAfterSecs,
      internal: error,
    };
  }
  const message = `The server failed unexpectedly. ${logReference(requestId)}`;
  return { status: 500, code: "internal", message, requestId, retryAfterSecs: undefined, internal: error };
}

function shorten(message: string): string {
  return message.length > maxMessageChars ? `${message.slice(0, maxMessageChars)}…` : message;
}

/** Whether a client may see the error's own message. Other messages may contain paths, hosts or a plugin's text. */
function hasPublicMessage(code: RerankErrorCode, status: number): boolean {
  return status < 500 || code === "timeout";
}

function publicMessage(code: RerankErrorCode): string {
  const messages: Partial<Record<RerankErrorCode, string>> = {
    download: "The model could not be downloaded.",
    "missing-dependency": "The model cannot run on this server.",
    hosted: "The model's provider failed.",
    "bad-response": "The model's provider answered with something else than scores.",
    plugin: "The backend failed.",
    closed: "The model was just unloaded; try again.",
  };
  return messages[code] ?? "The model failed.";
}

function logReference(requestId: string): string {
  return `The server's log has the reason under request id ${requestId}.`;
}
