/** Finds out which parameters an endpoint accepts: it tries all, and leaves out those that were refused. */

/** What a request asks for. */
export interface Wanted {
  /** Maximum tokens of the answer, thoughts included. */
  maxTokens: number;
  /** Whether to ask for probabilities of tokens. */
  logprobs: boolean;
}

/** Parameters of a request beside its model and messages. */
export type ParameterBody = Readonly<Record<string, number | boolean>>;

// OpenAI's maximum: https://github.com/openai/openai-python src/openai/types/chat/completion_create_params.py
const maxAlternatives = 20;
// The maximum of older Azure (https://github.com/Azure/azure-sdk-for-js/pull/29432) and of an untuned vLLM
// (https://github.com/vllm-project/vllm/issues/5299).
const fewAlternatives = 5;

/**
 * The parameters that one endpoint accepts, as far as they are known.
 *
 * Reasoning models refuse `temperature`, `max_tokens` and `logprobs`, Mistral refuses `seed`, and others refuse more than five
 * alternatives of a token. The scorer keeps what it has learned.
 */
export class Parameters {
  readonly #refused = new Set<string>();
  #alternatives = maxAlternatives;

  /** The parameters of the next request. */
  body({ maxTokens, logprobs }: Wanted): ParameterBody {
    const all = {
      // The most likely answer. The seed repeats it at endpoints that sample even at temperature 0.
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
   * @param sent the parameters of the refused request; other requests may have learned meanwhile
   * @param words the endpoint's message
   * @see https://github.com/openai/openai-python/issues/1080 for logprobs, https://github.com/langchain-ai/langchain-azure/issues/82 for
   *   seed, https://github.com/tmc/langchaingo/issues/1355 for temperature, https://github.com/ThinkInAIXYZ/deepchat/issues/336 for max_tokens
   */
  learn(sent: ParameterBody, words: string): void {
    // Messages about prompts that are too long mention max_tokens, too, but leaving it out would not shorten the prompt.
    if (/context length|too large/i.test(words)) return;
    for (const name of ["temperature", "seed", "max_tokens"]) {
      if (name in sent && new RegExp(`\\b${name}\\b`).test(words)) this.leaveOut(name);
    }
    if ("logprobs" in sent && /logprobs/i.test(words)) this.#giveUpLogprobs(sent);
  }

  leaveOut(name: string): void {
    this.#refused.add(name);
  }

  /** First asks for fewer alternatives, then for none. */
  #giveUpLogprobs({ top_logprobs: alternatives }: ParameterBody): void {
    if (alternatives === maxAlternatives) {
      this.#alternatives = fewAlternatives;
      return;
    }
    this.leaveOut("logprobs");
    this.leaveOut("top_logprobs");
  }
}
