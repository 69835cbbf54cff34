import { RerankError } from "../../errors.ts";
import type { CheckedTokenHead } from "../../types.ts";

/**
 * Reduces the outputs of a classification head to one logit for each pair. The sigmoid of the logit is the head's own probability.
 *
 * One label: the logit itself. Two labels: l1 − l0, whose sigmoid is the softmax of class 1.
 * Several: l_c − log Σ_{k≠c} exp(l_k), whose sigmoid is the softmax of class c.
 *
 * @param outputs shape [pairs, labels], row by row
 * @param relevantClass which label means "relevant"; @default class 1 of two
 * @returns shape [pairs], float64, unbounded
 * @throws RerankError `unsupported-model` by {@link checkHead}'s rules
 * @see the two-label rule: softmax column 1, as FlashRank's Ranker and sentence-transformers' rank() of two-label models read it
 */
export function headLogits(outputs: ArrayLike<number>, pairs: number, labels: number, relevantClass: number | undefined): Float64Array {
  const logits = new Float64Array(pairs);
  if (labels === 1) {
    for (let pair = 0; pair < pairs; pair += 1) logits[pair] = outputs[pair]!;
    return logits;
  }
  const relevant = relevantClass ?? 1;
  for (let pair = 0; pair < pairs; pair += 1) {
    const start = pair * labels;
    logits[pair] = outputs[start + relevant]! - logSumExpOfOthers(outputs, start, labels, relevant);
  }
  return logits;
}

/**
 * The score of each prompt: the next-token logit of `trueToken`, minus that of `falseToken` if there is one.
 *
 * @param outputs shape [pairs, tokens, vocabulary], or [pairs, vocabulary] from a graph that gives only the last token
 * @param lastTokenIndices index of each prompt's last token in its row
 * @returns shape [pairs], float64, unbounded
 * @see sentence-transformers 6.2 `cross_encoder/modules/logit_score.py`
 */
export function tokenLogits(
  outputs: ArrayLike<number>,
  shape: readonly number[],
  lastTokenIndices: readonly number[],
  { trueToken, falseToken }: TokenIds,
): Float64Array {
  const vocabulary = shape.at(-1)!;
  const tokens = shape.length === 3 ? shape[1]! : 1;
  return Float64Array.from(lastTokenIndices, (index, pair) => {
    const start = (pair * tokens + Math.min(index, tokens - 1)) * vocabulary;
    return outputs[start + trueToken]! - (falseToken === undefined ? 0 : outputs[start + falseToken]!);
  });
}

/** A token head's tokens by id. */
export interface TokenIds {
  trueToken: number;
  falseToken: number | undefined;
}

/**
 * The tokens of a token head as ids.
 *
 * @param idOf gives the id of a token, or of a text that is exactly one token
 * @throws RerankError `unsupported-model` for a text that is not one token
 */
export function resolveTokens(
  model: string,
  { trueToken, falseToken }: CheckedTokenHead,
  idOf: (token: string) => number | undefined,
): TokenIds {
  const resolve = (token: number | string): number => {
    const id = typeof token === "number" ? token : idOf(token);
    if (id !== undefined) return id;
    throw new RerankError(
      "unsupported-model",
      `${model}: ${JSON.stringify(token)} of head is not one token of its tokenizer. Name one, or give its id.`,
    );
  };
  return { trueToken: resolve(trueToken), falseToken: falseToken === undefined ? undefined : resolve(falseToken) };
}

/**
 * Refuses a graph whose output does not fit the head.
 *
 * @param dimensions the output's shape, as the graph declares or returns it; −1 for a dynamic dimension
 * @throws RerankError `unsupported-model` for a wrong number of dimensions (the message names a head that fits), for three or more classes
 *   without `relevantClass`, and for classes and tokens that do not exist
 */
export function checkHead(model: string, dimensions: readonly number[], head: ReadHead): void {
  if (head.type === "classification") checkClasses(model, dimensions, head.relevantClass);
  else if (head.type === "token") checkTokens(model, dimensions, head);
  else if (dimensions.length !== 3) {
    const what = `${model}: the output has shape ${written(dimensions)}, and late interaction reads [texts, tokens, size]`;
    throw new RerankError("unsupported-model", `${what}. Use a ColBERT export that gives a vector for each token, or leave out head.`);
  }
}

/** Which class of a classification head means relevant. */
export interface ClassReading {
  type: "classification";
  /** The value of the configuration. */
  relevantClass: number | undefined;
  /** The relevant class of two, if the configuration names none. */
  relevantOfTwo: 0 | 1;
}

/** A head with everything needed to read outputs. */
export type ReadHead = ClassReading | ({ type: "token" } & TokenIds) | { type: "late-interaction" };

function checkClasses(model: string, dimensions: readonly number[], relevantClass: number | undefined): void {
  const labels = dimensions.length === 1 ? 1 : dimensions[1]!;
  if (dimensions.length > 2) {
    throw new RerankError(
      "unsupported-model",
      `${model}: the output has shape ${written(dimensions)}, a classification head's is [pairs, labels]. If the model is a ColBERT model, say ` +
        'head: { type: "late-interaction" }; if it is a causal language model that answers yes or no, say head: { type: "token", trueToken: "yes", ' +
        'falseToken: "no" } and its template. Else export it with its classification head (with modules of sentence-transformers: the head among ' +
        "them); embedding models cannot rerank pairs.",
    );
  }
  if (labels > 2 && relevantClass === undefined) {
    throw new RerankError(
      "unsupported-model",
      `${model}: the head has ${labels} classes. Say which one means relevant: { type: "custom", …, head: { relevantClass: 0…${labels - 1} or its label } }.`,
    );
  }
  if (labels >= 1 && relevantClass !== undefined && relevantClass >= Math.max(labels, 1)) {
    throw new RerankError("unsupported-model", `${model}: head.relevantClass is ${relevantClass}, but the classes are 0 to ${labels - 1}.`);
  }
}

function checkTokens(model: string, dimensions: readonly number[], { trueToken, falseToken }: TokenIds): void {
  if (dimensions.length !== 2 && dimensions.length !== 3) {
    throw new RerankError(
      "unsupported-model",
      `${model}: the output has shape ${written(dimensions)}, and a token head reads [pairs, tokens, vocabulary]. Export the model for causal language modeling.`,
    );
  }
  const vocabulary = dimensions.at(-1)!;
  const largest = Math.max(trueToken, falseToken ?? 0);
  if (vocabulary >= 0 && largest >= vocabulary) {
    throw new RerankError(
      "unsupported-model",
      `${model}: the head reads token ${largest}, and the output has ${vocabulary} tokens. Check head.`,
    );
  }
}

function written(dimensions: readonly number[]): string {
  return `[${dimensions.map((size) => (size < 0 ? "?" : size)).join(", ")}]`;
}

function logSumExpOfOthers(outputs: ArrayLike<number>, start: number, labels: number, except: number): number {
  let largest = -Infinity;
  for (let label = 0; label < labels; label += 1) {
    if (label !== except) largest = Math.max(largest, outputs[start + label]!);
  }
  let sum = 0;
  for (let label = 0; label < labels; label += 1) {
    if (label !== except) sum += Math.exp(outputs[start + label]! - largest);
  }
  return largest + Math.log(sum);
}
