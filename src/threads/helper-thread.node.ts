/**
 * A thread with its own event loop, for work that a synchronous caller cannot do: network requests, and a backend's promises.
 * A synchronous caller waits on `Atomics.wait`; an asynchronous caller uses the same thread through a promise.
 *
 * No caller waits forever: another thread, the keeper, starts the helper and reports its end.
 */
import {
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  SHARE_ENV,
  type TransferListItem,
  type Worker,
  workerData,
} from "node:worker_threads";
import { messageOf, RerankError, type RerankErrorCode, type SerializedError } from "../errors.ts";
import { startThread, type ThreadName, threadProgram } from "./start-thread.node.ts";

/** A method that a helper's program offers; `signal` is aborted when the caller has given up. */
export type HelperMethod = (parameters: never, signal: AbortSignal) => unknown;

/** One call into a helper. */
export interface HelperCall {
  signal?: AbortSignal;
  /** On the clock of `performance.now()`. Only for synchronous calls, during which no signal can fire. */
  deadlineMs?: number;
  /** Makes the error for a deadline that has passed. @default `timeout`, with the advice to raise maxRerankDurationSecs */
  createTimeoutError?: () => RerankError;
}

/** What a keeper is started with. */
export interface KeeperData {
  name: string;
  /** Text of the helper's program. */
  program: string;
  /** What the helper is started with. */
  data: HelperData;
  transferList: TransferListItem[];
  /** Receives the helper's {@link ThreadEnd}. */
  report: MessagePort;
  /** Shared by caller, keeper and helper; see {@link eventCount} and {@link keeperStarted}. */
  state: Int32Array;
}

/** How a helper ended. */
export interface ThreadEnd {
  cause: string;
}

/** Index in the shared state: number of replies and reports sent. */
export const eventCount = 0;
/** Index in the shared state: 1 once the keeper runs. */
export const keeperStarted = 1;

type Message = { kind: "call"; id: number; method: string; parameters: unknown } | { kind: "cancel"; id: number } | { kind: "close" };
type Reply = { id: number; value: unknown } | { id: number; error: SerializedError };

interface HelperData {
  /** Parameters of the program. A new thread that replaces a dead one gets the same. */
  opening: unknown;
  port: MessagePort;
  state: Int32Array;
}

interface Connection extends Pick<HelperData, "port" | "state"> {
  /** Ends when the helper has ended. */
  keeper: Worker;
  report: MessagePort;
  startedMs: number;
  isClosing: boolean;
}

/** Maximum time for a thread to start, also on a heavily loaded machine. */
const startLimitMs = 60_000;
/** How long a closed helper waits for running methods. A method whose caller gave up may never settle. */
const closeGraceMs = 1000;
/** A helper that has not ended after this time is blocked by its own code. */
const closeLimitMs = 10_000;

/** A helper thread, as its caller sees it. It starts with the first call, and keeps the process alive only during calls. */
export class HelperThread {
  readonly #name: ThreadName;
  readonly #code: RerankErrorCode;
  readonly #opening: unknown;
  #connection: Connection | undefined;
  #pending = new Map<number, { resolve: (value: unknown) => void; reject: (error: RerankError) => void }>();
  #lastId = 0;

  /**
   * @param code of the error when the thread dies, or when a method fails with something other than a RerankError
   * @param opening parameters of the program; plain data
   */
  constructor(name: ThreadName, code: RerankErrorCode, opening?: unknown) {
    this.#name = name;
    this.#code = code;
    this.#opening = opening;
  }

  /** Whether the thread exists: false before the first call, and after it died or was closed. */
  get isRunning(): boolean {
    return this.#connection !== undefined;
  }

  /** @throws what the method threw; the signal's reason once it is aborted */
  async call(method: string, parameters: unknown, { signal }: HelperCall = {}): Promise<unknown> {
    signal?.throwIfAborted();
    const connection = this.#connect();
    const { keeper, port } = connection;
    const id = this.#send(port, method, parameters);
    keeper.ref();
    port.ref();
    let onAbort: (() => void) | undefined;
    try {
      return await new Promise<unknown>((resolve, reject) => {
        this.#pending.set(id, { resolve, reject });
        onAbort = () => {
          port.postMessage({ kind: "cancel", id } satisfies Message);
          reject(signal!.reason);
        };
        signal?.addEventListener("abort", onAbort);
      });
    } finally {
      if (onAbort !== undefined) signal?.removeEventListener("abort", onAbort);
      this.#pending.delete(id);
      // While closing, stay referenced: `close` waits for the exit, so the event loop must not end before it.
      if (this.#pending.size === 0 && !connection.isClosing) {
        keeper.unref();
        port.unref();
      }
    }
  }

  /** @throws what the method threw; `timeout` at the deadline; the signal's reason if it is aborted beforehand */
  callSync(method: string, parameters: unknown, { signal, deadlineMs = Infinity, createTimeoutError }: HelperCall = {}): unknown {
    signal?.throwIfAborted();
    const connection = this.#connect();
    const { port, report, state, startedMs } = connection;
    const id = this.#send(port, method, parameters);
    for (;;) {
      const seen = Atomics.load(state, eventCount);
      // Read the end first: then the loop below still receives every reply that was sent before it.
      const end = receiveMessageOnPort(report)?.message as ThreadEnd | undefined;
      for (let received = receiveMessageOnPort(port); received !== undefined; received = receiveMessageOnPort(port)) {
        const reply = received.message as Reply;
        if (reply.id !== id) {
          this.#receive(reply);
          continue;
        }
        if (end !== undefined) this.#end(connection, end.cause);
        if ("error" in reply) throw RerankError.revive(reply.error);
        return reply.value;
      }
      if (end !== undefined) throw this.#end(connection, end.cause);
      const now = performance.now();
      const startMs = Atomics.load(state, keeperStarted) === 1 ? Infinity : startedMs + startLimitMs - now;
      if (startMs <= 0) throw this.#end(connection, `no thread could be started within ${startLimitMs / 1000} s`);
      if (deadlineMs <= now) {
        port.postMessage({ kind: "cancel", id } satisfies Message);
        throw (
          createTimeoutError?.() ??
          new RerankError("timeout", `${this.#name}: ${method} took longer than allowed. Raise maxRerankDurationSecs.`)
        );
      }
      Atomics.wait(state, eventCount, seen, Math.min(deadlineMs - now, startMs));
    }
  }

  /**
   * Waits for running calls, then ends the thread. A later call starts a new one.
   *
   * @throws RerankError `timeout` when the thread's own code blocks it. Such a thread no longer keeps the process alive
   */
  async close(): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined) return;
    connection.isClosing = true;
    const { keeper, port } = connection;
    keeper.ref();
    port.postMessage({ kind: "close" } satisfies Message);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const isBlocked = await new Promise<boolean>((resolve) => {
      keeper.once("exit", () => resolve(false));
      timer = setTimeout(() => resolve(true), closeLimitMs);
    });
    clearTimeout(timer);
    if (!isBlocked) return;
    // Do not terminate it: inside native code, that would abort the process.
    keeper.unref();
    throw this.#end(connection, `the thread did not end within ${closeLimitMs / 1000} s: its code blocks it`, "timeout");
  }

  #send(port: MessagePort, method: string, parameters: unknown): number {
    this.#lastId += 1;
    port.postMessage({ kind: "call", id: this.#lastId, method, parameters } satisfies Message);
    return this.#lastId;
  }

  #connect(): Connection {
    if (this.#connection !== undefined) return this.#connection;
    const calls = new MessageChannel();
    const reports = new MessageChannel();
    const state = new Int32Array(new SharedArrayBuffer(8));
    const data: HelperData = { opening: this.#opening, port: calls.port2, state };
    const workerData: KeeperData = {
      name: this.#name,
      program: threadProgram(this.#name),
      data,
      transferList: [calls.port2],
      report: reports.port2,
      state,
    };
    // Shared, so that the thread also sees an API key that the program sets later.
    const keeper = startThread("keeper-thread", threadProgram("keeper-thread"), {
      workerData,
      transferList: [calls.port2, reports.port2],
      env: SHARE_ENV,
    });
    const connection = { keeper, port: calls.port1, report: reports.port1, state, startedMs: performance.now(), isClosing: false };
    this.#connection = connection;
    const { port, report } = connection;
    const ended = (cause: string): void => {
      const reported = receiveMessageOnPort(report)?.message as ThreadEnd | undefined;
      // Replies that were sent before the end still count.
      for (let reply = receiveMessageOnPort(port); reply !== undefined; reply = receiveMessageOnPort(port))
        this.#receive(reply.message as Reply);
      this.#end(connection, reported?.cause ?? cause);
    };
    keeper.on("error", (error: unknown) => ended(messageOf(error)));
    keeper.on("exit", (code) => ended(`the thread exited with code ${code}`));
    port.on("message", (reply: Reply) => this.#receive(reply));
    report.on("message", ({ cause }: ThreadEnd) => ended(cause));
    keeper.unref();
    port.unref();
    report.unref();
    return connection;
  }

  #receive(reply: Reply): void {
    const waiting = this.#pending.get(reply.id);
    if ("error" in reply) waiting?.reject(RerankError.revive(reply.error));
    else waiting?.resolve(reply.value);
  }

  /** Gives up a thread that has ended or is blocked: fails all waiting calls. The next call starts a new thread. @returns the failure */
  #end(connection: Connection, cause: string, code: RerankErrorCode = this.#code): RerankError {
    const error = new RerankError(code, `${this.#name}: ${cause}.`);
    if (this.#connection !== connection) return error;
    connection.port.close();
    connection.report.close();
    this.#connection = undefined;
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
    return error;
  }
}

/**
 * Runs inside the helper thread: serves methods until the caller closes the thread.
 *
 * @param open makes the methods from the thread's `opening`
 * @param code of the error when a method fails with something other than a RerankError
 * @param source of such an error, for its message
 */
export function serveHelperThread<Opening>(
  open: (opening: Opening) => Record<string, HelperMethod>,
  code: RerankErrorCode,
  source: string,
): void {
  const { opening, port, state } = workerData as HelperData;
  const methods = open(opening as Opening);
  const running = new Map<number, AbortController>();
  let isClosing = false;
  const reply = (message: Reply): void => {
    port.postMessage(message);
    Atomics.add(state, eventCount, 1);
    Atomics.notify(state, eventCount);
  };
  // In a thread, process.exit ends only the thread. Timers or sockets of a backend might keep it alive otherwise.
  const end = (): never => process.exit(0);
  const serve = async ({ id, method, parameters }: Extract<Message, { kind: "call" }>): Promise<void> => {
    const controller = new AbortController();
    running.set(id, controller);
    try {
      reply({ id, value: await methods[method]!(parameters as never, controller.signal) });
    } catch (error) {
      reply({ id, error: RerankError.serialize(RerankError.from(error, code, source)) });
    } finally {
      running.delete(id);
      if (isClosing && running.size === 0) end();
    }
  };
  port.on("message", (message: Message) => {
    if (message.kind === "call") void serve(message);
    else if (message.kind === "cancel") running.get(message.id)?.abort();
    else {
      isClosing = true;
      if (running.size === 0) end();
      setTimeout(end, closeGraceMs);
    }
  });
}
