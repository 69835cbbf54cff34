/** Texts to logits on the calling thread: tokenise, plan passes, run them. Shared by the workers and by `rerankSync`. */
import { readFileSync } from "node:fs";
import { type PassBounds, planPasses } from "../../engine/plan.ts";
import { messageOf, RerankError } from "../../errors.ts";
import type { ScoreCall } from "../../scorer.ts";
import { createPairEncoder, type EncodedPair, type PairEncoder } from "../../tokenization/pair-encoder.ts";
import { checkHead, headLogits } from "./head.ts";
import { type OnnxSession, openSession, type SessionProvider } from "./session.node.ts";

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

/** Opens a model on this thread. @throws RerankError `unsupported-model`, `missing-dependency` */
export function createExecutor(options: ExecutorOptions): Executor {
  const encoder = createPairEncoder(
    { tokenizer: readJson(options.model, options.tokenizerPath), config: options.tokenizerConfig },
    { maxTokens: options.maxTokens, typeVocabSize: options.typeVocabSize },
  );
  const session = openSession(options.model, options.modelPath, options);
  try {
    checkHead(options.model, session.outputShape, options.relevantClass);
  } catch (error) {
    session.close();
    throw error;
  }
  return {
    run: (group, checkpoint) => runGroup(options, encoder, session, group, checkpoint),
    close: () => session.close(),
  };
}

function runGroup(options: ExecutorOptions, encoder: PairEncoder, session: OnnxSession, group: Group, checkpoint: () => void): GroupScores {
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
  const passes = planPasses(Array.from(result.tokens), passBounds(options, group.batchSize));
  for (const pass of passes) {
    checkpoint();
    const logits = runPass(
      options,
      session,
      pass.map((place) => pairs[place]!),
      encoder.padId,
    );
    pass.forEach((place, row) => {
      result.scores[place] = logits[row]!;
    });
    result.passes += 1;
    result.paddedTokens += pass.length * result.tokens[pass[0]!]!;
  }
  return result;
}

function passBounds({ isDynamicallyQuantised, provider }: ExecutorOptions, batchSize: number): PassBounds {
  const maxPairs = isDynamicallyQuantised ? 1 : batchSize;
  // A device's passes are long and its memory is fast: whole batches keep it busy, and padding costs little.
  if (provider !== "cpu") return { maxPairs, maxTokens: Number.POSITIVE_INFINITY, maxPadding: 1 };
  return { maxPairs, maxTokens: passTokens, maxPadding: passPadding };
}

function runPass(options: ExecutorOptions, session: OnnxSession, pairs: readonly EncodedPair[], padId: number): Float64Array {
  const width = pairs[0]!.ids.length; // the longest comes first
  const ids = new Int32Array(pairs.length * width).fill(padId);
  const mask = new Int32Array(ids.length);
  const types = new Int32Array(ids.length);
  pairs.forEach((pair, row) => {
    const start = row * width;
    ids.set(pair.ids, start);
    types.set(pair.typeIds, start);
    mask.fill(1, start, start + pair.ids.length);
  });
  const output = session.run({ input_ids: ids, attention_mask: mask, token_type_ids: types }, pairs.length, width);
  checkHead(options.model, output.shape, options.relevantClass);
  return headLogits(output.data, pairs.length, output.shape[1] ?? 1, options.relevantClass);
}

function readJson(model: string, path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new RerankError("unsupported-model", `${model}: cannot read ${path}: ${messageOf(error)}.`, { cause: error });
  }
}
