import { RerankError } from "../errors.ts";
import type { ModelReference } from "./types.ts";

/**
 * First segments of a model string that mean a hosted model, as in `cohere/rerank-v3.5`.
 *
 * For a hub organization with one of these names, write `hf:` (`hf:voyage/some-model`). `jina` is the provider; `jinaai` is an organization.
 */
export const providerPrefixes: readonly string[] = [
  "cohere",
  "jina",
  "jina_ai",
  "voyage",
  "mixedbread",
  "together_ai",
  "pinecone",
  "nvidia_nim",
  "bedrock",
  "vertex_ai",
  "azure_ai",
  "openrouter",
  "zeroentropy",
  "dashscope",
  "siliconflow",
  "fireworks_ai",
  "deepinfra",
  "huggingface",
  "tei",
  "vllm",
  "hosted_vllm",
  "infinity",
  "llamacpp",
  "localai",
  "xinference",
  "crossrank",
];

const formsOfAModelString =
  'a preset ("fast"), a hub id ("org/name", "hf:org/name", either with "@revision"), a folder ("./folder"), ' +
  'a hosted model ("cohere/rerank-v3.5") or a backend ("plugin:name")';

// The hub's own rule for ids. It is strict because an id becomes a folder name and a URL.
const hubId = /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9_][\w.-]*$/;
const revisionName = /^[A-Za-z0-9_][\w.-]*(?:\/[A-Za-z0-9_][\w.-]*)*$/;
const presetName = /^[A-Za-z0-9][\w.-]*$/;
const localStart = /^(?:\.{1,2}(?:[/\\]|$)|\/|\\|~|file:|[A-Za-z]:[/\\])/;

/**
 * Parses a model string. The first rule that fits decides:
 *
 * 1. `./`, `../`, `/`, `~`, `file:` or a Windows drive at the start: a local folder
 * 2. `plugin:name`: a backend
 * 3. `hf:org/name`: a hub id
 * 4. a known provider before the first slash: a hosted model
 * 5. any other `org/name`: a hub id
 * 6. a word without a slash: a preset
 *
 * It does not check whether the preset, the folder or the hub id exists.
 *
 * @param path of the string in the configuration, for the error message
 * @throws RerankError `invalid-input` if no rule fits
 */
export function parseModelString(model: string, path = "model"): ModelReference {
  if (isLocalPath(model)) return { type: "custom", modelId: model };
  if (model.startsWith("plugin:")) {
    const name = model.slice("plugin:".length);
    if (name !== "") return { type: "plugin", name };
  } else if (model.startsWith("hf:")) {
    return hubModel(model.slice("hf:".length), model, path);
  } else if (model.includes("/")) {
    const slash = model.indexOf("/");
    if (!providerPrefixes.includes(model.slice(0, slash))) return hubModel(model, model, path);
    if (slash < model.length - 1) return { type: "llm", llm: { model } };
  } else if (presetName.test(model)) {
    return { type: "preset", name: model };
  }
  throw notAModel(model, path);
}

/** Whether a model id is a local folder: it starts with `./`, `../`, `/`, `~`, `file:` or a Windows drive. */
export function isLocalPath(modelId: string): boolean {
  return localStart.test(modelId);
}

function hubModel(text: string, model: string, path: string): ModelReference {
  const at = text.indexOf("@");
  const modelId = at === -1 ? text : text.slice(0, at);
  if (!hubId.test(modelId)) throw notAModel(model, path);
  if (at === -1) return { type: "custom", modelId };
  const revision = text.slice(at + 1);
  if (!revisionName.test(revision)) throw notAModel(model, path);
  return { type: "custom", modelId, revision };
}

function notAModel(model: string, path: string): RerankError {
  return new RerankError("invalid-input", `${path}: ${JSON.stringify(model)} does not name a model. Give ${formsOfAModelString}.`);
}
