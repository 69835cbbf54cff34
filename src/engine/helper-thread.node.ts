/**
 * A thread with an event loop of its own, for what a synchronous caller cannot do itself: the network, and a backend's
 * promises. The caller waits on `Atomics.wait`; an asynchronous caller uses the same thread through a promise.
 */
import { MessageChannel, type MessagePort, receiveMessageOnPort, SHARE_ENV, Worker, workerData } from "node:worker_threads";
import { RerankError, type RerankErrorCode, type SerialisedError } from "../errors.ts";
import { type ThreadName, threadUrl } from "./thread-url.node.ts";

/** A method that a helper's program offers; `signal` is aborted when the caller has given up. */
export type HelperMethod = (parameters: never, signal: AbortSignal) => unknown;

/** One call into a helper. */
export interface HelperCall {
  signal?: AbortSignal;
  /** On the clock of `performance.now()`; only for synchronous calls, where no signal can fire. */
  deadlineMs?: number;
}

type Message = { kind: "call"; id: number; method: string; parameters: unknown } | { kind: "cancel"; id: number } | { kind: "close" };
type Reply = { id: number; value: unknown } | { id: number; error: SerialisedError } | { fatal: SerialisedError };

interface HelperData {
  /** What the program is opened with; the same again when a thread that died is replaced. */
  opening: unknown;
  port: MessagePort;
  /** One counter: how many replies were sent. */
  sent: Int32Array;
}

interface Connection extends Pick<HelperData, "port" | "sent"> {
  worker: Worker;
  isClosing: boolean;
}

/** The caller's end of a helper thread. It starts with its first call, and holds the process open only during calls. */
export class HelperThread {
  readonly #name: ThreadName;
  readonly #code: RerankErrorCode;
  readonly #opening: unknown;
  #connection: Connection | undefined;
  #pending = new Map<number, { resolve: (value: unknown) => void; reject: (error: RerankError) => void }>();
  #lastId = 0;

  /**
   * @param code what a failure that is not a RerankError becomes, and the thread's own death
   * @param opening plain data that the program is opened with
   */
  constructor(name: ThreadName, code: RerankErrorCode, opening?: unknown) {
    this.#name = name;
    this.#code = code;
    this.#opening = opening;
  }

  /** Whether there is a thread; false before the first call, and after a death or a close. */
  get isRunning(): boolean {
    return this.#connection !== undefined;
  }

  /** @throws what the method threw; the signal's reason once it is aborted */
  async call(method: string, parameters: unknown, { signal }: HelperCall = {}): Promise<unknown> {
    signal?.throwIfAborted();
    const connection = this.#connect();
    const { worker, port } = connection;
    const id = this.#send(port, method, parameters);
    worker.ref();
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
      // Whoever closes waits for the exit, which must not be left to an event loop that holds nothing else.
      if (this.#pending.size === 0 && !connection.isClosing) {
        worker.unref();
        port.unref();
      }
    }
  }

  /** @throws what the method threw; `timeout` at the deadline; the signal's reason if it is aborted beforehand */
  callSync(method: string, parameters: unknown, { signal, deadlineMs }: HelperCall = {}): unknown {
    signal?.throwIfAborted();
    const { port, sent } = this.#connect();
    const id = this.#send(port, method, parameters);
    for (;;) {
      const seen = Atomics.load(sent, 0);
      for (let received = receiveMessageOnPort(port); received !== undefined; received = receiveMessageOnPort(port)) {
        const reply = received.message as Reply;
        if (!("fatal" in reply) && reply.id === id) {
          if ("error" in reply) throw RerankError.revive(reply.error);
          return reply.value;
        }
        this.#receive(reply);
        if ("fatal" in reply) throw RerankError.revive(reply.fatal);
      }
      const remaining = deadlineMs === undefined ? undefined : deadlineMs - performance.now();
      if (remaining !== undefined && remaining <= 0) {
        port.postMessage({ kind: "cancel", id } satisfies Message);
        throw new RerankError("timeout", `${this.#name}: ${method} took longer than allowed. Raise maxRerankDurationSecs.`);
      }
      Atomics.wait(sent, 0, seen, remaining);
    }
  }

  /** Ends the thread after the calls that run; a later call starts a new one. */
  async close(): Promise<void> {
    if (this.#connection === undefined) return;
    this.#connection.isClosing = true;
    const { worker, port } = this.#connection;
    const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
    worker.ref();
    port.postMessage({ kind: "close" } satisfies Message);
    await exited;
  }

  #send(port: MessagePort, method: string, parameters: unknown): number {
    this.#lastId += 1;
    port.postMessage({ kind: "call", id: this.#lastId, method, parameters } satisfies Message);
    return this.#lastId;
  }

  #connect(): Connection {
    if (this.#connection !== undefined) return this.#connection;
    const { port1, port2 } = new MessageChannel();
    const sent = new Int32Array(new SharedArrayBuffer(4));
    const data: HelperData = { opening: this.#opening, port: port2, sent };
    const worker = new Worker(threadUrl(this.#name), {
      workerData: data,
      transferList: [port2],
      execArgv: [],
      // A key that the program sets later is found in the thread, too.
      env: SHARE_ENV,
      name: `crossrank ${this.#name}`,
    });
    this.#connection = { worker, port: port1, sent, isClosing: false };
    const ended = (cause: unknown): void => {
      if (this.#connection?.worker === worker) this.#end(new RerankError(this.#code, `${this.#name}: ${String(cause)}`, { cause }));
    };
    worker.on("error", ended);
    worker.on("exit", (code) => ended(`the thread exited with code ${code}`));
    port1.on("message", (reply: Reply) => this.#receive(reply));
    worker.unref();
    port1.unref();
    return this.#connection;
  }

  #receive(reply: Reply): void {
    if ("fatal" in reply) {
      this.#end(RerankError.revive(reply.fatal));
      return;
    }
    const waiting = this.#pending.get(reply.id);
    if ("error" in reply) waiting?.reject(RerankError.revive(reply.error));
    else waiting?.resolve(reply.value);
  }

  /** The thread is gone, or will be at once: fails what waits; the next call starts a new one. */
  #end(error: RerankError): void {
    this.#connection?.port.close();
    this.#connection = undefined;
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}

/**
 * The other side: serves methods until the caller closes the thread.
 *
 * @param open makes the methods from the thread's `opening`
 * @param code what a failure that is not a RerankError becomes
 */
export function serveHelperThread<Opening>(
  open: (opening: Opening) => Record<string, HelperMethod>,
  code: RerankErrorCode,
  place: string,
): void {
  const { opening, port, sent } = workerData as HelperData;
  const methods = open(opening as Opening);
  const running = new Map<number, AbortController>();
  let isClosing = false;
  const reply = (message: Reply): void => {
    port.postMessage(message);
    Atomics.add(sent, 0, 1);
    Atomics.notify(sent, 0);
  };
  const fatal = (cause: unknown): void => reply({ fatal: RerankError.serialise(RerankError.from(cause, code, place)) });
  // A caller that waits on Atomics.wait cannot hear a thread's exit event: tell it before the thread is gone.
  process.on("uncaughtException", (error) => {
    fatal(error);
    process.exit(1);
  });
  process.on("exit", (exitCode) => {
    if (!isClosing) fatal(`the thread exited with code ${exitCode}`);
  });
  // Ends this thread only; a backend may have left timers or sockets behind that would keep it alive.
  const end = (): never => process.exit(0);
  const serve = async ({ id, method, parameters }: Extract<Message, { kind: "call" }>): Promise<void> => {
    const controller = new AbortController();
    running.set(id, controller);
    try {
      reply({ id, value: await methods[method]!(parameters as never, controller.signal) });
    } catch (error) {
      reply({ id, error: RerankError.serialise(RerankError.from(error, code, place)) });
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
    }
  });
}
