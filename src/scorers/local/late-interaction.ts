/** Scores by late interaction: encodes query and documents separately, and sums cosines. */
import { LRUCache } from "lru-cache";
import { RerankError } from "../../errors.ts";
import { planPasses } from "../../threads/plan.ts";
import {
  createLateInteractionEncoder,
  type EncodedText,
  type LateInteractionEncoder,
} from "../../tokenization/late-interaction-encoder.ts";
import type { TokenizerFiles } from "../../tokenization/open-tokenizer.ts";
import type { CheckedLateInteractionHead } from "../../types.ts";
import { lastTokenIndex, paddedFeeds } from "./feeds.ts";
import { emptyScores, encodeAll, type Group, type GroupRunner, type GroupScores } from "./group.ts";
import { checkHead } from "./head.ts";
import { maxSim, unitVectors } from "./max-sim.ts";
import type { ExecutorOptions } from "./open-model.ts";
import { passBounds } from "./pass-bounds.ts";
import type { OnnxSession } from "./session.node.ts";

// A worker serves a few requests at a time, each with one query.
const maxCachedQueries = 8;

/** @throws RerankError `unsupported-model` if the head does not fit the files or the graph */
export function lateInteractionRunner(
  options: ExecutorOptions,
  head: Required<CheckedLateInteractionHead>,
  files: TokenizerFiles,
  session: OnnxSession,
): GroupRunner {
  const encoder = createLateInteractionEncoder(files, head);
  checkHead(options.model, session.outputShape, { type: "late-interaction" });
  const { tokens = Number.POSITIVE_INFINITY } = session.fixedShape;
  if (head.queryLength > tokens) {
    const what = `${options.model}: the graph reads ${tokens} tokens, and head.queryLength is ${head.queryLength}`;
    throw new RerankError("invalid-input", `${what}. Give a smaller head.queryLength, or export the model with dynamic axes.`);
  }
  // All groups of a call have the same query.
  const vectors = new LRUCache<string, Float32Array>({ max: maxCachedQueries });
  return (group, checkpoint) => runLateInteraction(options, encoder, session, vectors, group, checkpoint);
}

function runLateInteraction(
  options: ExecutorOptions,
  encoder: LateInteractionEncoder,
  session: OnnxSession,
  vectors: LRUCache<string, Float32Array>,
  call: Group,
  checkpoint: () => void,
): GroupScores {
  const startedMs = performance.now();
  const { fixedShape } = session;
  const group = { ...call, maxLength: Math.min(call.maxLength, fixedShape.tokens ?? call.maxLength) };
  if (group.texts.length === 0) {
    encoder.encodeDocument("", group);
    return emptyScores([], startedMs);
  }
  const documents = encodeAll(options.model, group, (text) => encoder.encodeDocument(text, group));
  const query = encoder.encodeQuery(group.query, group);
  const result = emptyScores(documents, startedMs);
  const queryTokens = query.attended ?? query.ids.length;
  // A pair has the tokens of query and document. It counts as cut if one of them was cut.
  result.fullTokens.forEach((fullTokens, index) => {
    const isCut = fullTokens > 0 || query.fullTokens > 0;
    if (isCut) result.fullTokens[index] = (fullTokens || result.tokens[index]!) + (query.fullTokens || queryTokens);
    if (query.isLowerBound === true) result.lowerBounds[index] = 1;
    result.tokens[index]! += queryTokens;
  });
  const padding = { id: encoder.padId, ...options.padding };
  let size = 0;
  const encode = (texts: readonly EncodedText[]): Float32Array[] => {
    checkpoint();
    const feeds = paddedFeeds(texts, padding, fixedShape);
    const { data, shape } = session.run(feeds);
    checkHead(options.model, shape, { type: "late-interaction" });
    result.passes += 1;
    result.paddedTokens += feeds.input_ids.data.length;
    size = shape[2]!;
    return texts.map((text, row) => {
      const start = lastTokenIndex(text, shape[1]!, padding.side) - text.ids.length + 1;
      return unitVectors(data, shape, row, start, text.isCompared);
    });
  };
  const key = query.ids.join();
  const queryVectors = vectors.get(key) ?? encode([query])[0]!;
  vectors.set(key, queryVectors);
  for (const pass of planPasses(
    documents.map(({ ids }) => fixedShape.tokens ?? ids.length),
    passBounds(options, session, group.batchSize, 0),
  )) {
    const encoded = encode(pass.map((index) => documents[index]!));
    pass.forEach((index, row) => {
      result.scores[index] = maxSim(queryVectors, encoded[row]!, size);
    });
  }
  return result;
}
