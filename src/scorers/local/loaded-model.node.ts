/** Prepares a model whose files are on this machine: acquires its session, and resolves how to read its texts and outputs. */

import { readCalibration } from "../../catalogue/calibration-file.node.ts";
import type { ModelSpec } from "../../catalogue/model-spec.ts";
import { RerankError } from "../../errors.ts";
import type { LocatedModel } from "../../hub/locate.node.ts";
import { firstPosition } from "../../tokenization/token-limit.ts";
import type { Calibration, CheckedAcceleration, CheckedCustomModel, CheckedPresetModel, RerankWarning } from "../../types.ts";
import type { OpenableFiles } from "./model-files.node.ts";
import type { ExecutorOptions } from "./open-model.ts";
import { labelWarnings, type ModelReading, readingOf } from "./reading.ts";
import type { CachedPairs } from "./score-cache.node.ts";
import type { SessionProvider } from "./session.node.ts";
import { acquireModel, type Lease } from "./shared-model.node.ts";

/** Options of a local scorer. */
export interface OnnxScorerOptions {
  model: CheckedPresetModel | CheckedCustomModel;
  cacheDir?: string;
  showDownloadProgress: boolean;
  allowDownload: boolean;
  acceleration: CheckedAcceleration;
  /** 0 for no cache. */
  scoreCacheBytes: number;
  /** Path of a calibration's file. */
  calibration?: string;
}

/** {@link OnnxScorerOptions} with the model resolved. */
export interface ResolvedOptions extends Omit<OnnxScorerOptions, "model"> {
  model: ModelSpec;
}

/** A model that is ready to use. Its threads start with the first call. */
export interface LoadedModel {
  located: LocatedModel;
  provider: SessionProvider;
  lease: Lease;
  reading: ModelReading;
  /** Characters that the template adds to each document. */
  templateCharacters: number;
  cache: CachedPairs | undefined;
  calibration: Calibration | undefined;
  /** Warnings about the model itself, for each of its results. */
  warnings: readonly RerankWarning[];
}

/**
 * Prepares a model for scoring.
 *
 * @throws RerankError `unsupported-model`, `invalid-input` for a head, a limit or a calibration that does not fit the model
 */
export function prepareModel(located: LocatedModel, options: ResolvedOptions, provider: SessionProvider): LoadedModel {
  const { acceleration, scoreCacheBytes, model } = options;
  const calibration = calibrationOf(located, options);
  const reading = readingOf(located, model);
  const executor = executorOptions(located, options, reading, provider);
  const lease = acquireModel({ located, cacheDir: options.cacheDir, executor, acceleration, scoreCacheBytes });
  const templateCharacters = [reading.template ?? ""].flat().join("").length + reading.instruction.length;
  const cache = lease.model.cache?.of(JSON.stringify(reading));
  const warnings = labelWarnings(located, reading.head);
  return { located, provider, lease, reading, templateCharacters, cache, calibration, warnings };
}

function calibrationOf(located: LocatedModel, { calibration, model }: ResolvedOptions): Calibration | undefined {
  if (calibration === undefined) return undefined;
  if (model.head?.type === "late-interaction") {
    throw new RerankError(
      "invalid-input",
      `calibration: ${located.id} gives sums of cosines, and a calibration maps logits. Leave it out.`,
    );
  }
  return readCalibration(calibration, located);
}

function executorOptions(
  located: LocatedModel,
  { acceleration }: ResolvedOptions,
  { head }: ModelReading,
  provider: SessionProvider,
): Omit<ExecutorOptions, "threads" | keyof OpenableFiles> {
  return {
    model: located.id,
    tokenizerPath: located.tokenizerPath,
    tokenizerConfig: located.tokenizerConfig,
    typeVocabSize: typeVocabSize(located),
    headType: head.type,
    padding: {
      side: paddingSide(located),
      firstPosition: firstPosition(located.config),
    },
    isDynamicallyQuantized: located.isDynamicallyQuantized,
    hasBfloat16Logits: located.hasBfloat16Logits,
    hasExternalData: located.externalData.length > 0,
    provider,
    deviceId: acceleration.deviceId ?? 0,
  };
}

/**
 * The padding side of tokenizer_config.json. But always right for GroupQueryAttention: this operator counts tokens from the start of a row and
 * ignores the mask, so padding on the left would shift them.
 *
 * @see https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.GroupQueryAttention `seqlens_k`
 */
function paddingSide({ operators, tokenizerConfig }: LocatedModel): "left" | "right" {
  if (operators.includes("GroupQueryAttention")) return "right";
  return (tokenizerConfig as { padding_side?: unknown }).padding_side === "left" ? "left" : "right";
}

/**
 * Rows of the token-type table that pairs use: none if the tokenizer does not list `token_type_ids` among the model's inputs. Then transformers
 * and sentence-transformers pass no types, and the model uses type 0 for every token, even if its graph has the input.
 *
 * @see https://github.com/huggingface/transformers/blob/v5.0.0/src/transformers/tokenization_utils_base.py `model_input_names`
 */
function typeVocabSize({ config, tokenizerConfig }: LocatedModel): number {
  const { model_input_names: names } = tokenizerConfig as { model_input_names?: unknown };
  if (Array.isArray(names) && !names.includes("token_type_ids")) return 0;
  return (config as { type_vocab_size?: number }).type_vocab_size ?? 2;
}
