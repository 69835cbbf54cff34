/** Scores by late interaction: encodes query and documents separately, and sums cosines. */
import { LRUCache } from "lru-cache";
import { RerankError } from "../../errors.ts";
import { visibleSentences } from "../../ranking/highlights.ts";
import type { ScoredPassage } from "../../scorer.ts";
import { planPasses } from "../../threads/plan.ts";
import {
  createLateInteractionEncoder,
  type EncodedText,
  type LateInteractionEncoder,
} from "../../tokenization/late-interaction-encoder.ts";
import type { TokenizerFiles } from "../../tokenization/open-tokenizer.ts";
import type { CheckedLateInteractionHead } from "../../types.ts";
import { lastTokenIndex, paddedFeeds } from "./feeds.ts";
import { emptyScores, encodeAll, type Group, type GroupScores } from "./group.ts";
import { checkHead } from "./head.ts";
import { maxSim, unitVectors } from "./max-sim.ts";
import type { ExecutorOptions } from "./open-model.ts";
import { passBounds } from "./pass-bounds.ts";
import type { OnnxSession } from "./session.node.ts";
import { createSplitter, maxTokensOf, type TextReader } from "./split.ts";

// More tokens than any text has.
const unlimited = 2 ** 30;
// A worker serves a few requests at a time, each with one query.
const maxCachedQueries = 8;

/** @throws RerankError `unsupported-model` if the head does not fit the files or the graph */
export function lateInteractionReader(
  options: ExecutorOptions,
  head: Required<CheckedLateInteractionHead>,
  files: TokenizerFiles,
  session: OnnxSession,
): TextReader {
  const encoder = createLateInteractionEncoder(files, head);
  checkHead(options.model, session.outputShape, { type: "late-interaction" });
  const { tokens = Number.POSITIVE_INFINITY } = session.fixedShape;
  if (head.queryLength > tokens) {
    const what = `${options.model}: the graph reads ${tokens} tokens, and head.queryLength is ${head.queryLength}`;
    throw new RerankError("invalid-input", `${what}. Give a smaller head.queryLength, or export the model with dynamic axes.`);
  }
  // All groups of a call have the same query.
  const vectors = new LRUCache<string, Float32Array>({ max: maxCachedQueries });
  const boundless = createLateInteractionEncoder(files, { ...head, documentLength: Number.MAX_SAFE_INTEGER });
  return {
    run: (group, checkpoint) => runLateInteraction(options, { encoder, boundless, vectors }, session, group, checkpoint),
    split: createSplitter({
      encode: (_query, text, encoding) => boundless.encodeDocument(text, encoding),
      minShare: 1,
      maxTokens: Math.min(head.documentLength, maxTokensOf(session)),
    }),
  };
}

/** What one way of reading texts needs. */
interface LateReader {
  encoder: LateInteractionEncoder;
  /** The same without a limit, which counts tokens. */
  boundless: LateInteractionEncoder;
  /** The vectors of the last queries, by their ids. */
  vectors: LRUCache<string, Float32Array>;
}

function runLateInteraction(
  options: ExecutorOptions,
  { encoder, boundless, vectors }: LateReader,
  session: OnnxSession,
  call: Group,
  checkpoint: () => void,
): GroupScores {
  const startedMs = performance.now();
  const { fixedShape } = session;
  const group = { ...call, maxLength: Math.min(call.maxLength, fixedShape.tokens ?? call.maxLength) };
  if (group.texts.length === 0) {
    encoder.encodeDocument("", group);
    return emptyScores({ texts: [], failures: [] }, startedMs);
  }
  const encoded = encodeAll(options.model, group, (text) => encoder.encodeDocument(text, group));
  const { texts: documents } = encoded;
  const query = encoder.encodeQuery(group.query, group);
  const result = emptyScores(encoded, startedMs);
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
    const vectorsOfPass = encode(pass.map((index) => documents[index]!));
    pass.forEach((index, row) => {
      result.scores[index] = maxSim(queryVectors, vectorsOfPass[row]!, size);
      if (group.wantsSentences !== true) return;
      result.sentences ??= [];
      result.sentences[index] = sentenceScores(group, index, documents[index]!, boundless, (from, to) =>
        maxSim(queryVectors, vectorsOfPass[row]!.subarray(from * size, to * size), size),
      );
    });
  }
  return result;
}

/**
 * The sentences of a text, each with the score of its own tokens, as they were encoded within the text. Those without a compared token, or behind the
 * end of a text that was cut, are left out.
 *
 * @param scoreOf score of the vectors from one index to another
 */
function sentenceScores(
  group: Group,
  index: number,
  { isCompared }: EncodedText,
  boundless: LateInteractionEncoder,
  scoreOf: (from: number, to: number) => number,
): ScoredPassage[] {
  const text = group.texts[index]!;
  const idsOf = (part: string): Int32Array =>
    boundless.encodeDocument(part, { ...group, truncation: "longest_first", maxLength: unlimited }).ids;
  const specialTokens = idsOf("").length;
  // Vectors of the tokens up to a character, those of the special tokens in front of the text included.
  const vectorsTo = (end: number): number => {
    const tokens = boundless.leadingTokens + idsOf(text.slice(0, end)).length - specialTokens;
    return isCompared.slice(0, tokens).filter(Boolean).length;
  };
  return visibleSentences(text).flatMap(({ start, end }) => {
    const [from, to] = [vectorsTo(start), vectorsTo(end)];
    return to > from ? { start, end, score: scoreOf(from, to) } : [];
  });
}
