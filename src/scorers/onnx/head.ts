import { RerankError } from "../../errors.ts";

/**
 * Reduces a classification head's outputs to one logit per pair, for which the sigmoid is the head's own probability.
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
 * Refuses a head that does not give one score.
 *
 * @param dimensions the output's shape as the graph declares or returns it; −1 where it is dynamic
 * @throws RerankError `unsupported-model` when the output is not [pairs, labels], when it has three labels or more and
 *   `head.relevantClass` is not set, or when that class does not exist
 */
export function checkHead(model: string, dimensions: readonly number[], relevantClass: number | undefined): void {
  const labels = dimensions.length === 1 ? 1 : dimensions[1]!;
  if (dimensions.length > 2) {
    const shape = dimensions.map((size) => (size < 0 ? "?" : size)).join(", ");
    throw new RerankError(
      "unsupported-model",
      `${model}: the output has shape [${shape}], a cross-encoder's is [pairs, labels]. Use a model exported for sequence classification; embedding and generating models cannot rerank this way.`,
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

/**
 * The index of the class that means "relevant", by index or by its label in config.json.
 *
 * @throws RerankError `unsupported-model` for a label that config.json does not have, naming those it has
 */
export function resolveRelevantClass(model: string, config: unknown, relevantClass: number | string | undefined): number | undefined {
  if (typeof relevantClass !== "string") return relevantClass;
  const labels = (config as { id2label?: Record<string, string> } | null)?.id2label ?? {};
  const found = Object.entries(labels).find(([, label]) => label === relevantClass);
  if (found !== undefined) return Number(found[0]);
  const known = Object.values(labels).map((label) => `"${label}"`);
  throw new RerankError(
    "unsupported-model",
    `${model}: config.json has no label "${relevantClass}". ${known.length > 0 ? `Known: ${known.join(", ")}.` : "It names no labels: give the class's index."}`,
  );
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
