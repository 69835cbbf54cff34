/**
 * A worker thread that holds a native resource, and how it ends.
 *
 * Terminating a thread, or exiting the process, while native code runs in it aborts the whole process (return code 134,
 * measured with onnxruntime-node 1.30). So this code never terminates a thread in native code: it sends the thread a message to end, and an
 * `exit` handler holds the process until running passes reach their next checkpoint.
 */
import { parentPort, type TransferListItem, workerData } from "node:worker_threads";
import { RerankError, type SerializedError } from "../errors.ts";
import { startThread, type ThreadName, threadProgram } from "./start-thread.node.ts";
import type { PoolThread } from "./worker-pool.ts";

/** The program of a thread. */
export interface ThreadProgram<Request, Response> {
  /**
   * Handles one request; blocks its thread.
   *
   * @param checkpoint call it before native code, and wherever the work may stop. It does not return once the process is exiting.
   * Before the first call of it, only JavaScript may run, and the thread may be terminated
   */
  run(request: Request, checkpoint: () => void): { response: Response; transfer?: TransferListItem[] };
  close(): void;
}

interface ThreadData<Init> {
  init: Init;
  control: Int32Array;
}

type Reply<Response> = { kind: "ready" } | { kind: "response"; response: Response } | { kind: "error"; error: SerializedError };

// Indices in the shared control block.
const busy = 0;
const exiting = 1;

/** How long a request may continue in JavaScript after its result is no longer needed: more than the longest text takes to tokenize. */
const abandonedMs = 2_000;
const pollMs = 50;
/** Maximum wait for a running pass when the process exits. After that, the process ends during the pass. */
const exitWaitMs = 30_000;

const controls = new Set<Int32Array>();

/**
 * Starts a thread; resolves when its program is open.
 *
 * The thread keeps the process alive only while it opens or runs.
 *
 * @throws the RerankError its program threw on opening; `inference` when the thread died
 */
export async function openWorkerThread<Init, Request, Response>(name: ThreadName, init: Init): Promise<PoolThread<Request, Response>> {
  const control = new Int32Array(new SharedArrayBuffer(8));
  const worker = startThread(name, threadProgram(name), { workerData: { init, control } satisfies ThreadData<Init> });
  if (controls.size === 0) process.on("exit", waitForPasses);
  controls.add(control);
  let isAlive = true;
  let isClosing = false;
  let settle: { resolve: (reply: Reply<Response>) => void; reject: (error: RerankError) => void } | undefined;
  const died = (cause: unknown): void => {
    isAlive = false;
    controls.delete(control);
    if (controls.size === 0) process.off("exit", waitForPasses);
    settle?.reject(
      new RerankError("inference", `onnx-node: a worker thread ended unexpectedly: ${String(cause)}. The call can be repeated.`, {
        cause,
        isRetryable: true,
      }),
    );
  };
  worker.on("error", died);
  worker.on("exit", (code) => isAlive && died(`exit code ${code}`));
  worker.on("message", (reply: Reply<Response>) => settle?.resolve(reply));

  const nextReply = async (): Promise<Reply<Response>> => {
    worker.ref();
    try {
      const reply = await new Promise<Reply<Response>>((resolve, reject) => {
        settle = { resolve, reject };
      });
      if (reply.kind === "error") throw RerankError.revive(reply.error);
      return reply;
    } finally {
      settle = undefined;
      // While closing, stay referenced: `close` waits for the exit, so the event loop must not end before it.
      if (!isClosing) worker.unref();
    }
  };
  const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  // Terminates the thread, but never inside native code: only before its first checkpoint, or stopped at one.
  const endOutsideNative = (): void => {
    if (!isAlive || settle === undefined) return;
    if (Atomics.load(control, busy) === 1 && Atomics.load(control, exiting) === 0) {
      setTimeout(endOutsideNative, pollMs);
      return;
    }
    Atomics.store(control, exiting, 1);
    if (Atomics.load(control, busy) === 1) setTimeout(endOutsideNative, pollMs);
    else void worker.terminate();
  };
  const close = async (): Promise<void> => {
    if (!isAlive) return;
    isClosing = true;
    worker.ref();
    worker.postMessage({ kind: "close" });
    await exited;
  };
  try {
    await nextReply();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    get isAlive() {
      return isAlive;
    },
    async run(request) {
      if (!isAlive)
        throw new RerankError("inference", "onnx-node: the worker thread has ended. The call can be repeated.", { isRetryable: true });
      worker.postMessage({ kind: "run", request });
      const reply = await nextReply();
      return (reply as { response: Response }).response;
    },
    abandon() {
      const running = settle;
      // A regular expression of a tokenizer.json may run for seconds, and would keep the process alive.
      const timer = setTimeout(() => settle === running && endOutsideNative(), abandonedMs);
      timer.unref();
    },
    close,
  };
}

/**
 * Runs inside the worker thread: opens the program and serves one request at a time.
 *
 * @param open what it throws is what {@link openWorkerThread} throws; it calls `checkpoint` before native code
 */
export function serveWorkerThread<Init, Request, Response>(
  open: (init: Init, checkpoint: () => void) => ThreadProgram<Request, Response>,
): void {
  const { init, control } = workerData as ThreadData<Init>;
  const port = parentPort!;
  let program: ThreadProgram<Request, Response> | undefined;
  const guarded = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      port.postMessage({ kind: "error", error: RerankError.serialize(RerankError.from(error, "inference", "onnx-node")) });
    } finally {
      idle(control);
    }
  };
  port.on("message", (message: { kind: "run"; request: Request } | { kind: "close" }) => {
    if (message.kind === "close") {
      program?.close();
      port.close();
      return;
    }
    guarded(() => {
      const { response, transfer } = program!.run(message.request, () => checkpoint(control));
      port.postMessage({ kind: "response", response }, transfer ?? []);
    });
  });
  guarded(() => {
    program = open(init, () => checkpoint(control));
    port.postMessage({ kind: "ready" });
  });
}

/** Announces native code. Does not return once the process is exiting or the thread must end. */
function checkpoint(control: Int32Array): void {
  // Write first, then read, as the other side does: so at least one of the two sees the other's value.
  Atomics.store(control, busy, 1);
  if (Atomics.load(control, exiting) === 0) return;
  idle(control);
  Atomics.wait(control, exiting, 1);
}

function idle(control: Int32Array): void {
  Atomics.store(control, busy, 0);
  Atomics.notify(control, busy);
}

/** Delays the exit of the process until no thread is inside native code. */
function waitForPasses(): void {
  for (const control of controls) Atomics.store(control, exiting, 1);
  const end = performance.now() + exitWaitMs;
  for (const control of controls) Atomics.wait(control, busy, 1, Math.max(0, end - performance.now()));
}
