import { ownTurn } from "./own-turn.ts";
import { ServerError } from "./status.ts";

/** Size of the pieces in which a reply is sent. If the client does not read, at most one piece is outside this count. */
const pieceBytes = 64 * 2 ** 10;

/** Characters of JSON written in one turn of the event loop. Half of the longest document, fully escaped, takes a tenth of a second. */
const stepChars = 512 * 2 ** 10;

/** Counts the bytes of bodies and replies in memory, for all requests together. */
export class HeldBytes {
  readonly #maxBytes: number;
  #bytes = 0;

  /** @param maxBytes limit for all requests together. A process can handle about half a gibibyte of JSON */
  constructor(maxBytes: number = 512 * 2 ** 20) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Adds the bytes of a request.
   *
   * @returns a function that subtracts them again; call it once
   * @throws ServerError 429 when all requests together hold too many bytes
   */
  take(bytes: number): () => void {
    if (this.#bytes + bytes > this.#maxBytes) {
      throw new ServerError(429, "overloaded", "body: too many large requests at once. Try again later.", { retryAfterSecs: 1 });
    }
    return this.#add(bytes);
  }

  /** A JSON response. Its bytes count until the client has read all of them or has disconnected. */
  async reply(body: unknown, init: { status?: number; headers: Record<string, string> }): Promise<Response> {
    const bytes = await encodeJson(body);
    // A finished reply is always sent, even above the limit. The next requests get 429 instead.
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

/** The same bytes as JSON.stringify. Long lists are written entry by entry, with turns of the event loop in between. */
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

/** A body's JSON in parts: the entries of a list, or of each list directly inside an object. */
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
    // JSON.stringify, too, writes null for list entries that JSON cannot express.
    yield separator + (JSON.stringify(entry) ?? "null");
    separator = ",";
  }
  yield separator === "[" ? "[]" : "]";
}
