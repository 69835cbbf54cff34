import { ServerError } from "./status.ts";

/** Pieces in which a reply is handed over: of one that nobody reads, this much at most is out of our hands. */
const pieceBytes = 64 * 2 ** 10;

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
  reply(body: unknown, init: { status?: number; headers: Record<string, string> }): Response {
    const bytes = new TextEncoder().encode(JSON.stringify(body));
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
