/** Checks the `model` of a configuration: a string, an object of a known type, a function, or a model of the AI SDK. */
import {
  anyString,
  boolean,
  type Checker,
  duration,
  either,
  finiteNumber,
  httpUrl,
  integer,
  listOf,
  name,
  oneOf,
  quotedList,
  recordOf,
  secret,
  shape,
  wrongType,
} from "./checks.ts";
import { RerankError } from "./errors.ts";
import { parseModelString } from "./model-string.ts";
import type { ModelInput } from "./model-types.ts";
import type {
  AiSdkRerankingModel,
  CascadeModel,
  ChatModel,
  ClassificationHead,
  CustomModel,
  ExternalModel,
  FallbackModel,
  FieldModel,
  FuseModel,
  HeadConfig,
  LateInteractionHead,
  LlmConfig,
  LlmModel,
  ModelReference,
  NoneModel,
  PluginModel,
  PresetModel,
  PromptTemplate,
  RemoteModel,
  RerankFunction,
  TokenHead,
  TokenPrice,
} from "./types.ts";

/** Models inside models; more is a mistake, or an attack on the stack. */
const maxDepth = 8;

/** @throws RerankError `invalid-input` naming the path to what is wrong */
export const checkModel: Checker<ModelReference> = (value, path) => checkNested(value, path, 0);

/**
 * What a model is called in messages, logs and lists; a short form of what the user wrote.
 *
 * @param model anything that a configuration takes
 * @throws RerankError `invalid-input` naming the path to what is wrong
 */
export function describeModel(model: ModelInput): string {
  return describeReference(checkModel(model, "model"));
}

function describeReference(model: ModelReference): string {
  switch (model.type) {
    case "preset":
      return model.name;
    case "custom":
      return model.modelId;
    case "llm":
      return model.llm.model;
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

const maxLength: Checker<number> = integer(8);

// `hf:` only tells a hub id from a provider's model, and here the type already says it.
const checkModelId: Checker<string> = (value, path) => name(value, path).replace(/^hf:/, "");

const token: Checker<number | string> = either(integer(0), name, "a token's id (≥ 0) or the token");

const heads: { readonly [T in HeadConfig["type"]]: Checker<HeadConfig> } = {
  classification: shape<ClassificationHead>(
    { type: oneOf("classification"), relevantClass: either(integer(0), name, "the index (≥ 0) or the label of a class") },
    { required: ["relevantClass"] },
  ),
  token: shape<TokenHead>({ type: oneOf("token"), trueToken: token, falseToken: token }, { required: ["trueToken"] }),
  "late-interaction": shape<LateInteractionHead>({
    type: oneOf("late-interaction"),
    queryLength: maxLength,
    documentLength: maxLength,
    queryToken: name,
    documentToken: name,
    skipPunctuation: boolean,
  }),
};

/** The type may be left out, as there was only one once. */
const checkHead: Checker<HeadConfig> = (value, path) => {
  const type: unknown =
    typeof value === "object" && value !== null && Object.hasOwn(value, "type") ? (value as HeadConfig).type : undefined;
  if (type === undefined || type === null) return { ...heads.classification(value, path), type: "classification" } as ClassificationHead;
  if (typeof type !== "string" || !Object.hasOwn(heads, type)) throw wrongType(`${path}.type`, quotedList(Object.keys(heads)), type);
  return heads[type as HeadConfig["type"]](value, path);
};

const checkTemplate: Checker<PromptTemplate> = (value, path) => {
  const template = either(name, listOf(anyString, 1), "a string or a list of strings")(value, path);
  const whole = typeof template === "string" ? template : template.join("\n");
  const count = (slot: string): number => whole.split(slot).length - 1;
  if (count("{query}") !== 1 || count("{document}") !== 1 || whole.indexOf("{document}") < whole.indexOf("{query}")) {
    throw new RerankError(
      "invalid-input",
      `${path}: expected {query} and, after it, {document}, once each. Put them where the texts belong.`,
    );
  }
  const line = whole.split("\n").find((text) => text.includes("{instruction}")) ?? "";
  if (count("{instruction}") > 1 || /\{query\}|\{document\}/.test(line)) {
    throw new RerankError(
      "invalid-input",
      `${path}: expected {instruction} at most once, and on a line without {query} and {document}: it is left out where there is no instruction.`,
    );
  }
  return template;
};

const checkLlm: Checker<LlmConfig> = shape<LlmConfig>(
  {
    model: name,
    apiKey: secret,
    baseUrl: httpUrl,
    timeoutSecs: duration,
    maxRetries: integer(0),
    headers: recordOf(secret),
    client: oneOf("crossrank", "liter-llm"),
    region: name,
  },
  { required: ["model"] },
);

const weight: Checker<number> = (value, path) => {
  if (finiteNumber(value, path) < 0) throw wrongType(path, "a number ≥ 0", value);
  return value as number;
};

const checkPrice: Checker<TokenPrice> = shape<TokenPrice>({ input: weight, output: weight }, { required: ["input", "output"] });

type Leaf = Exclude<ModelReference["type"], "fallback" | "cascade" | "fuse">;

const leaves: { readonly [T in Leaf]: Checker<ModelReference> } = {
  preset: shape<PresetModel>({ type: oneOf("preset"), name, maxLength, modelFile: name, instruction: anyString }, { required: ["name"] }),
  custom: shape<CustomModel>(
    {
      type: oneOf("custom"),
      modelId: checkModelId,
      modelFile: name,
      additionalFiles: listOf(name),
      maxLength,
      revision: name,
      head: checkHead,
      template: checkTemplate,
      instruction: anyString,
    },
    { required: ["modelId"] },
  ),
  llm: shape<LlmModel>({ type: oneOf("llm"), llm: checkLlm }, { required: ["llm"] }),
  chat: shape<ChatModel>(
    {
      type: oneOf("chat"),
      method: oneOf("pointwise", "listwise"),
      llm: checkLlm,
      windowSize: integer(2),
      step: integer(1),
      price: checkPrice,
    },
    { required: ["method", "llm"] },
  ),
  remote: shape<RemoteModel>(
    {
      type: oneOf("remote"),
      urls: listOf(httpUrl, 1),
      dialect: oneOf("crossrank", "tei", "vllm", "infinity", "llamacpp", "cohere", "jina", "xinference", "localai"),
      model: name,
      apiKey: secret,
      headers: recordOf(secret),
      timeoutSecs: duration,
    },
    { required: ["urls"] },
  ),
  field: shape<FieldModel>({ type: oneOf("field"), name }, { required: ["name"] }),
  none: shape<NoneModel>({ type: oneOf("none") }),
  plugin: shape<PluginModel>({ type: oneOf("plugin"), name }, { required: ["name"] }),
  external: shape<ExternalModel>({ type: oneOf("external"), source: checkSource }, { required: ["source"] }),
};

function checkNested(value: unknown, path: string, depth: number): ModelReference {
  if (depth > maxDepth) throw new RerankError("invalid-input", `${path}: models are nested more than ${maxDepth} deep. Flatten them.`);
  if (typeof value === "string") return parseModelString(value, path);
  if (typeof value === "function" || isAiSdkModel(value)) return { type: "external", source: value as ExternalModel["source"] };
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw wrongType(path, "a string, an object or a function", value);
  const type: unknown = Object.hasOwn(value, "type") ? (value as { type: unknown }).type : undefined;
  const checkers = { ...leaves, ...composites((item, itemPath) => checkNested(item, itemPath, depth + 1)) };
  if (typeof type !== "string" || !Object.hasOwn(checkers, type)) {
    throw wrongType(`${path}.type`, quotedList(Object.keys(checkers).filter((known) => known !== "external")), type);
  }
  return checkers[type as ModelReference["type"]](value, path);
}

function composites(part: Checker<ModelReference>): { readonly [T in "fallback" | "cascade" | "fuse"]: Checker<ModelReference> } {
  const fallback = shape<FallbackModel>({ type: oneOf("fallback"), models: listOf(part, 1) }, { required: ["models"] });
  const cascade = shape<CascadeModel>(
    { type: oneOf("cascade"), first: part, second: part, keep: integer(1) },
    { required: ["first", "second", "keep"] },
  );
  const fuse = shape<FuseModel>(
    { type: oneOf("fuse"), models: listOf(part, 1), method: oneOf("reciprocal_rank", "weighted"), weights: listOf(weight, 1), k: weight },
    { required: ["models"] },
  );
  return {
    fallback,
    cascade,
    fuse(value, path) {
      const model = fuse(value, path);
      if (model.weights !== undefined && model.weights.length !== model.models.length) {
        throw new RerankError(
          "invalid-input",
          `${path}.weights: ${model.weights.length} for ${model.models.length} models. Give one for each.`,
        );
      }
      return model;
    },
  };
}

function checkSource(value: unknown, path: string): RerankFunction | AiSdkRerankingModel {
  if (typeof value === "function" || isAiSdkModel(value)) return value as RerankFunction | AiSdkRerankingModel;
  throw wrongType(path, "a function or a reranking model of the AI SDK", value);
}

/** By shape: each version of the AI SDK, and each copy of it, has classes of its own. */
function isAiSdkModel(value: unknown): boolean {
  return typeof value === "object" && value !== null && typeof (value as { doRerank?: unknown }).doRerank === "function";
}
