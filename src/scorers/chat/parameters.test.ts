import { describe, expect, it } from "vitest";
import { Parameters } from "./parameters.ts";

const wanted = { maxTokens: 8, logprobs: true };
const all = { temperature: 0, seed: 1, max_tokens: 8, logprobs: true, top_logprobs: 20 };

function learned(...refusals: string[]) {
  const parameters = new Parameters();
  for (const words of refusals) parameters.learn(parameters.body(wanted), words);
  return parameters.body(wanted);
}

describe("Parameters", () => {
  it("sends all of them at first, and logprobs only where they are wanted", () => {
    expect(learned()).toEqual(all);
    expect(new Parameters().body({ maxTokens: 176, logprobs: false })).toEqual({ temperature: 0, seed: 1, max_tokens: 176 });
  });

  // Messages as they were reported: openai-python#1080, langchaingo#1355, deepchat#336, langchain-azure#82 (as dialects/error-bodies.ts reads it), llama.cpp.
  it.each([
    ["temperature", "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported."],
    ["max_tokens", "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."],
    ["seed", "body.seed: Extra inputs are not permitted"],
    ["seed", 'Invalid JSON payload received. Unknown name "seed": Cannot find field.'],
  ])("leaves out %s after: %s", (name, words) => {
    const { [name as "seed"]: _, ...others } = all;
    expect(learned(words)).toEqual(others);
  });

  // openai-python#1080, generative-ai#1536, vllm-gaudi#1098, vllm#5299.
  it.each([
    "This model does not support the 'logprobs' parameter.",
    "Unrecognized request argument supplied: logprobs",
    "Logprobs is not supported for the current model",
    "Gaudi doesn't support logprobs. Please remove 'logprobs'/'top_logprobs' from your request to receive a response.",
    "Cannot request more than 5 logprobs.",
  ])("asks for five alternatives, and then for no logprobs, after: %s", (words) => {
    expect(learned(words)).toEqual({ ...all, top_logprobs: 5 });
    expect(learned(words, words)).toEqual({ temperature: 0, seed: 1, max_tokens: 8 });
  });

  it("learns a refusal once, however many requests were refused at the same time", () => {
    const parameters = new Parameters();
    const sent = parameters.body(wanted);
    for (let count = 0; count < 8; count += 1) parameters.learn(sent, "'top_logprobs' must be at most 5");
    expect(parameters.body(wanted)).toEqual({ ...all, top_logprobs: 5 });
  });

  it.each([
    "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens. Please reduce the length of the messages or max_tokens.",
    "'max_tokens' is too large: 8. Your request has 4095 input tokens.",
    "The model `gpt-9` does not exist",
    "The response was filtered due to the prompt triggering our content management policy.",
    "The seeds of logical probability are sown at high temperatures",
    "",
  ])("learns nothing from: %s", (words) => {
    const expected = words.includes("temperatures") ? { ...all } : all;
    expect(learned(words)).toEqual(expected);
  });
});
