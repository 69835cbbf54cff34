/** Finds the class of a head that means "relevant", from the labels in config.json. */
import { RerankError } from "../../errors.ts";

/** Labels by class. */
type Labels = ReadonlyMap<number, string>;

/** What the labels of two classes mean. */
export interface TwoClassReading {
  /** The relevant class. Class 1, as in most models, if the labels do not show it. */
  relevant: 0 | 1;
  /** The labels, if they are names whose meaning is not known. */
  unread: readonly string[] | undefined;
}

// The default names that transformers gives to classes.
const placeholder = /^label[_ ]?\d+$/i;

// Whole words of labels, in lower case. A negation comes before the word that it negates: "not relevant", "non-duplicate".
const positive = new Set(
  (
    "1 true yes y positive pos relevant relevance related match matched matching entailment entails entailed duplicate paraphrase equivalent " +
    "similar same correct right good useful helpful answer answers answerable supported supports high"
  ).split(" "),
);
const negative = new Set(
  (
    "0 false no n negative neg irrelevant nonrelevant notrelevant unrelated mismatch unmatched contradiction contradicts contradictory neutral " +
    "nonduplicate nonmatch different dissimilar incorrect wrong bad useless unhelpful unanswerable unsupported random low other"
  ).split(" "),
);
const negations = new Set(["not", "non", "no", "un", "isnt", "isn't"]);

/**
 * The index of the class that `head.relevantClass` names, by index or by its label.
 *
 * @throws RerankError `unsupported-model` for a label that config.json does not have, naming those it has
 */
export function resolveRelevantClass(model: string, config: unknown, relevantClass: number | string | undefined): number | undefined {
  if (typeof relevantClass !== "string") return relevantClass;
  const labels = labelsOf(config);
  const found = [...labels].find(([, label]) => label === relevantClass);
  if (found !== undefined) return found[0];
  const known = [...labels.values()].map((label) => `"${label}"`);
  throw new RerankError(
    "unsupported-model",
    `${model}: config.json has no label "${relevantClass}". ${known.length > 0 ? `Known: ${known.join(", ")}.` : "It names no labels: give the class's index."}`,
  );
}

/**
 * Reads the labels of a head with two classes. It is enough to understand one of the two.
 *
 * @returns undefined unless config.json names exactly two classes
 */
export function readTwoClasses(config: unknown): TwoClassReading | undefined {
  const labels = labelsOf(config);
  const [first, second] = [labels.get(0), labels.get(1)];
  if (labels.size !== 2 || first === undefined || second === undefined) return undefined;
  const readings = [isPositive(first), isPositive(second)] as const;
  const isReadable = readings[0] !== readings[1];
  if (isReadable) return { relevant: readings[0] === true || readings[1] === false ? 0 : 1, unread: undefined };
  const areNames = !(placeholder.test(first) && placeholder.test(second));
  return { relevant: 1, unread: areNames ? [first, second] : undefined };
}

/** Whether a label means relevant; undefined if that is not clear. */
function isPositive(label: string): boolean | undefined {
  // "NotRelevant" and "not_relevant" are two words each.
  const words = label
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}']+/u)
    .filter((word) => word !== "");
  const isNegated = words.length > 1 && words.some((word) => negations.has(word));
  const meanings = new Set(
    words.flatMap((word) => (positive.has(word) ? [true] : negative.has(word) && !negations.has(word) ? [false] : [])),
  );
  if (words.length === 1 && negative.has(words[0]!)) return false;
  if (meanings.size !== 1) return undefined;
  return meanings.has(true) !== isNegated;
}

/** `id2label`, otherwise `label2id` inverted; empty if there is neither. */
function labelsOf(config: unknown): Labels {
  const { id2label, label2id } = (config ?? {}) as { id2label?: unknown; label2id?: unknown };
  const named = entriesOf(id2label).map(([id, label]) => [Number(id), label] as const);
  const numbered = entriesOf(label2id).map(([label, id]) => [id, label] as const);
  const entries = (named.length > 0 ? named : numbered).filter(([id, label]) => Number.isInteger(id) && typeof label === "string");
  return new Map(entries as [number, string][]);
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}
