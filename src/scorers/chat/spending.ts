import type { RerankUsage, TokenPrice } from "../../types.ts";
import type { Completion } from "./completion.ts";

/** What the requests of one call took, in sum. */
export class Spending {
  readonly #price: TokenPrice | undefined;
  #requests = 0;
  #promptTokens = 0;
  #outputTokens = 0;
  #isComplete = true;

  constructor(price: TokenPrice | undefined) {
    this.#price = price;
  }

  /** Requests that were answered. */
  addRequests(count: number): void {
    this.#requests += count;
  }

  /** An answer that came, whether it is of use or not: it costs the same. */
  add({ promptTokens, outputTokens }: Completion): void {
    if (promptTokens === undefined || outputTokens === undefined) this.#isComplete = false;
    this.#promptTokens += promptTokens ?? 0;
    this.#outputTokens += outputTokens ?? 0;
  }

  /** Sums; without tokens and cost where the endpoint did not tell the tokens of every answer, since a part would pass for the whole. */
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
