/** Opens a model on the current thread. The workers and `rerankSync` both use it. */

import { readFileSync } from "node:fs";
import { LRUCache } from "lru-cache";
import { messageOf, RerankError } from "../../errors.ts";
import { openTokenizer, type TokenizerFiles } from "../../tokenization/open-tokenizer.ts";
import { type FileWatch, watchFiles } from "./file-watch.node.ts";
import type { GroupRunner } from "./group.ts";
import { lateInteractionRunner } from "./late-interaction.ts";
import type { ExecutorOptions, OpenModel } from "./open-model.ts";
import { pairRunner } from "./pairs.ts";
import type { Reading } from "./reading.ts";
import { castOutputOf, keepLastTokensOf, packModel } from "./rewritten-model.node.ts";
import { openProbe, openSession } from "./session.node.ts";
import { TextLimit } from "./text-limit.node.ts";

/** A model that is open on this thread. */
export interface Executor {
  run: GroupRunner;
  close(): void;
}

// Each caches a few queries and at most a few thousand words. All share one tokenizer.
const maxCachedReadings = 8;

/**
 * Opens a model on this thread.
 *
 * @param checkpoint called before native code
 * @throws RerankError `unsupported-model`, `missing-dependency`
 */
export function createExecutor(options: ExecutorOptions, checkpoint: () => void = () => undefined): Executor {
  const limit = new TextLimit(options.model);
  const files: TokenizerFiles = {
    tokenizer: readJson(options.model, options.tokenizerPath),
    config: options.tokenizerConfig,
    limit: (work, mayHang) => limit.run(work, mayHang),
  };
  // Before any native code, for a tokenizer that cannot be used should not cost a session.
  openTokenizer(files);
  checkpoint();
  const { model, watchedFiles, hasExternalData } = options;
  const watch = watchFiles(model, watchedFiles);
  let opened: OpenModel | undefined;
  const close = (): void => {
    opened?.session.close();
    watch.close();
  };
  try {
    opened = openModel(options);
    watch.check();
    // The runtime has read the whole file, so the file may change from now on.
    if (!opened.isRewritten && !hasExternalData) watch.close();
    return { run: limitedRunner(watchedRunner(readingRunner(options, files, opened), watch), limit), close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Scores each group by its own reading, and caches the runners of the last readings. */
function readingRunner(options: ExecutorOptions, files: TokenizerFiles, opened: OpenModel): GroupRunner {
  const runners = new LRUCache<string, GroupRunner>({ max: maxCachedReadings });
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
  return (group, checkpoint) => runnerOf(group.reading)(group, checkpoint);
}

/** Gives the tokenizer no more time than the call has. */
function limitedRunner(run: GroupRunner, limit: TextLimit): GroupRunner {
  return (group, checkpoint) => {
    limit.begin(group.maxDurationMs);
    return run(group, checkpoint);
  };
}

/** Throws if a file changed before or during a group, instead of returning its scores. */
function watchedRunner(run: GroupRunner, watch: FileWatch): GroupRunner {
  return (group, checkpoint) => {
    watch.check();
    const scores = run(group, checkpoint);
    watch.check();
    return scores;
  };
}

/** Opens the model: rewritten for passes without padding or for the last token only, or otherwise as published. */
function openModel(options: ExecutorOptions): OpenModel {
  const { model, modelPath, provider, isDynamicallyQuantized, headType } = options;
  try {
    // Not for dynamically quantized graphs: packed pairs would share one scale. Not for devices: they have kernels for padded batches.
    if (headType === "classification" && provider === "cpu" && !isDynamicallyQuantized) {
      const packed = packModel(modelPath, openProbe);
      if (packed !== undefined) {
        const session = openSession(model, packed, options);
        if (session.fixedShape.texts === undefined) return { session, packing: packed, isRewritten: true };
        session.close(); // pairs side by side are one row
      }
    } else if (headType === "token") {
      const shortened = keepLastTokensOf(modelPath);
      if (shortened !== undefined) return { session: openSession(model, shortened, options), packing: undefined, isRewritten: true };
    }
  } catch {
    // If the file itself is damaged, opening it below gives the error.
  }
  try {
    const readable = options.hasBfloat16Logits ? castOutputOf(modelPath) : undefined;
    if (readable !== undefined) return { session: openSession(model, readable, options), packing: undefined, isRewritten: true };
  } catch {
    // As above.
  }
  return { session: openSession(model, modelPath, options), packing: undefined, isRewritten: false };
}

function readJson(model: string, path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new RerankError("unsupported-model", `${model}: cannot read ${path}: ${messageOf(error)}.`, { cause: error });
  }
}
