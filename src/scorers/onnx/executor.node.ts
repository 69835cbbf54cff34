/** Texts to scores on the calling thread: tokenise, plan passes, run them. Shared by the workers and by `rerankSync`. */
import { readFileSync } from "node:fs";
import type { Positions } from "../../compile/probe.ts";
import { type PassBounds, type Places, planPackedPasses, planPasses } from "../../engine/plan.ts";
import { messageOf, RerankError } from "../../errors.ts";
import type { ScoreCall } from "../../scorer.ts";
import {
  createLateInteractionEncoder,
  type EncodedText,
  type LateInteractionEncoder,
} from "../../tokenization/late-interaction-encoder.ts";
import { createPairEncoder, type EncodedPair, type PairEncoder, type TokenizerFiles } from "../../tokenization/pair-encoder.ts";
import { createPromptEncoder } from "../../tokenization/prompt-encoder.ts";
import type { LateInteractionHead, PromptTemplate, TokenHead } from "../../types.ts";
import { lastPlace, type Padding, packedFeeds, paddedFeeds } from "./feeds.ts";
import { checkHead, headLogits, type ReadHead, resolveTokens, tokenLogits } from "./head.ts";
import { maxSim, unitVectors } from "./max-sim.ts";
import { keepLastTokensOf, packModel } from "./rewritten-model.node.ts";
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
  head: ResolvedHead;
  /** The prompt in which a pair stands; undefined for the tokenizer's own way to put a pair together. */
  template: PromptTemplate | undefined;
  /** Stands in the template where a call has no instruction; "" for none. */
  instruction: string;
  padding: Omit<Padding, "id">;
  /** A dynamically quantised graph takes its scale from the whole batch: one pair a pass keeps scores independent of it. */
  isDynamicallyQuantised: boolean;
  threads: number;
  provider: SessionProvider;
  deviceId: number;
}

/** A head as far as it is known without the tokenizer. */
export type ResolvedHead = { type: "classification"; relevantClass: number | undefined } | TokenHead | Required<LateInteractionHead>;

/** Documents that are scored together. */
export interface Group extends Pick<ScoreCall, "query" | "texts" | "truncation" | "specialTokens" | "batchSize" | "instruction"> {
  /** Place of each text in the caller's list, for messages. */
  places: readonly number[];
}

/** Numbers of a {@link Group}, in its order. */
export interface GroupScores {
  /** Logits, or sums of cosines for late interaction; shape [texts]. */
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

// A worker serves a few requests at a time, each with one query.
const rememberedQueries = 8;
// Floats of a pass's output: a causal language model gives a logit for each token of its vocabulary at each place, 600 kB a token.
const passOutputs = 16 * 2 ** 20;

/** Opens a model on this thread. @throws RerankError `unsupported-model`, `missing-dependency` */
export function createExecutor(options: ExecutorOptions): Executor {
  const files = { tokenizer: readJson(options.model, options.tokenizerPath), config: options.tokenizerConfig };
  const reader = options.head.type === "late-interaction" ? undefined : readerOf(options, options.head, files);
  const late = options.head.type === "late-interaction" ? createLateInteractionEncoder(files, options.head) : undefined;
  const opened = openModel(options);
  const { session } = opened;
  try {
    checkHead(options.model, session.outputShape, reader?.head ?? { type: "late-interaction" });
  } catch (error) {
    session.close();
    throw error;
  }
  const vectors = new QueryVectors();
  return {
    run: (group, checkpoint) =>
      late === undefined
        ? runGroup(options, reader!, opened, group, checkpoint)
        : runLateInteraction(options, late, session, vectors, group, checkpoint),
    close: () => session.close(),
  };
}

/** How pairs become ids, and outputs scores. */
interface PairReader {
  encoder: PairEncoder;
  head: Exclude<ReadHead, { type: "late-interaction" }>;
}

function readerOf(options: ExecutorOptions, head: Exclude<ResolvedHead, { type: "late-interaction" }>, files: TokenizerFiles): PairReader {
  const { model, template, instruction, maxTokens, typeVocabSize } = options;
  const encoder =
    template === undefined
      ? createPairEncoder(files, { maxTokens, typeVocabSize })
      : createPromptEncoder(files, template, { maxTokens }, instruction);
  if (head.type === "classification") return { encoder, head };
  return { encoder, head: { type: "token", ...resolveTokens(model, head, encoder.idOf) } };
}

/** An open model; `positions` is there where pairs are packed. */
interface OpenModel {
  session: OnnxSession;
  packing: { positions: Positions | undefined } | undefined;
}

/** The model rewritten for passes without padding, or for the last token alone, or else as it was published. */
function openModel(options: ExecutorOptions): OpenModel {
  const { model, modelPath, provider, isDynamicallyQuantised, head } = options;
  try {
    // Packed pairs would share the scale of a dynamically quantised graph; devices have kernels of their own for padded batches.
    if (head.type === "classification" && provider === "cpu" && !isDynamicallyQuantised) {
      const packed = packModel(modelPath, openProbe);
      if (packed !== undefined) return { session: openSession(model, packed, options), packing: packed };
    } else if (head.type === "token") {
      const shortened = keepLastTokensOf(modelPath);
      if (shortened !== undefined) return { session: openSession(model, shortened, options), packing: undefined };
    }
  } catch {
    // What is wrong with the file itself is told by opening it.
  }
  return { session: openSession(model, modelPath, options), packing: undefined };
}

function runGroup(
  options: ExecutorOptions,
  { encoder, head }: PairReader,
  { session, packing }: OpenModel,
  group: Group,
  checkpoint: () => void,
): GroupScores {
  const startedMs = performance.now();
  const pairs = encodeAll(options.model, group, (text) => encoder.encode(group.query, text, group));
  const result = emptyScores(pairs, startedMs);
  const lengths = Array.from(result.tokens);
  const bounds = passBounds(options, group.batchSize, head.type === "token" ? session.outputShape : []);
  const passes = packing === undefined ? planPasses(lengths, bounds) : packedPasses(lengths, group.batchSize);
  for (const pass of passes) {
    checkpoint();
    const members = pass.map((place) => pairs[place]!);
    const padding = { id: encoder.padId, ...options.padding };
    const feeds = packing === undefined ? paddedFeeds(members, padding) : packedFeeds(members, packing.positions);
    const { data, shape } = session.run(feeds);
    checkHead(options.model, shape, head);
    const width = feeds.input_ids.shape[1]!;
    const scores =
      head.type === "token"
        ? tokenLogits(
            data,
            shape,
            members.map((pair) => lastPlace(pair, width, padding.side)),
            head,
          )
        : headLogits(data, pass.length, shape[1] ?? 1, head.relevantClass);
    pass.forEach((place, row) => {
      result.scores[place] = scores[row]!;
    });
    result.passes += 1;
    result.paddedTokens += feeds.input_ids.data.length;
  }
  return result;
}

/** The vectors of the last queries: one call's groups come one after another, each with the same query. */
class QueryVectors {
  readonly #known: Map<string, Float32Array> = new Map();

  of(ids: Int32Array, encode: () => Float32Array): Float32Array {
    const key = ids.join();
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const vectors = encode();
    if (this.#known.size >= rememberedQueries) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(key, vectors);
    return vectors;
  }
}

function runLateInteraction(
  options: ExecutorOptions,
  encoder: LateInteractionEncoder,
  session: OnnxSession,
  vectors: QueryVectors,
  group: Group,
  checkpoint: () => void,
): GroupScores {
  const startedMs = performance.now();
  const documents = encodeAll(options.model, group, (text) => encoder.encodeDocument(text, group));
  const query = encoder.encodeQuery(group.query, group);
  const result = emptyScores(documents, startedMs);
  const queryTokens = query.attended ?? query.ids.length;
  // A pair has the tokens of both, and counts as cut if one of them was.
  result.fullTokens.forEach((fullTokens, place) => {
    const isCut = fullTokens > 0 || query.fullTokens > 0;
    if (isCut) result.fullTokens[place] = (fullTokens || result.tokens[place]!) + (query.fullTokens || queryTokens);
    result.tokens[place]! += queryTokens;
  });
  const padding = { id: encoder.padId, ...options.padding };
  const encode = (texts: readonly EncodedText[]): Float32Array[] => {
    checkpoint();
    const feeds = paddedFeeds(texts, padding);
    const { data, shape } = session.run(feeds);
    checkHead(options.model, shape, { type: "late-interaction" });
    result.passes += 1;
    result.paddedTokens += feeds.input_ids.data.length;
    size = shape[2]!;
    return texts.map((text, row) => {
      const start = lastPlace(text, shape[1]!, padding.side) - text.ids.length + 1;
      return unitVectors(data, shape, row, start, text.isCompared);
    });
  };
  let size = 0;
  const asked = vectors.of(query.ids, () => encode([query])[0]!);
  for (const pass of planPasses(
    documents.map(({ ids }) => ids.length),
    passBounds(options, group.batchSize, []),
  )) {
    const encoded = encode(pass.map((place) => documents[place]!));
    pass.forEach((place, row) => {
      result.scores[place] = maxSim(asked, encoded[row]!, size);
    });
  }
  return result;
}

function encodeAll<T>(model: string, group: Group, encode: (text: string) => T): T[] {
  return group.texts.map((text, row) => {
    try {
      return encode(text);
    } catch (error) {
      const known = RerankError.from(error, "tokenization", model);
      throw new RerankError(known.code, `documents[${group.places[row]}]: ${known.message}`, { cause: known.cause });
    }
  });
}

function emptyScores(texts: readonly EncodedPair[], startedMs: number): GroupScores {
  return {
    scores: new Float64Array(texts.length),
    tokens: Uint32Array.from(texts, ({ ids }) => ids.length),
    fullTokens: Uint32Array.from(texts, ({ fullTokens }) => fullTokens),
    passes: 0,
    paddedTokens: 0,
    tokenizationMs: performance.now() - startedMs,
  };
}

/** @param outputShape of a graph that gives a row of it for every token; else [] */
function passBounds({ isDynamicallyQuantised, provider }: ExecutorOptions, batchSize: number, outputShape: readonly number[]): PassBounds {
  const maxPairs = isDynamicallyQuantised ? 1 : batchSize;
  const outputs = outputShape.length === 3 ? Math.floor(passOutputs / Math.max(1, outputShape[2]!)) : Number.POSITIVE_INFINITY;
  // A device's passes are long and its memory is fast: whole batches keep it busy, and padding costs little.
  if (provider !== "cpu") return { maxPairs, maxTokens: outputs, maxPadding: 1 };
  return { maxPairs, maxTokens: Math.min(passTokens, outputs), maxPadding: passPadding };
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
