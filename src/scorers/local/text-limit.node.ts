/** A time limit for tokenizing, because a regular expression of a tokenizer.json, such as `(x+x+)+y`, can take for ever. */
import { type Context, createContext, Script } from "node:vm";
import { timeoutError } from "../../abort.ts";
import { RerankError } from "../../errors.ts";

/** How long one text may take. The longest that is read at once, of a million characters, takes about two seconds. */
const maxTextMs = 10_000;

/** Ends the tokenization of a text that takes too long, on this thread. */
export class TextLimit {
  readonly #model: string;
  readonly #maxMs: number;
  #call: { startedMs: number; durationMs: number } = { startedMs: 0, durationMs: Number.POSITIVE_INFINITY };
  #runner: { context: Context; script: Script } | undefined;

  /**
   * @param model name for messages
   * @param maxMs for one text
   */
  constructor(model: string, maxMs: number = maxTextMs) {
    this.#model = model;
    this.#maxMs = maxMs;
  }

  /** Begins a call. Its texts also end when this time is over. @param durationMs Infinity for no limit */
  begin(durationMs: number): void {
    this.#call = { startedMs: performance.now(), durationMs };
  }

  /**
   * The result of tokenizing a text.
   *
   * @param work JavaScript only: an end inside native code would end the process
   * @param mayHang whether to end work that runs too long, which costs 0.03 ms of processor time. Otherwise the time of the call is checked beforehand only
   * @throws RerankError `unsupported-model` after the limit of a text, `timeout` after the time of the call
   */
  run<T>(work: () => T, mayHang: boolean): T {
    const { startedMs, durationMs } = this.#call;
    const remainingMs = startedMs + durationMs - performance.now();
    if (remainingMs <= 0) throw this.#callEnded();
    if (!mayHang) return work();
    let result: T;
    // In a context of its own, which costs a millisecond: the global object of a test runner may not be the thread's.
    this.#runner ??= { context: createContext(), script: new Script("work()") };
    const { context, script } = this.#runner;
    context.work = () => {
      result = work();
    };
    try {
      script.runInContext(context, { timeout: Math.ceil(Math.min(this.#maxMs, remainingMs)) });
    } catch (error) {
      if ((error as { code?: unknown } | null)?.code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw error;
      if (remainingMs <= this.#maxMs) throw this.#callEnded();
      throw new RerankError(
        "unsupported-model",
        `${this.#model}: the tokenizer took longer than ${this.#maxMs / 1000} s for one text. ` +
          'A regular expression of tokenizer.json may take for ever: look at its "Regex" entries.',
      );
    } finally {
      context.work = undefined;
    }
    return result!;
  }

  #callEnded(): RerankError {
    return timeoutError(this.#model, Math.round(this.#call.durationMs) / 1000);
  }
}
