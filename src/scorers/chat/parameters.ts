/** Which parameters an endpoint takes: all are tried, those it refuses are left out from then on. */

/** What a request needs of an answer. */
export interface Wanted {
  /** Most tokens of the answer, thoughts included. */
  maxTokens: number;
  /** Whether to ask for probabilities of tokens. */
  logprobs: boolean;
}

/** Parameters of a request beside its model and messages. */
export type ParameterBody = Readonly<Record<string, number | boolean>>;

// The most that OpenAI gives: https://github.com/openai/openai-python src/openai/types/chat/completion_create_params.py
const maxAlternatives = 20;
// The most of older Azure (https://github.com/Azure/azure-sdk-for-js/pull/29432) and of an untuned vLLM
// (https://github.com/vllm-project/vllm/issues/5299).
const fewAlternatives = 5;

/**
 * The parameters that one endpoint takes, as far as it is known.
 *
 * Reasoning models refuse `temperature`, `max_tokens` and `logprobs`, Mistral refuses `seed`, and others refuse more than five
 * alternatives of a token. What is learned is kept as long as the scorer.
 */
export class Parameters {
  readonly #refused = new Set<string>();
  #alternatives = maxAlternatives;

  /** For the next request. */
  body({ maxTokens, logprobs }: Wanted): ParameterBody {
    const all = {
      // The most likely answer; with the seed, the same one again where an endpoint draws lots nevertheless.
      temperature: 0,
      seed: 1,
      max_tokens: maxTokens,
      ...(logprobs ? { logprobs: true, top_logprobs: this.#alternatives } : {}),
    };
    return Object.fromEntries(Object.entries(all).filter(([name]) => !this.#refused.has(name)));
  }

  /**
   * Learns from a refusal.
   *
   * @param sent the parameters of the request that was refused; others may have learned since
   * @param words the endpoint's own
   * @see https://github.com/openai/openai-python/issues/1080 for logprobs, https://github.com/langchain-ai/langchain-azure/issues/82 for
   *   seed, https://github.com/tmc/langchaingo/issues/1355 for temperature, https://github.com/ThinkInAIXYZ/deepchat/issues/336 for max_tokens
   */
  learn(sent: ParameterBody, words: string): void {
    // Too long a prompt is told in terms of max_tokens, too, and leaving that out would not shorten it.
    if (/context length|too large/i.test(words)) return;
    for (const name of ["temperature", "seed", "max_tokens"]) {
      if (name in sent && new RegExp(`\\b${name}\\b`).test(words)) this.leaveOut(name);
    }
    if ("logprobs" in sent && /logprobs/i.test(words)) this.#giveUpLogprobs(sent);
  }

  leaveOut(name: string): void {
    this.#refused.add(name);
  }

  /** Once to fewer alternatives, then to none. */
  #giveUpLogprobs({ top_logprobs: alternatives }: ParameterBody): void {
    if (alternatives === maxAlternatives) {
      this.#alternatives = fewAlternatives;
      return;
    }
    this.leaveOut("logprobs");
    this.leaveOut("top_logprobs");
  }
}
