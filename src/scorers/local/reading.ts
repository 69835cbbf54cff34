/** How to read a model's texts and outputs. Scorers that share one session may differ in this. */
import type { ModelSpec } from "../../catalogue/model-spec.ts";
import type { LocatedModel } from "../../hub/locate.node.ts";
import { tokenLimit } from "../../tokenization/token-limit.ts";
import type { CheckedHeadConfig, CheckedLateInteractionHead, CheckedTokenHead, PromptTemplate, RerankWarning } from "../../types.ts";
import { readTwoClasses, resolveRelevantClass } from "./class-labels.ts";
import type { ClassReading } from "./head.ts";

/** Sent to a thread with each group; plain data. Threads cache what they build from the last few. */
export interface Reading {
  head: ResolvedHead;
  /** The prompt for a pair; undefined for the tokenizer's own way to join a pair. */
  template: PromptTemplate | undefined;
}

/** A head, resolved as far as possible without the tokenizer. */
export type ResolvedHead = ClassReading | CheckedTokenHead | Required<CheckedLateInteractionHead>;

/** A {@link Reading} with the defaults for calls. */
export interface ModelReading extends Reading {
  /** Maximum tokens of a pair. For late interaction: of the query or the document, whichever may be longer. */
  maxTokens: number;
  /** Fills `{instruction}` in the template; "" for none. */
  instruction: string;
}

// ColBERTv2's settings, except the document's length, which is that of answerai-colbert-small-v1:
// https://huggingface.co/answerdotai/answerai-colbert-small-v1 artifact.metadata
const colbertDefaults: Required<CheckedLateInteractionHead> = {
  type: "late-interaction",
  queryLength: 32,
  documentLength: 300,
  queryToken: "[unused0]",
  documentToken: "[unused1]",
  skipPunctuation: true,
};

/** @throws RerankError `unsupported-model`, `invalid-input` for a head or a limit that does not fit the model */
export function readingOf(located: LocatedModel, model: ModelSpec): ModelReading {
  const head = resolveHead(located, model.head, model.maxLength);
  const maxLength = head.type === "late-interaction" ? Math.max(head.queryLength, head.documentLength) : model.maxLength;
  const maxTokens = tokenLimit({
    ...(maxLength === undefined ? {} : { maxLength }),
    tokenizerConfig: located.tokenizerConfig,
    modelConfig: located.config,
    fallback: model.defaultMaxLength,
  });
  return { head, template: model.template, maxTokens, instruction: model.instruction };
}

/** A warning if the labels of two classes do not show which one means "relevant". */
export function labelWarnings({ id, config }: LocatedModel, head: ResolvedHead): RerankWarning[] {
  if (head.type !== "classification" || head.relevantClass !== undefined) return [];
  const unread = readTwoClasses(config)?.unread;
  if (unread === undefined) return [];
  const names = unread.map((label) => JSON.stringify(label.slice(0, 60))).join(" and ");
  const message = `${id}: the labels ${names} do not show which class means relevant, so class 1 is taken. Set head: { relevantClass: 0, 1 or a label }`;
  return [{ type: "unread-labels", message, labels: unread }];
}

function resolveHead({ id, config }: LocatedModel, head: CheckedHeadConfig | undefined, maxLength: number | undefined): ResolvedHead {
  if (head?.type === "token") return head;
  if (head?.type === "late-interaction")
    return { ...colbertDefaults, ...(maxLength === undefined ? {} : { documentLength: maxLength }), ...head };
  const relevantClass = resolveRelevantClass(id, config, head?.relevantClass);
  return { type: "classification", relevantClass, relevantOfTwo: readTwoClasses(config)?.relevant ?? 1 };
}
