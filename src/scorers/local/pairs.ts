/** Scores pairs, or prompts with both texts: from texts to logits. */
import { planPasses } from "../../threads/plan.ts";
import type { TokenizerFiles } from "../../tokenization/open-tokenizer.ts";
import { createPairEncoder, type PairEncoder } from "../../tokenization/pair-encoder.ts";
import { createPromptEncoder } from "../../tokenization/prompt-encoder.ts";
import { lastTokenIndex, packedFeeds, paddedFeeds } from "./feeds.ts";
import { emptyScores, encodeAll, type Group, type GroupScores } from "./group.ts";
import { checkHead, headLogits, type ReadHead, resolveTokens, tokenLogits } from "./head.ts";
import type { ExecutorOptions, OpenModel } from "./open-model.ts";
import { packedPasses, passBounds } from "./pass-bounds.ts";
import type { Reading, ResolvedHead } from "./reading.ts";
import { createSplitter, maxTokensOf, type TextReader } from "./split.ts";

type PairHead<T> = Exclude<T, { type: "late-interaction" }>;
type PairReading = Reading & { head: PairHead<ResolvedHead> };

/** @throws RerankError `unsupported-model`, `invalid-input` for files, a head or a template that do not fit together */
export function pairReader(options: ExecutorOptions, reading: PairReading, files: TokenizerFiles, model: OpenModel): TextReader {
  const reader = readerOf(options, reading, files);
  checkHead(options.model, model.session.outputShape, reader.head);
  const { encode } = reader.encoder;
  return {
    run: (group, checkpoint) => runPairs(options, reader, model, group, checkpoint),
    // As the encoders cut a query that is too long.
    split: createSplitter({ encode, minShare: reading.template === undefined ? 1 / 2 : 1 / 4, maxTokens: maxTokensOf(model.session) }),
  };
}

/** How pairs become ids, and outputs become scores. */
interface PairReader {
  encoder: PairEncoder;
  head: PairHead<ReadHead>;
}

function readerOf({ model, typeVocabSize }: ExecutorOptions, { head, template }: PairReading, files: TokenizerFiles): PairReader {
  // No limit here: each group has its own `maxLength`.
  const maxTokens = Number.POSITIVE_INFINITY;
  const encoder =
    template === undefined
      ? createPairEncoder(files, { maxTokens, typeVocabSize })
      : createPromptEncoder(files, template, { maxTokens }, "");
  if (head.type === "classification") return { encoder, head };
  return { encoder, head: { type: "token", ...resolveTokens(model, head, encoder.idOf) } };
}

function runPairs(
  options: ExecutorOptions,
  { encoder, head }: PairReader,
  { session, packing }: OpenModel,
  call: Group,
  checkpoint: () => void,
): GroupScores {
  const startedMs = performance.now();
  const { outputShape, fixedShape } = session;
  const group = { ...call, maxLength: Math.min(call.maxLength, fixedShape.tokens ?? call.maxLength) };
  if (group.texts.length === 0) encoder.encode("", "", group);
  const encoded = encodeAll(options.model, group, (text) => encoder.encode(group.query, text, group));
  const { texts: pairs } = encoded;
  const result = emptyScores(encoded, startedMs);
  const lengths = Array.from(result.tokens, (tokens) => fixedShape.tokens ?? tokens);
  const bounds = passBounds(options, session, group.batchSize, outputShape.length === 3 ? outputShape[2]! : 0);
  const passes = packing === undefined ? planPasses(lengths, bounds) : packedPasses(lengths, group.batchSize);
  for (const pass of passes) {
    checkpoint();
    const members = pass.map((index) => pairs[index]!);
    const padding = { id: encoder.padId, ...options.padding };
    const feeds = packing === undefined ? paddedFeeds(members, padding, fixedShape) : packedFeeds(members, packing.positions);
    const { data, shape } = session.run(feeds);
    checkHead(options.model, shape, head);
    const width = feeds.input_ids.shape[1]!;
    const scores =
      head.type === "token"
        ? tokenLogits(
            data,
            shape,
            members.map((pair) => lastTokenIndex(pair, width, padding.side)),
            head,
          )
        : headLogits(data, pass.length, shape[1] ?? 1, head.relevantClass ?? head.relevantOfTwo);
    pass.forEach((index, row) => {
      result.scores[index] = scores[row]!;
    });
    result.passes += 1;
    result.paddedTokens += feeds.input_ids.data.length;
  }
  return result;
}
