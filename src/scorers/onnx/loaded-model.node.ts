/** From a model's files to what its threads are opened with, and how many there are. */

import { type GroupBounds, planWorkers, type WorkerPlan } from "../../engine/plan.ts";
import { Pool } from "../../engine/pool.ts";
import { openWorkerThread } from "../../engine/worker-thread.node.ts";
import { RerankError } from "../../errors.ts";
import { readCalibration } from "../../models/calibration.node.ts";
import { recordOf } from "../../models/catalogue.ts";
import type { LocatedModel } from "../../models/locate.node.ts";
import { freeMemoryBytes, usableCores } from "../../models/machine.node.ts";
import { firstPosition, tokenLimit } from "../../tokenization/token-limit.ts";
import type { Acceleration, Calibration, CustomModel, HeadConfig, LateInteractionHead, PresetModel, PromptTemplate } from "../../types.ts";
import type { ExecutorOptions, ResolvedHead } from "./executor.node.ts";
import type { Group, GroupScores } from "./group.ts";
import { resolveRelevantClass } from "./head.ts";
import { ScoreCache } from "./score-cache.node.ts";
import { disableTelemetry, type SessionProvider } from "./session.node.ts";

/** What a local scorer is made of. */
export interface OnnxScorerOptions {
  model: PresetModel | CustomModel;
  cacheDir?: string;
  showDownloadProgress: boolean;
  allowDownload: boolean;
  acceleration: Acceleration;
  /** 0 for no cache. */
  scoreCacheBytes: number;
  /** Path of a calibration's file. */
  calibration?: string;
}

/** A model whose files are here; its threads start with the first call. */
export interface LoadedModel {
  located: LocatedModel;
  executor: ExecutorOptions;
  /** Bounds of the groups that travel to a thread together, but for those that a call sets. */
  groups: Omit<GroupBounds, "maxDocuments">;
  /** What the template adds to each document's work, in characters. */
  templateCharacters: number;
  plan: WorkerPlan;
  pool: Pool<Group, GroupScores>;
  cache: ScoreCache | undefined;
  calibration: Calibration | undefined;
}

// About 500 tokens, a pass or a few: calls take turns often and an abort drops nearly all that is left, while a message's 0.2 ms
// stay small beside the work.
const groupCharacters = 2048;
/** Most tokens of a custom model whose configuration sets none: its files may promise more than is sensible. */
const customTokenLimit = 512;
// ColBERTv2's settings, but for the document's length, which is answerai-colbert-small-v1's:
// https://huggingface.co/answerdotai/answerai-colbert-small-v1 artifact.metadata
const colbertDefaults: Required<LateInteractionHead> = {
  type: "late-interaction",
  queryLength: 32,
  documentLength: 300,
  queryToken: "[unused0]",
  documentToken: "[unused1]",
  skipPunctuation: true,
};
// A hundred calls of the largest size that the HTTP interface takes.
const defaultMaxQueued = 100_000;

/** @throws RerankError `unsupported-model`, `invalid-input` for a head, a limit or a calibration that does not fit the model */
export function adoptModel(located: LocatedModel, options: OnnxScorerOptions, provider: SessionProvider): LoadedModel {
  const { acceleration, scoreCacheBytes } = options;
  disableTelemetry();
  const calibration = calibrationOf(located, options);
  const plan = provider === "cpu" ? planCpu(located, acceleration) : planDevice(provider, acceleration);
  const executor = executorOptions(located, options, plan.threads, provider);
  const groups = {
    workers: plan.workers,
    maxCharacters: provider === "cpu" ? groupCharacters : Number.POSITIVE_INFINITY,
  };
  const pool = new Pool<Group, GroupScores>({
    size: plan.workers,
    openThread: () => openWorkerThread("onnx-worker", executor),
    maxWaiting: acceleration.maxQueued ?? defaultMaxQueued,
    ...(acceleration.idleSecs === undefined ? {} : { idleMs: acceleration.idleSecs * 1000 }),
  });
  const { maxTokens, typeVocabSize, head, template, instruction } = executor;
  const identity = JSON.stringify([located.id, located.sizeBytes, maxTokens, typeVocabSize, head, template ?? null, instruction]);
  const templateCharacters = [template ?? ""].flat().join("").length + instruction.length;
  const cache = scoreCacheBytes > 0 ? new ScoreCache(identity, scoreCacheBytes) : undefined;
  return { located, executor, groups, templateCharacters, plan, pool, cache, calibration };
}

function calibrationOf(located: LocatedModel, { calibration, model }: OnnxScorerOptions): Calibration | undefined {
  if (calibration === undefined) return undefined;
  if (headOf(model)?.type === "late-interaction") {
    throw new RerankError(
      "invalid-input",
      `calibration: ${located.id} gives sums of cosines, and a calibration maps logits. Leave it out.`,
    );
  }
  return readCalibration(calibration, located);
}

function planCpu(located: LocatedModel, acceleration: Acceleration): WorkerPlan {
  return planWorkers({ cores: usableCores(), freeBytes: freeMemoryBytes() }, located.sizeBytes, acceleration);
}

/** One session: a device is shared by nobody else, and takes whole batches. */
function planDevice(provider: SessionProvider, { workers = 1, threads = 1 }: Acceleration): WorkerPlan {
  return { workers, threads, reason: `one session on ${provider}` };
}

function executorOptions(
  located: LocatedModel,
  { model, acceleration }: OnnxScorerOptions,
  threads: number,
  provider: SessionProvider,
): ExecutorOptions {
  const head = resolveHead(located, headOf(model), model.maxLength);
  const maxLength = head.type === "late-interaction" ? Math.max(head.queryLength, head.documentLength) : model.maxLength;
  return {
    model: located.id,
    modelPath: located.modelPath,
    tokenizerPath: located.tokenizerPath,
    tokenizerConfig: located.tokenizerConfig,
    maxTokens: tokenLimit({
      ...(maxLength === undefined ? {} : { maxLength }),
      tokenizerConfig: located.tokenizerConfig,
      modelConfig: located.config,
      fallback: recordOf(model)?.maxLength ?? customTokenLimit,
    }),
    typeVocabSize: typeVocabSize(located),
    head,
    template: templateOf(model),
    instruction: model.instruction ?? recordOf(model)?.instruction ?? "",
    padding: {
      side: paddingSide(located),
      firstPosition: firstPosition(located.config),
    },
    isDynamicallyQuantised: located.isDynamicallyQuantised,
    threads,
    provider,
    deviceId: acceleration.deviceId ?? 0,
  };
}

/** What the outputs mean, as the configuration or the catalogue says it. */
export function headOf(model: PresetModel | CustomModel): HeadConfig | undefined {
  return hasOwnFormat(model) ? model.head : recordOf(model)?.head;
}

/** The prompt in which a pair stands, if there is one. */
export function templateOf(model: PresetModel | CustomModel): PromptTemplate | undefined {
  return hasOwnFormat(model) ? model.template : recordOf(model)?.template;
}

/** Head and template belong together: a configuration with one of them takes none of the catalogue's. */
function hasOwnFormat(model: PresetModel | CustomModel): model is CustomModel {
  return model.type === "custom" && (model.head !== undefined || model.template !== undefined);
}

function resolveHead({ id, config }: LocatedModel, head: HeadConfig | undefined, maxLength: number | undefined): ResolvedHead {
  if (head?.type === "token") return head;
  if (head?.type === "late-interaction")
    return { ...colbertDefaults, ...(maxLength === undefined ? {} : { documentLength: maxLength }), ...head };
  return { type: "classification", relevantClass: resolveRelevantClass(id, config, head?.relevantClass) };
}

/**
 * The side that tokenizer_config.json names. But the runtime's operator counts a prompt's tokens from its row's start, whatever the mask says:
 * padding on the left would shift them.
 *
 * @see https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.GroupQueryAttention `seqlens_k`
 */
function paddingSide({ operators, tokenizerConfig }: LocatedModel): "left" | "right" {
  if (operators.includes("GroupQueryAttention")) return "right";
  return (tokenizerConfig as { padding_side?: unknown }).padding_side === "left" ? "left" : "right";
}

/**
 * Rows of the token-type table that pairs make use of: none where the tokenizer does not name `token_type_ids` among the model's inputs. The
 * model is given none then by transformers and sentence-transformers, and takes type 0 for every token, though its graph may have the input.
 *
 * @see https://github.com/huggingface/transformers/blob/v5.0.0/src/transformers/tokenization_utils_base.py `model_input_names`
 */
function typeVocabSize({ config, tokenizerConfig }: LocatedModel): number {
  const { model_input_names: names } = tokenizerConfig as { model_input_names?: unknown };
  if (Array.isArray(names) && !names.includes("token_type_ids")) return 0;
  return (config as { type_vocab_size?: number }).type_vocab_size ?? 2;
}
