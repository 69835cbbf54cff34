import { RerankError } from "../index.ts";
import type { HeldBytes } from "./held-bytes.ts";
import { findExcess } from "./json-scan.ts";
import { ownTurn } from "./own-turn.ts";
import { ServerError } from "./status.ts";

/** A body up to this size is read in one piece, without turns of the event loop in between. That is several times faster than a stream. */
export const smallBodyBytes: number = 256 * 2 ** 10;
/** Maximum nesting of a document. A reply may contain the document, and JSON.stringify is recursive. */
const maxDepth = 64;
/** Maximum number of keys and entries in a body, documents not counted. A configuration has dozens. */
const maxEntries = 4096;
/** Lists that hold no documents. Their entries count toward `maxEntries`. */
const otherLists: ReadonlySet<string> = new Set(["rank_fields"]);

/** A body in memory. Call `release` when it is no longer needed. */
export interface HeldBody {
  json: unknown;
  /** Whether an integer in it may have lost digits. */
  hasLongIntegers: boolean;
  sizeBytes: number;
  /** Subtracts this body's bytes from the total of all requests. */
  release(): void;
}

/** Reads JSON bodies. Limits the size of each body and of all bodies together. */
export class BodyReader {
  readonly #maxBytes: number;
  readonly #held: HeldBytes;

  /** @param maxBytes limit for one body */
  constructor(maxBytes: number, held: HeldBytes) {
    this.#maxBytes = maxBytes;
    this.#held = held;
  }

  /**
   * Parses a request's body as JSON. If a key occurs twice, the last one counts, as in JSON.parse.
   *
   * @throws ServerError 415 for another content type, 413 above the limit, 429 when all bodies together are too large, 400 for bytes
   *   that are not UTF-8 or not JSON, 422 for more nesting, keys or values than the server can read in a fraction of a second
   */
  async read(request: Request): Promise<HeldBody> {
    this.#checkHeaders(request.headers);
    let ownBytes = 0;
    let releases: (() => void)[] = [];
    const hold = (bytes: number): void => {
      ownBytes += bytes;
      releases.push(this.#held.take(bytes));
      if (ownBytes > this.#maxBytes) throw this.#tooLarge();
    };
    const release = (): void => {
      for (const releaseOne of releases) releaseOne();
      releases = [];
    };
    try {
      const bytes = await readBytes(request, hold);
      const takesLong = bytes.length > smallBodyBytes;
      if (takesLong) await ownTurn();
      const hasLongIntegers = refuseExcess(bytes);
      if (takesLong) await ownTurn();
      const text = decode(bytes);
      if (takesLong) await ownTurn();
      return { json: parse(text), hasLongIntegers, sizeBytes: bytes.length, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  #checkHeaders(headers: Headers): void {
    // A page of another origin can post text/plain without a CORS preflight, but not JSON.
    if (!/^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(headers.get("content-type") ?? "")) {
      throw new ServerError(415, "invalid-input", "body: expected the content type application/json.");
    }
    if ((headers.get("content-encoding") ?? "identity") !== "identity") {
      throw new ServerError(415, "invalid-input", "body: compressed bodies are not read. Send it as it is.");
    }
    if (Number(headers.get("content-length") ?? 0) > this.#maxBytes) throw this.#tooLarge();
  }

  #tooLarge(): ServerError {
    return new ServerError(413, "invalid-input", `body: larger than the ${this.#maxBytes} bytes that this server takes.`);
  }
}

/** Whether a JSON value is nested more deeply than a document may be. Stops at that depth. */
export function isTooDeep(value: unknown, depth: number = maxDepth): boolean {
  if (typeof value !== "object" || value === null) return false;
  return depth === 0 || Object.values(value).some((item) => isTooDeep(item, depth - 1));
}

/** Refuses a document with an integer that JSON.parse has rounded: echoed, it would be another one. @throws RerankError `invalid-input` */
export function refuseRoundedIntegers(documents: readonly unknown[]): void {
  const path = pathOfRounded(documents);
  if (path === undefined) return;
  const what = `documents${path}: an integer beyond 2^53, which would come back with other digits`;
  throw new RerankError("invalid-input", `${what}. Send it as a string, or leave it out.`);
}

function pathOfRounded(value: unknown): string | undefined {
  if (typeof value === "number") return Number.isInteger(value) && !Number.isSafeInteger(value) ? "" : undefined;
  if (typeof value !== "object" || value === null) return undefined;
  for (const [key, item] of Object.entries(value)) {
    const path = pathOfRounded(item);
    if (path !== undefined) return Array.isArray(value) ? `[${key}]${path}` : `.${key}${path}`;
  }
  return undefined;
}

/**
 * Rejects a body whose lists and objects are too long. Call it before the schema check.
 *
 * The schema creates one issue for each wrong entry: a million of them take seconds on the only thread, and a gigabyte of memory.
 * Entries inside documents are not counted, because the schema does not visit them.
 *
 * @throws RerankError `invalid-input`
 */
export function refuseLongLists(body: object, maxDocuments: number): void {
  let entries = 0;
  const count = (value: object): void => {
    entries += Array.isArray(value) ? value.length : Object.keys(value).length;
    if (entries <= maxEntries) return;
    throw new RerankError("invalid-input", `body: more than ${maxEntries} keys and entries beside the documents. Leave some out.`);
  };
  // The limit on entries also limits the depth of this recursion.
  const walk = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    count(value);
    for (const item of Object.values(value)) walk(item);
  };
  count(body);
  for (const [key, value] of Object.entries(body)) {
    if (!Array.isArray(value) || otherLists.has(key)) walk(value);
    else if (value.length > maxDocuments) throw tooManyDocuments(value.length, maxDocuments);
  }
}

/** The error for too many documents in one request. */
export function tooManyDocuments(count: number, max: number): RerankError {
  return new RerankError("invalid-input", `documents: a request may have at most ${max}, got ${count}. Send them in several requests.`);
}

async function readBytes(request: Request, hold: (bytes: number) => void): Promise<Uint8Array> {
  const declared = Number(request.headers.get("content-length") ?? Number.NaN);
  if (declared <= smallBodyBytes) {
    const bytes = new Uint8Array(await request.arrayBuffer());
    hold(bytes.length);
    return bytes;
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    hold(chunk.length);
    length += chunk.length;
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

/** @returns whether an integer may be longer than a number keeps */
function refuseExcess(bytes: Uint8Array): boolean {
  const found = findExcess(bytes);
  if (found === "long-integers") return true;
  if (found === "unbalanced") throw notJson();
  if (found !== undefined) throw new RerankError("invalid-input", `body: ${found.excess}. Send less of it, or several requests.`);
  return false;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ServerError(400, "invalid-input", "body: not valid UTF-8.", { cause });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    // Do not repeat the parser's message: it quotes the body.
    if (text === "") throw new ServerError(400, "invalid-input", "body: empty. Send a JSON object.", { cause });
    throw notJson(cause);
  }
}

function notJson(cause?: unknown): ServerError {
  return new ServerError(400, "invalid-input", "body: not valid JSON.", { cause });
}
