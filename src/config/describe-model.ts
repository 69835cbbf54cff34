import { modelSchema } from "./model-schema.ts";
import { readBySchema } from "./read.ts";
import type { ModelInput, ModelReference } from "./types.ts";

/**
 * The name of a model in messages, logs and lists: a short form of what the user wrote.
 *
 * @param model any model that a configuration accepts
 * @throws RerankError `invalid-input`, naming the path of the wrong value
 * @example
 * console.log(describeModel({ type: "fallback", models: ["fast", { type: "none" }] })); // fallback(fast, none)
 */
export function describeModel(model: ModelInput): string {
  return describeReference(readBySchema(modelSchema, model, "model"));
}

function describeReference(model: ModelReference): string {
  switch (model.type) {
    case "preset":
      return model.name;
    case "custom":
      return model.modelId;
    case "llm":
      return model.llm.model;
    case "hosted":
      return model.model;
    case "chat":
      return `chat:${model.llm.model}`;
    case "plugin":
      return `plugin:${model.name}`;
    case "remote":
      return `remote:${model.urls.map((url) => new URL(url).host).join(",")}`;
    case "fallback":
    case "fuse":
      return `${model.type}(${model.models.map(describeReference).join(", ")})`;
    case "cascade":
      return `cascade(${describeReference(model.first)}, ${describeReference(model.second)})`;
    case "field":
      return `field:${model.name}`;
    case "none":
      return "none";
    case "external":
      return typeof model.source === "function"
        ? `function ${model.source.name || "(no name)"}`
        : `${model.source.provider}/${model.source.modelId}`;
  }
}
