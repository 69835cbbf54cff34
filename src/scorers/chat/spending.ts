import type { RerankUsage, TokenPrice } from "../../types.ts";
import type { Completion } from "./completion.ts";

/** Sums what the requests of one call use. */
export class Spending {
  readonly #price: TokenPrice | undefined;
  #requests = 0;
  #promptTokens = 0;
  #outputTokens = 0;
  #isComplete = true;

  constructor(price: TokenPrice | undefined) {
    this.#price = price;
  }

  /** Adds answered requests. */
  addRequests(count: number): void {
    this.#requests += count;
  }

  /** Adds an answer, also a useless one: it costs the same. */
  add({ promptTokens, outputTokens }: Completion): void {
    if (promptTokens === undefined || outputTokens === undefined) this.#isComplete = false;
    this.#promptTokens += promptTokens ?? 0;
    this.#outputTokens += outputTokens ?? 0;
  }

  /** The sums. Without tokens and cost if an answer did not report its tokens: a partial sum would look like the whole. */
  usage(): Omit<RerankUsage, "documents" | "tokens"> {
    if (!this.#isComplete) return { requests: this.#requests };
    return {
      requests: this.#requests,
      outputTokens: this.#outputTokens,
      ...(this.#price === undefined ? {} : { cost: costOf(this.#price, this.#promptTokens, this.#outputTokens) }),
    };
  }
}

function costOf({ input, output }: TokenPrice, promptTokens: number, outputTokens: number): number {
  return (promptTokens * input + outputTokens * output) / 1e6;
}
