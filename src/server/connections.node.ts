import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** How often the server checks whether a client that has ended its side is still connected. */
const probeMs = 250;

/** The connections of a listening server, with the running requests of each. */
export class Connections {
  /** Responses in the order of their requests. The first one owns the connection. */
  readonly #bySocket = new Map<Socket, Set<ServerResponse>>();
  /** When this class first saw that a reply is being sent, as `performance.now()`. */
  readonly #sending = new WeakMap<ServerResponse, number>();

  /** Number of running requests. */
  get count(): number {
    let count = 0;
    for (const responses of this.#bySocket.values()) count += responses.size;
    return count;
  }

  add({ socket }: IncomingMessage, response: ServerResponse): void {
    const responses = this.#bySocket.get(socket) ?? this.#watch(socket);
    responses.add(response);
    response.once("close", () => responses.delete(response));
  }

  /** Closes every connection whose client has not read its reply within the time. @returns a function that ends these checks */
  limitReplies(timeoutMs: number): () => void {
    const timer = setInterval(() => this.#cutLateReplies(timeoutMs), timeoutMs / 4);
    timer.unref();
    return () => clearInterval(timer);
  }

  #cutLateReplies(timeoutMs: number): void {
    const now = performance.now();
    for (const [socket, [response]] of this.#bySocket) {
      // Node assigns the socket only to the first response on a connection.
      if (response?.socket !== socket || !response.headersSent) continue;
      const since = this.#sending.get(response) ?? now;
      this.#sending.set(response, since);
      if (now - since >= timeoutMs) socket.destroy();
    }
  }

  #watch(socket: Socket): Set<ServerResponse> {
    const responses = new Set<ServerResponse>();
    this.#bySocket.set(socket, responses);
    let probe: ReturnType<typeof setInterval> | undefined;
    socket.once("end", () => {
      probe = setInterval(() => this.#probe(responses), probeMs);
      this.#probe(responses);
    });
    socket.once("close", () => {
      clearInterval(probe);
      this.#bySocket.delete(socket);
      // Node emits "close" only on the response that owns the connection. Pipelined requests wait behind it, so emit the event on them
      // here. It aborts them; otherwise they would count as running forever.
      for (const response of responses) response.emit("close");
    });
    return responses;
  }

  /**
   * Sends an interim reply (100 Continue) to find out whether the client is still connected.
   *
   * A client that ended its side may still wait for its answer, or may be gone: the server can only find out by sending something. A
   * waiting client ignores interim replies, any number of them. A client that is gone resets the connection, which aborts its requests.
   *
   * @see https://www.rfc-editor.org/rfc/rfc9110#section-15.2
   */
  #probe([response]: Iterable<ServerResponse>): void {
    if (response !== undefined && !response.headersSent && response.req.httpVersion === "1.1") response.writeContinue();
  }
}
