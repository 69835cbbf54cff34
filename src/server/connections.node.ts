import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** How often a client that has closed its side is asked whether it is still there. */
const probeMs = 250;

/** The connections of a listening server, and the requests that are being answered on each. */
export class Connections {
  /** Responses in the order of their requests; the first one has the connection. */
  readonly #bySocket = new Map<Socket, Set<ServerResponse>>();
  /** When the reply that is being sent on a connection was first seen, on the clock of `performance.now()`. */
  readonly #sending = new WeakMap<ServerResponse, number>();

  /** Requests under way. */
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

  /** Cuts each connection whose client has not taken its reply within the time. @returns stops looking */
  limitReplies(timeoutMs: number): () => void {
    const timer = setInterval(() => this.#cutLateReplies(timeoutMs), timeoutMs / 4);
    timer.unref();
    return () => clearInterval(timer);
  }

  #cutLateReplies(timeoutMs: number): void {
    const now = performance.now();
    for (const [socket, [response]] of this.#bySocket) {
      // Of the responses on a connection, only the first is given the socket.
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
      // Node tells a response that its connection has closed only when it is that response's turn. Those that wait behind another one, as
      // pipelined requests do, are told here: that aborts them, and else they would count as under way for ever.
      for (const response of responses) response.emit("close");
    });
    return responses;
  }

  /**
   * A client that closed its side may be waiting for its answer, or be gone: both look the same until something is sent. An interim reply
   * says nothing, and may come any number of times; whoever is gone resets the connection, which aborts its requests.
   *
   * @see https://www.rfc-editor.org/rfc/rfc9110#section-15.2
   */
  #probe([response]: Iterable<ServerResponse>): void {
    if (response !== undefined && !response.headersSent && response.req.httpVersion === "1.1") response.writeContinue();
  }
}
