/** A model that is open on this thread: what it is made of, and how it is opened. Shared by the workers and by `rerankSync`. */
import { readFileSync } from "node:fs";
import { LRUCache } from "lru-cache";
import type { Positions } from "../../compile/probe.ts";
import { messageOf, RerankError } from "../../errors.ts";
import type { Padding } from "./feeds.ts";
import type { GroupRunner } from "./group.ts";
import { lateInteractionRunner } from "./late-interaction.ts";
import { pairRunner } from "./pairs.ts";
import type { Reading, ResolvedHead } from "./reading.ts";
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
  /** Rows of the token-type table; below 2, all token types are 0. */
  typeVocabSize: number;
  /** Decides which of the graph's outputs are computed at all. */
  headType: ResolvedHead["type"];
  padding: Omit<Padding, "id">;
  /** A dynamically quantised graph takes its scale from the whole batch: one pair a pass keeps scores independent of it. */
  isDynamicallyQuantised: boolean;
  threads: number;
  provider: SessionProvider;
  deviceId: number;
}

/** A model that is open on this thread. */
export interface Executor {
  run: GroupRunner;
  close(): void;
}

// Each remembers a few queries, and a few thousand words at most; the tokenizer is shared by all.
const rememberedReadings = 8;

/** Opens a model on this thread. @throws RerankError `unsupported-model`, `missing-dependency` */
export function createExecutor(options: ExecutorOptions): Executor {
  const files = { tokenizer: readJson(options.model, options.tokenizerPath), config: options.tokenizerConfig };
  const opened = openModel(options);
  const runners = new LRUCache<string, GroupRunner>({ max: rememberedReadings });
  const runnerOf = (reading: Reading): GroupRunner => {
    const key = JSON.stringify(reading);
    const known = runners.get(key);
    if (known !== undefined) return known;
    const runner =
      reading.head.type === "late-interaction"
        ? lateInteractionRunner(options, reading.head, files, opened.session)
        : pairRunner(options, { ...reading, head: reading.head }, files, opened);
    runners.set(key, runner);
    return runner;
  };
  return { run: (group, checkpoint) => runnerOf(group.reading)(group, checkpoint), close: () => opened.session.close() };
}

/** An open model; `positions` is there where pairs are packed. */
export interface OpenModel {
  session: OnnxSession;
  packing: { positions: Positions | undefined } | undefined;
}

/** The model rewritten for passes without padding, or for the last token alone, or else as it was published. */
function openModel(options: ExecutorOptions): OpenModel {
  const { model, modelPath, provider, isDynamicallyQuantised, headType } = options;
  try {
    // Packed pairs would share the scale of a dynamically quantised graph; devices have kernels of their own for padded batches.
    if (headType === "classification" && provider === "cpu" && !isDynamicallyQuantised) {
      const packed = packModel(modelPath, openProbe);
      if (packed !== undefined) return { session: openSession(model, packed, options), packing: packed };
    } else if (headType === "token") {
      const shortened = keepLastTokensOf(modelPath);
      if (shortened !== undefined) return { session: openSession(model, shortened, options), packing: undefined };
    }
  } catch {
    // What is wrong with the file itself is told by opening it.
  }
  return { session: openSession(model, modelPath, options), packing: undefined };
}

function readJson(model: string, path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new RerankError("unsupported-model", `${model}: cannot read ${path}: ${messageOf(error)}.`, { cause: error });
  }
}
