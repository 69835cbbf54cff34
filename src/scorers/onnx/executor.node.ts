/** Texts to logits on the calling thread: tokenise, plan passes, run them. Shared by the workers and by `rerankSync`. */
import { readFileSync } from "node:fs";
import type { Positions } from "../../compile/probe.ts";
import { type PassBounds, type Places, planPackedPasses, planPasses } from "../../engine/plan.ts";
import { messageOf, RerankError } from "../../errors.ts";
import type { ScoreCall } from "../../scorer.ts";
import { createPairEncoder, type PairEncoder } from "../../tokenization/pair-encoder.ts";
import { packedFeeds, paddedFeeds } from "./feeds.ts";
import { checkHead, headLogits } from "./head.ts";
import { packModel } from "./packed-model.node.ts";
import { type OnnxSession, openProbe, openSession, type SessionProvider } from "./session.node.ts";

/** All that a thread needs to open a model; plain data. */
export interface ExecutorOptions {
  /** Identity, for messages. */
  model: string;
  modelPath: string;
  tokenizerPath: string;
  /** Parsed tokenizer_config.json. */
  tokenizerConfig: unknown;
  /** Most tokens of a pair. */
  maxTokens: number;
  /** Rows of the token-type table; below 2, all token types are 0. */
  typeVocabSize: number;
  relevantClass: number | undefined;
  /** A dynamically quantised graph takes its scale from the whole batch: one pair a pass keeps scores independent of it. */
  isDynamicallyQuantised: boolean;
  threads: number;
  provider: SessionProvider;
  deviceId: number;
}

/** Documents that are scored together. */
export interface Group extends Pick<ScoreCall, "query" | "texts" | "truncation" | "specialTokens" | "batchSize"> {
  /** Place of each text in the caller's list, for messages. */
  places: readonly number[];
}

/** Numbers of a {@link Group}, in its order. */
export interface GroupScores {
  /** Logits, shape [texts]. */
  scores: Float64Array;
  /** Tokens read, shape [texts]. */
  tokens: Uint32Array;
  /** Tokens of the whole pair where it was cut, else 0; shape [texts]. */
  fullTokens: Uint32Array;
  /** Forward passes that were run. */
  passes: number;
  /** Tokens that were computed, padding included. */
  paddedTokens: number;
  /** Work of tokenising, milliseconds. */
  tokenizationMs: number;
}

/** A model that is open on this thread. */
export interface Executor {
  /**
   * Scores a group; blocks the thread.
   *
   * @param checkpoint called before each pass; what it throws ends the group
   * @throws RerankError `tokenization`, `inference`, or `invalid-input` for a pair too long under `truncation: "error"`
   */
  run(group: Group, checkpoint: () => void): GroupScores;
  close(): void;
}

// Measured for widths 384, 768 and 1024: docs/decisions/engine.md.
const passTokens = 512;
const passPadding = 0.03;
// A group, nearly always: what is left of one after a full pass would stream the weights again for little.
const packedPassTokens = 768;

/** Opens a model on this thread. @throws RerankError `unsupported-model`, `missing-dependency` */
export function createExecutor(options: ExecutorOptions): Executor {
  const encoder = createPairEncoder(
    { tokenizer: readJson(options.model, options.tokenizerPath), config: options.tokenizerConfig },
    { maxTokens: options.maxTokens, typeVocabSize: options.typeVocabSize },
  );
  const opened = openModel(options);
  const { session } = opened;
  try {
    checkHead(options.model, session.outputShape, options.relevantClass);
  } catch (error) {
    session.close();
    throw error;
  }
  return {
    run: (group, checkpoint) => runGroup(options, encoder, opened, group, checkpoint),
    close: () => session.close(),
  };
}

/** An open model; `positions` is there where pairs are packed. */
interface OpenModel {
  session: OnnxSession;
  packing: { positions: Positions | undefined } | undefined;
}

/** The model rewritten for passes without padding, or else as it was published. */
function openModel(options: ExecutorOptions): OpenModel {
  const { model, modelPath, provider, isDynamicallyQuantised } = options;
  // Packed pairs would share the scale of a dynamically quantised graph; devices have kernels of their own for padded batches.
  if (provider === "cpu" && !isDynamicallyQuantised) {
    try {
      const packed = packModel(modelPath, openProbe);
      if (packed !== undefined) return { session: openSession(model, packed, options), packing: packed };
    } catch {
      // What is wrong with the file itself is told by opening it.
    }
  }
  return { session: openSession(model, modelPath, options), packing: undefined };
}

function runGroup(
  options: ExecutorOptions,
  encoder: PairEncoder,
  { session, packing }: OpenModel,
  group: Group,
  checkpoint: () => void,
): GroupScores {
  const startedMs = performance.now();
  const pairs = group.texts.map((text, row) => {
    try {
      return encoder.encode(group.query, text, group);
    } catch (error) {
      const known = RerankError.from(error, "tokenization", options.model);
      throw new RerankError(known.code, `documents[${group.places[row]}]: ${known.message}`, { cause: known.cause });
    }
  });
  const result: GroupScores = {
    scores: new Float64Array(pairs.length),
    tokens: Uint32Array.from(pairs, (pair) => pair.ids.length),
    fullTokens: Uint32Array.from(pairs, (pair) => pair.fullTokens),
    passes: 0,
    paddedTokens: 0,
    tokenizationMs: performance.now() - startedMs,
  };
  const lengths = Array.from(result.tokens);
  const passes = packing === undefined ? planPasses(lengths, passBounds(options, group.batchSize)) : packedPasses(lengths, group.batchSize);
  for (const pass of passes) {
    checkpoint();
    const members = pass.map((place) => pairs[place]!);
    const feeds = packing === undefined ? paddedFeeds(members, encoder.padId) : packedFeeds(members, packing.positions);
    const output = session.run(feeds);
    checkHead(options.model, output.shape, options.relevantClass);
    const logits = headLogits(output.data, pass.length, output.shape[1] ?? 1, options.relevantClass);
    pass.forEach((place, row) => {
      result.scores[place] = logits[row]!;
    });
    result.passes += 1;
    result.paddedTokens += feeds.input_ids.data.length;
  }
  return result;
}

function passBounds({ isDynamicallyQuantised, provider }: ExecutorOptions, batchSize: number): PassBounds {
  const maxPairs = isDynamicallyQuantised ? 1 : batchSize;
  // A device's passes are long and its memory is fast: whole batches keep it busy, and padding costs little.
  if (provider !== "cpu") return { maxPairs, maxTokens: Number.POSITIVE_INFINITY, maxPadding: 1 };
  return { maxPairs, maxTokens: passTokens, maxPadding: passPadding };
}

function packedPasses(lengths: readonly number[], batchSize: number): Places[] {
  return planPackedPasses(lengths, { maxPairs: batchSize, maxTokens: packedPassTokens });
}

function readJson(model: string, path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new RerankError("unsupported-model", `${model}: cannot read ${path}: ${messageOf(error)}.`, { cause: error });
  }
}
