import { type ModelReference, RerankError, RerankerConfig } from "../index.ts";
import type { ServedModel } from "../server/index.ts";

/** A model that runs on this machine. */
export type LocalModel = Extract<ModelReference, { type: "preset" | "custom" }>;

/** Options that change a local model. */
export interface LocalModelOptions {
  maxLength?: number;
  modelFile?: string;
}

/**
 * Parses a model argument and applies the options.
 *
 * @param argument undefined selects the library's default
 * @throws RerankError `invalid-input` if it names no model, or if an option is set for a hosted model or a backend
 */
export function parseModel(argument: string | undefined, { maxLength, modelFile }: LocalModelOptions = {}): ModelReference {
  const model = argument === undefined ? RerankerConfig.parse({}).model : parseArgument(argument);
  if (maxLength === undefined && modelFile === undefined) return model;
  if (model.type !== "preset" && model.type !== "custom") {
    throw new RerankError("invalid-input", "--max-length, --model-file: only local models have these. Leave them out.");
  }
  return { ...model, ...(maxLength === undefined ? {} : { maxLength }), ...(modelFile === undefined ? {} : { modelFile }) };
}

/**
 * Parses the argument for a model with files on this machine or on the hub.
 *
 * @throws RerankError `invalid-input` if the argument names another kind of model
 */
export function parseLocalModel(argument: string, options: LocalModelOptions = {}): LocalModel {
  const model = parseModel(argument, options);
  if (model.type === "preset" || model.type === "custom") return model;
  throw new RerankError("invalid-input", `models: ${argument} has no files. Name a preset, a hub id (org/name) or a folder (./folder).`);
}

/** Parses `name=model` or a model. A path may contain "=", but a name contains no character that begins a path. */
export function parseServedModel(text: string): ServedModel {
  const named = /^([\w][\w.:/-]*)=(.+)$/.exec(text);
  return named === null ? { model: text } : { name: named[1]!, model: named[2]! };
}

function parseArgument(argument: string): ModelReference {
  try {
    return RerankerConfig.parse({ model: argument }).model;
  } catch (error) {
    // The library's message names a configuration key, but the user wrote an argument.
    if (!RerankError.is(error)) throw error;
    throw new RerankError(error.code, error.message.replace(/^config\.model/, "model"), { cause: error });
  }
}
