import { ownTurn } from "./own-turn.ts";
import { ServerError } from "./status.ts";

/** Pieces in which a reply is handed over: of one that nobody reads, this much at most is out of our hands. */
const pieceBytes = 64 * 2 ** 10;

/** So much JSON is written at a time: half of the longest document, with all of it escaped, takes a tenth of a second. */
const stepChars = 512 * 2 ** 10;

/** Bytes of bodies and replies, of all requests together. */
export class HeldBytes {
  readonly #maxBytes: number;
  #bytes = 0;

  /** @param maxBytes half a gibibyte of JSON is about what a process can stand */
  constructor(maxBytes: number = 512 * 2 ** 20) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Counts bytes of a request.
   *
   * @returns takes them off again; to be called once
   * @throws ServerError 429 when all together are too many
   */
  take(bytes: number): () => void {
    if (this.#bytes + bytes > this.#maxBytes) {
      throw new ServerError(429, "overloaded", "body: too many large requests at once. Try again later.", { retryAfterSecs: 1 });
    }
    return this.#add(bytes);
  }

  /** JSON as a response whose bytes count until the client has taken the last of them, or has gone. */
  async reply(body: unknown, init: { status?: number; headers: Record<string, string> }): Promise<Response> {
    const bytes = await encodeJson(body);
    // What is computed already is sent, however many bytes there are: the next requests wait instead.
    const release = this.#add(bytes.length);
    let sent = 0;
    const pieces = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          const piece = bytes.subarray(sent, sent + pieceBytes);
          sent += piece.length;
          controller.enqueue(piece);
          if (sent < bytes.length) return;
          controller.close();
          release();
        },
        cancel: release,
      },
      { highWaterMark: 0 },
    );
    const headers = { ...init.headers, "content-type": "application/json", "content-length": String(bytes.length) };
    return new Response(pieces, { ...init, headers });
  }

  #add(bytes: number): () => void {
    this.#bytes += bytes;
    return () => {
      this.#bytes -= bytes;
    };
  }
}

/** The bytes of what JSON.stringify gives; a long list's entries are written one after the other, with turns in between. */
async function encodeJson(body: unknown): Promise<Uint8Array> {
  const encoder = new TextEncoder();
  const encoded: Uint8Array[] = [];
  let text = "";
  for (const part of jsonParts(body)) {
    text += part;
    if (text.length < stepChars) continue;
    encoded.push(encoder.encode(text));
    text = "";
    await ownTurn();
  }
  encoded.push(encoder.encode(text));
  if (encoded.length === 1) return encoded[0]!;
  const bytes = new Uint8Array(encoded.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const piece of encoded) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
}

/** A body's JSON in parts: a list's entries, or those of each list right inside an object. */
function* jsonParts(body: unknown): Generator<string> {
  if (Array.isArray(body)) yield* listParts(body);
  else if (typeof body !== "object" || body === null) yield JSON.stringify(body);
  else {
    let separator = "{";
    for (const [key, value] of Object.entries(body)) {
      if (value === undefined) continue;
      yield `${separator}${JSON.stringify(key)}:`;
      if (Array.isArray(value)) yield* listParts(value);
      else yield JSON.stringify(value);
      separator = ",";
    }
    yield separator === "{" ? "{}" : "}";
  }
}

function* listParts(list: readonly unknown[]): Generator<string> {
  let separator = "[";
  for (const entry of list) {
    // As in any list, what JSON has no word for is null.
    yield separator + (JSON.stringify(entry) ?? "null");
    separator = ",";
  }
  yield separator === "[" ? "[]" : "]";
}
