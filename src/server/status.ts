import type { WireFailure, WireIssue } from "../dialects/codec.ts";
import { RerankError, type RerankErrorCode } from "../index.ts";

/** A request that this server refuses by itself, before or beside the library. */
export class ServerError extends Error {
  override readonly name: string = "ServerError";
  readonly status: number;
  /** As in {@link WireFailure}. */
  readonly code: string;
  /** Seconds after which it is worth trying again. */
  readonly retryAfterSecs: number | undefined;
  /** As in {@link WireFailure}. */
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

/** The HTTP status of each code of the library. */
const statuses: Readonly<Record<RerankErrorCode, number>> = {
  "invalid-input": 422,
  "unknown-model": 404,
  "unsupported-model": 422,
  "not-allowed": 403,
  overloaded: 429,
  aborted: 499, // nginx's word for a client that has gone; nobody reads it
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

/** Longest message for a client, characters (UTF-16 units): some quote what the request says, which may be megabytes. */
const maxMessageChars = 2000;

/** What a client is told, with what only the log is. */
export interface Failure extends WireFailure {
  retryAfterSecs: number | undefined;
  /** What happened in full; undefined where the client's message says it all. */
  internal: unknown;
}

/**
 * What a client may know of a failure: its own mistakes and the state of the surroundings in full, defects of ours by their code alone.
 */
export function failureOf(error: unknown, requestId: string): Failure {
  if (error instanceof ServerError) {
    const { status, code, message, retryAfterSecs, issues } = error;
    const failure = { status, code, message: shorten(message), requestId, retryAfterSecs, internal: undefined };
    return issues === undefined ? failure : { ...failure, issues };
  }
  if (RerankError.is(error)) {
    // A worker that died is replaced: the same request may succeed at once.
    const status = error.code === "inference" && error.isRetryable ? 503 : statuses[error.code];
    const retryAfterSecs = status === 503 || status === 429 ? 1 : undefined;
    if (isTold(error.code, status))
      return { status, code: error.code, message: shorten(error.message), requestId, retryAfterSecs, internal: undefined };
    return { status, code: error.code, message: `${hidden(error.code)} ${logged(requestId)}`, requestId, retryAfterSecs, internal: error };
  }
  const message = `The server failed unexpectedly. ${logged(requestId)}`;
  return { status: 500, code: "internal", message, requestId, retryAfterSecs: undefined, internal: error };
}

function shorten(message: string): string {
  return message.length > maxMessageChars ? `${message.slice(0, maxMessageChars)}…` : message;
}

/** Caller mistakes and time-outs are told in full; what may hold paths, hosts or a plugin's own words is not. */
function isTold(code: RerankErrorCode, status: number): boolean {
  return status < 500 || code === "timeout";
}

function hidden(code: RerankErrorCode): string {
  const told: Partial<Record<RerankErrorCode, string>> = {
    download: "The model could not be downloaded.",
    "missing-dependency": "The model cannot run on this server.",
    hosted: "The model's provider failed.",
    "bad-response": "The model's provider answered with something else than scores.",
    plugin: "The backend failed.",
    closed: "The model was just unloaded; try again.",
  };
  return told[code] ?? "The model failed.";
}

function logged(requestId: string): string {
  return `The server's log has the reason under request id ${requestId}.`;
}
