import { toOneSafeLine } from "./printable.ts";

/**
 * What went wrong, as a literal a program can branch on.
 *
 * Caller mistakes: `invalid-input`, `unknown-model`, `unsupported-model`, `sync-unsupported`, `closed`, `not-allowed`.
 * The environment: `missing-dependency`, `download`, `hosted`, `bad-response`, `plugin`, `overloaded`, `timeout`, `aborted`.
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

/** Options of a {@link RerankError}. */
export interface RerankErrorOptions {
  /** The error underneath, kept for `--debug` and logs. */
  cause?: unknown;
  /** HTTP status of the answer that failed, for `download` and `hosted`. */
  status?: number;
  /** Whether the same call may succeed later without a change. @default false */
  isRetryable?: boolean;
}

/** A {@link RerankError} as plain data, to cross a thread or a socket. */
export interface SerializedError {
  /** See {@link RerankError.code}. */
  code: RerankErrorCode;
  /** See {@link RerankError}. */
  message: string;
  /** See {@link RerankError.status}. */
  status?: number;
  /** See {@link RerankError.isRetryable}. */
  isRetryable: boolean;
  /** Message of the cause; the cause itself stays where it happened. */
  cause?: string;
}

// Symbol.for: two copies of the package in one program still recognize each other's errors.
const marker: symbol = Symbol.for("crossrank.RerankError");

/**
 * The one error class of crossrank: every failure of a public function is one of these.
 *
 * The message reads *place: what happened. What to do.* It is one line, in which nothing controls a terminal.
 *
 * @example
 * try {
 *   await rerank("", ["a document"]);
 * } catch (error) {
 *   if (RerankError.is(error)) console.log(error.code); // invalid-input
 * }
 */
export class RerankError extends Error {
  /** Always `RerankError`, as stacks and logs show it. */
  override readonly name: string = "RerankError";
  /** What went wrong, to branch on. */
  readonly code: RerankErrorCode;
  /** HTTP status of the answer that failed, for `download` and `hosted`; else undefined. */
  readonly status: number | undefined;
  /** Whether the same call may succeed later without a change. */
  readonly isRetryable: boolean;

  constructor(code: RerankErrorCode, message: string, options: RerankErrorOptions = {}) {
    // Messages contain names, keys and replies from outside.
    super(withSingleStops(toOneSafeLine(message)), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status;
    this.isRetryable = options.isRetryable ?? false;
    Object.defineProperty(this, marker, { value: true });
  }

  /** Whether a value is a RerankError, of this or of another copy of the package. */
  static is(value: unknown): value is RerankError {
    try {
      return typeof value === "object" && value !== null && (value as Record<symbol, unknown>)[marker] === true;
    } catch {
      return false; // a Proxy that refuses to be looked at
    }
  }

  /** The error itself if it is a RerankError, else a new one with the value as its cause. */
  static from(value: unknown, code: RerankErrorCode, where: string): RerankError {
    const explained = explainDenied(value, where);
    return RerankError.is(explained) ? explained : new RerankError(code, `${where}: ${messageOf(value)}`, { cause: value });
  }

  /** The error as plain data; {@link RerankError.revive} is the way back. */
  static serialize(error: RerankError): SerializedError {
    return {
      code: error.code,
      message: error.message,
      isRetryable: error.isRetryable,
      ...(error.status === undefined ? {} : { status: error.status }),
      ...(error.cause === undefined ? {} : { cause: messageOf(error.cause) }),
    };
  }

  /** An error from the data that {@link RerankError.serialize} gave. */
  static revive(data: SerializedError): RerankError {
    return new RerankError(data.code, data.message, {
      isRetryable: data.isRetryable,
      ...(data.status === undefined ? {} : { status: data.status }),
      ...(data.cause === undefined ? {} : { cause: data.cause }),
    });
  }
}

/** Removes doubled full stops: a quoted cause may be a whole sentence. "…is disabled.. Install it" reads "…is disabled. Install it". */
function withSingleStops(message: string): string {
  return message.replace(/(?<=[^\s.])\.\.(?=\s|$)/g, ".");
}

/** The message of a thrown value of any type. Never throws. */
export function messageOf(value: unknown): string {
  try {
    return String(value instanceof Error ? value.message : value);
  } catch {
    // An object without toString, or a Proxy that refuses to be looked at.
    return "a value that cannot be shown";
  }
}

/** Flags of Node's permission model, by the permission that an error names; Node 20 puts `--experimental-permission` for `--permission`. */
const permissionFlags: Record<string, string> = {
  FileSystemRead: "--allow-fs-read",
  FileSystemWrite: "--allow-fs-write",
  WorkerThreads: "--allow-worker",
  ChildProcess: "--allow-child-process",
  Net: "--allow-net",
};

/**
 * What Node's permission model refused, as `missing-dependency` with the flag that allows it; every other value as it is.
 *
 * @see https://nodejs.org/docs/latest-v20.x/api/errors.html#err_access_denied
 */
export function explainDenied(error: unknown, where: string): unknown {
  try {
    if (Object(error).code !== "ERR_ACCESS_DENIED") return error;
  } catch {
    return error; // a foreign object that throws when it is read
  }
  const { permission = "", resource = "" } = error as { permission?: string; resource?: string };
  const flag = permissionFlags[permission] ?? "the --allow flag for it";
  const what = `Node's permission model denies ${permission || "access"}${resource === "" ? "" : ` of ${resource}`}`;
  return new RerankError("missing-dependency", `${where}: ${what}. Add ${flag} to the command that starts Node.`, { cause: error });
}

/** Runs a function that reads files, and explains an error of Node's permission model. */
export function explainingDenied<T>(where: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw explainDenied(error, where);
  }
}
