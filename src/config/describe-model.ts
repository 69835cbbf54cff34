import type { ModelReference } from "./types.ts";

/** What a model is called in messages, logs and lists; a short form of what the user wrote. */
export function describeModel(model: ModelReference): string {
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
      return `${model.type}(${model.models.map(describeModel).join(", ")})`;
    case "cascade":
      return `cascade(${describeModel(model.first)}, ${describeModel(model.second)})`;
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
