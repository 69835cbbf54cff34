import { toOneSafeLine } from "./printable.ts";

/**
 * What went wrong, as a literal a program can branch on.
 *
 * Caller mistakes: `invalid-input`, `unknown-model`, `unsupported-model`, `sync-unsupported`, `closed`, `not-allowed`.
 * The surroundings: `missing-dependency`, `download`, `hosted`, `bad-response`, `plugin`, `overloaded`, `timeout`, `aborted`.
 * Ours: `tokenization`, `inference`.
 */
export type RerankErrorCode =
  | "invalid-input"
  | "unknown-model"
  | "missing-dependency"
  | "download"
  | "tokenization"
  | "inference"
  | "overloaded"
  | "timeout"
  | "aborted"
  | "hosted"
  | "bad-response"
  | "plugin"
  | "unsupported-model"
  | "sync-unsupported"
  | "closed"
  | "not-allowed";

/** What an error carries beside its message. */
export interface RerankErrorOptions {
  /** The error underneath, kept for `--debug` and logs. */
  cause?: unknown;
  /** HTTP status of the answer that failed, for `download` and `hosted`. */
  status?: number;
  /** Whether the same call may succeed later without a change. @default false */
  isRetryable?: boolean;
}

/** A {@link RerankError} as plain data, to cross a thread or a socket. */
export interface SerialisedError {
  code: RerankErrorCode;
  message: string;
  status?: number;
  isRetryable: boolean;
  /** Message of the cause; the cause itself stays where it happened. */
  cause?: string;
}

// Symbol.for: two copies of the package in one program still recognise each other's errors.
const marker: symbol = Symbol.for("crossrank.RerankError");

/**
 * The one error class of crossrank: every failure of a public function is one of these.
 *
 * The message reads *place: what happened. What to do.* It is one line, in which nothing controls a terminal.
 */
export class RerankError extends Error {
  override readonly name: string = "RerankError";
  readonly code: RerankErrorCode;
  readonly status: number | undefined;
  readonly isRetryable: boolean;

  constructor(code: RerankErrorCode, message: string, options: RerankErrorOptions = {}) {
    // Names, keys and replies from outside stand in messages.
    super(toOneSafeLine(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status;
    this.isRetryable = options.isRetryable ?? false;
    Object.defineProperty(this, marker, { value: true });
  }

  /** Whether a value is a RerankError, of this or of another copy of the package. */
  static is(value: unknown): value is RerankError {
    return typeof value === "object" && value !== null && (value as Record<symbol, unknown>)[marker] === true;
  }

  /** The error itself if it is a RerankError, else a new one with the value as its cause. */
  static from(value: unknown, code: RerankErrorCode, place: string): RerankError {
    return RerankError.is(value) ? value : new RerankError(code, `${place}: ${messageOf(value)}`, { cause: value });
  }

  /** The error as plain data; {@link RerankError.revive} is the way back. */
  static serialise(error: RerankError): SerialisedError {
    return {
      code: error.code,
      message: error.message,
      isRetryable: error.isRetryable,
      ...(error.status === undefined ? {} : { status: error.status }),
      ...(error.cause === undefined ? {} : { cause: messageOf(error.cause) }),
    };
  }

  /** An error from the data that {@link RerankError.serialise} gave. */
  static revive(data: SerialisedError): RerankError {
    return new RerankError(data.code, data.message, {
      isRetryable: data.isRetryable,
      ...(data.status === undefined ? {} : { status: data.status }),
      ...(data.cause === undefined ? {} : { cause: data.cause }),
    });
  }
}

/** The readable part of whatever was thrown. */
export function messageOf(value: unknown): string {
  return value instanceof Error ? value.message : String(value);
}
