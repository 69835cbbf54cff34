import { type CustomModel, type ModelReference, type PresetModel, RerankError, RerankerConfig } from "../index.ts";

/** Options that change a local model. */
export interface LocalModelOptions {
  maxLength?: number;
  modelFile?: string;
}

/**
 * The model that an argument names, with options applied.
 *
 * @param argument absent: the library's default
 * @throws RerankError `invalid-input` when it names none, or an option is given to a hosted model or a backend
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
 * A model that has files on this machine or on the hub.
 *
 * @throws RerankError `invalid-input` when the argument names something else
 */
export function parseLocalModel(argument: string, options: LocalModelOptions = {}): PresetModel | CustomModel {
  const model = parseModel(argument, options);
  if (model.type === "preset" || model.type === "custom") return model;
  throw new RerankError("invalid-input", `models: ${argument} has no files. Name a preset, a hub id (org/name) or a folder (./folder).`);
}

function parseArgument(argument: string): ModelReference {
  try {
    return RerankerConfig.parse({ model: argument }).model;
  } catch (error) {
    // The message speaks of a configuration's key, which nobody wrote here.
    if (!RerankError.is(error)) throw error;
    throw new RerankError(error.code, error.message.replace(/^config\.model/, "model"), { cause: error });
  }
}
