/** Finding out what an engine speaks, how much it takes at once, and which model it serves. */

import { isRecord } from "../../dialects/documents.ts";
import { RerankError } from "../../errors.ts";
import type { CheckedRemoteModel, RemoteDialect } from "../../types.ts";
import { type EngineDialect, engineDialects } from "./engine-dialects.ts";

/** What has to be known about an engine before it can be used. */
export interface EngineProfile {
  dialect: EngineDialect;
  /** Most documents of a request. */
  maxDocuments: number;
  /** Most bytes of a request's body. */
  maxBodyBytes: number;
  /** Name of the model to say in requests. */
  model: string | undefined;
  /** Which model it serves, with its revision; undefined where only replies tell, or nothing does. */
  identity: string | undefined;
  /** Whether scores are probabilities where the dialect has logits. */
  hasProbabilities: boolean;
}

/** Paths that engines tell about themselves under. */
export type InformationPath = "/info" | "/v1/models" | "/models";

/** An answer of an engine, of any status; `body` is undefined where it is no JSON. */
export interface Information {
  status: number;
  body: unknown;
}

/** Asks an engine. @throws RerankError where no answer comes, or one that says nothing about the path: a key is refused, the engine fails */
export type AskEngine = (path: InformationPath) => Promise<Information>;

type Fields = Readonly<Record<string, unknown>>;

/** Where engines tell something that is needed, though their dialect is known. */
const ownPaths: Partial<Record<RemoteDialect, InformationPath>> = {
  crossrank: "/info",
  tei: "/info",
  llamacpp: "/v1/models",
  xinference: "/v1/models",
  localai: "/v1/models",
};

/**
 * `owned_by` in lists of models, where it names the software.
 *
 * @see https://github.com/vllm-project/vllm `ModelCard`, https://github.com/ggml-org/llama.cpp `tools/server/server-context.cpp`,
 *   https://github.com/michaelfeil/infinity `fastapi_schemas/pymodels.py`, https://github.com/xorbitsai/inference `api/restful_api.py`
 */
const owners: Readonly<Record<string, RemoteDialect>> = {
  crossrank: "crossrank",
  vllm: "vllm",
  llamacpp: "llamacpp",
  infinity: "infinity",
  xinference: "xinference",
};

/** Dialects whose requests have to name the model. */
const naming: readonly RemoteDialect[] = ["xinference", "localai"];

/** The profile of an engine that need not be asked; undefined for one that has to be. */
export function knownProfile({ dialect, model }: CheckedRemoteModel): EngineProfile | undefined {
  return dialect === undefined || dialect in ownPaths ? undefined : profileOf(dialect, model);
}

/**
 * Asks an engine for `/info`, then `/v1/models`, then `/models`, until an answer is one of a known kind.
 *
 * @param label the engine, for messages
 * @throws RerankError `bad-response` telling what was asked and answered; `unsupported-model` for one that ranks nothing; `invalid-input`
 *   where a model has to be named; what `ask` throws
 */
export async function discover(ask: AskEngine, model: CheckedRemoteModel, label: string): Promise<EngineProfile> {
  const given = model.dialect;
  const paths = given === undefined ? (["/info", "/v1/models", "/models"] as const) : [ownPaths[given]!];
  const answers: string[] = [];
  for (const path of paths) {
    const { status, body } = await ask(path);
    const found = status < 300 ? readInformation(body, model, label) : undefined;
    if (found !== undefined) return found;
    answers.push(`GET ${path} answered ${status} ${body === undefined ? "and no JSON" : `(${outline(body)})`}`);
  }
  // A proxy may let nothing but rankings through.
  if (given !== undefined) return profileOf(given, requireModel(given, model.model, [], label));
  throw new RerankError(
    "bad-response",
    `remote: cannot tell what ${label} speaks: ${answers.join(", ")}. Check the URL, or name the dialect: ${Object.keys(engineDialects).join(", ")}.`,
  );
}

function readInformation(body: unknown, model: CheckedRemoteModel, label: string): EngineProfile | undefined {
  if (!isRecord(body)) return undefined;
  return readInfo(body, model, label) ?? readModels(body, model, label);
}

/** `/info` of text-embeddings-inference, or of crossrank, which has the same fields and says who it is. */
function readInfo(body: Fields, { dialect: given, model }: CheckedRemoteModel, label: string): EngineProfile | undefined {
  const { server, model_id: id, model_sha: sha, model_type: type, max_client_batch_size: most, limits } = body;
  if (!isRecord(type) || typeof id !== "string") return undefined;
  const isOurs = server === "crossrank";
  if (!("reranker" in type)) {
    const kind = Object.keys(type).join(", ").slice(0, 80);
    throw new RerankError(
      "unsupported-model",
      `remote: ${label} serves ${id.slice(0, 200)}, a model of type ${kind}. Start it with a reranker.`,
    );
  }
  const bytes = isRecord(limits) ? limits.max_body_bytes : undefined;
  const profile = profileOf(given ?? (isOurs ? ourDialect(label) : "tei"), model);
  return {
    ...profile,
    ...(isCount(most) ? { maxDocuments: most } : {}),
    ...(isCount(bytes) ? { maxBodyBytes: bytes } : {}),
    // Replies of crossrank tell the model that answered, which may be another one than the server's first.
    ...(isOurs ? {} : { identity: typeof sha === "string" ? `${id}@${sha}` : id }),
  };
}

/** A list of models in OpenAI's words. */
function readModels({ data }: Fields, { dialect: given, model }: CheckedRemoteModel, label: string): EngineProfile | undefined {
  const entries = Array.isArray(data) ? data.filter(isRecord) : [];
  const owner = entries.map(({ owned_by: name }) => name).find((name) => typeof name === "string");
  // LocalAI's entries have an id and nothing to tell by. @see https://github.com/mudler/LocalAI `core/schema/openai.go`, OpenAIModel
  const known = owner === undefined && entries.length > 0 ? "localai" : owners[owner ?? ""];
  const dialect = given ?? (known === "crossrank" ? ourDialect(label) : known);
  if (dialect === undefined) return undefined;
  const names = entries
    .filter(({ model_type: type = "rerank" }) => type === "rerank")
    .flatMap(({ id }) => (typeof id === "string" ? id : []));
  const profile = profileOf(dialect, requireModel(dialect, model, names, label));
  return { ...profile, hasProbabilities: dialect === "llamacpp" && isQwen3(model ?? names[0] ?? "") };
}

/** A crossrank server speaks other dialects under their names: behind `http://host/tei` is TEI's, and not our own. */
function ourDialect(label: string): RemoteDialect {
  const folder = /\/(\w+)(?:\/v\d+)?$/.exec(label)?.[1] ?? "";
  return Object.hasOwn(engineDialects, folder) ? (folder as RemoteDialect) : "crossrank";
}

/**
 * llama.cpp answers a classifier's logits, but for Qwen3, whose two classes go through a softmax: those are probabilities. The name is all that
 * it tells about a model's architecture.
 *
 * @see https://github.com/ggml-org/llama.cpp `src/llama-graph.cpp`, build_pooling, at 00395eb
 */
function isQwen3(name: string): boolean {
  return /qwen[-_ ]?3/i.test(name);
}

/** The model to name: the caller's, or the only one that there is. */
function requireModel(dialect: RemoteDialect, model: string | undefined, served: readonly string[], label: string): string | undefined {
  if (model !== undefined || !naming.includes(dialect)) return model;
  if (served.length === 1) return served[0];
  const what = served.length === 0 ? "tells no reranker that it serves" : `serves ${served.slice(0, 20).join(", ").slice(0, 500)}`;
  throw new RerankError("invalid-input", `remote: ${label} ${what}, and has to be told which model to use. Name it in model.model.`);
}

function profileOf(name: RemoteDialect, model: string | undefined): EngineProfile {
  const dialect = engineDialects[name];
  const { maxDocuments, maxBodyBytes } = dialect;
  return { dialect, maxDocuments, maxBodyBytes, model, identity: undefined, hasProbabilities: false };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

/** The keys of an answer, and who it says owns its models: enough to recognize it. */
function outline(body: unknown): string {
  if (!isRecord(body)) return Array.isArray(body) ? "a list" : typeof body;
  const owner = Array.isArray(body.data) && isRecord(body.data[0]) ? body.data[0].owned_by : undefined;
  const keys = Object.keys(body).slice(0, 8).join(", ").slice(0, 200);
  return typeof owner === "string" ? `owned_by ${JSON.stringify(owner.slice(0, 80))}` : `keys ${keys === "" ? "none" : keys}`;
}
