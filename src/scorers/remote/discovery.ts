/** Finds out an engine's dialect, its limits, and the model that it serves. */

import { limitsInInformation } from "../../dialects/engine.ts";
import { RerankError } from "../../errors.ts";
import type { CheckedRemoteModel, RemoteDialect } from "../../types.ts";
import { isRecord } from "../../values.ts";
import { type EngineDialect, engineDialects } from "./engine-dialects.ts";

/** What must be known about an engine before a request. */
export interface EngineProfile {
  dialect: EngineDialect;
  /** Maximum documents of a request. */
  maxDocuments: number;
  /** Maximum bytes of a request's body. */
  maxBodyBytes: number;
  /** Name of the model for requests. */
  model: string | undefined;
  /** The model that it serves, with its revision; undefined if only replies report it, or nothing does. */
  identity: string | undefined;
  /** Whether this engine returns probabilities although its dialect returns logits. */
  hasProbabilities: boolean;
}

/** Paths at which engines describe themselves. */
export type InformationPath = "/info" | "/v1/models" | "/models";

/** An answer of an engine, with any status; `body` is undefined if it is not JSON. */
export interface Information {
  status: number;
  body: unknown;
}

/** Asks an engine. @throws RerankError if no answer arrives, or one that is not about the path: a key is refused, the engine fails */
export type AskEngine = (path: InformationPath) => Promise<Information>;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Each dialect by the `owned_by` of its list of models.
 *
 * @see https://github.com/vllm-project/vllm `ModelCard`, https://github.com/ggml-org/llama.cpp `tools/server/server-context.cpp`,
 *   https://github.com/michaelfeil/infinity `fastapi_schemas/pymodels.py`, https://github.com/xorbitsai/inference `api/restful_api.py`
 */
const owners = new Map(Object.values(engineDialects).map(({ owner, name }) => [owner, name]));

/** The profile of an engine if the configuration is enough; undefined if the engine must be asked. */
export function knownProfile({ dialect, model }: CheckedRemoteModel): EngineProfile | undefined {
  return dialect === undefined || engineDialects[dialect].informationPath !== undefined ? undefined : profileOf(dialect, model);
}

/**
 * Asks an engine for `/info`, then `/v1/models`, then `/models`, until an answer is one of a known kind.
 *
 * @param label the engine, for messages
 * @throws RerankError `bad-response` with the requests and answers; `unsupported-model` if its model is no reranker; `invalid-input` if a
 *   model must be named; what `ask` throws
 */
export async function discover(ask: AskEngine, model: CheckedRemoteModel, label: string): Promise<EngineProfile> {
  const given = model.dialect;
  const paths = given === undefined ? (["/info", "/v1/models", "/models"] as const) : [engineDialects[given].informationPath!];
  const answers: string[] = [];
  for (const path of paths) {
    const { status, body } = await ask(path);
    const found = status < 300 ? readInformation(body, model, label) : undefined;
    if (found !== undefined) return found;
    answers.push(`GET ${path} answered ${status} ${body === undefined ? "and no JSON" : `(${outline(body)})`}`);
  }
  // A proxy may allow only requests for rankings.
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

/** Reads `/info` of text-embeddings-inference, or of crossrank, which has the same fields and names itself. */
function readInfo(body: Fields, { dialect: given, model }: CheckedRemoteModel, label: string): EngineProfile | undefined {
  const { server, model_id: id, model_sha: sha, model_type: type } = body;
  if (!isRecord(type) || typeof id !== "string") return undefined;
  const isOurs = server === "crossrank";
  if (!("reranker" in type)) {
    const kind = Object.keys(type).join(", ").slice(0, 80);
    throw new RerankError(
      "unsupported-model",
      `remote: ${label} serves ${id.slice(0, 200)}, a model of type ${kind}. Start it with a reranker.`,
    );
  }
  const profile = profileOf(given ?? (isOurs ? ourDialect(label) : "tei"), model);
  return {
    ...profile,
    ...limitsInInformation(body),
    // Replies of crossrank name the model that answered: it may differ from the server's first model.
    ...(isOurs ? {} : { identity: typeof sha === "string" ? `${id}@${sha}` : id }),
  };
}

/** Reads a list of models in OpenAI's format. */
function readModels({ data }: Fields, { dialect: given, model }: CheckedRemoteModel, label: string): EngineProfile | undefined {
  const entries = Array.isArray(data) ? data.filter(isRecord) : [];
  const owner = entries.map(({ owned_by: name }) => name).find((name) => typeof name === "string");
  // LocalAI's entries have only an id. @see https://github.com/mudler/LocalAI `core/schema/openai.go`, OpenAIModel
  const isLocalAi = owner === undefined && entries.length > 0;
  const known = isLocalAi ? "localai" : owner === undefined ? undefined : owners.get(owner as string);
  const dialect = given ?? (known === "crossrank" ? ourDialect(label) : known);
  if (dialect === undefined) return undefined;
  const names = entries
    .filter(({ model_type: type = "rerank" }) => type === "rerank")
    .flatMap(({ id }) => (typeof id === "string" ? id : []));
  const profile = profileOf(dialect, requireModel(dialect, model, names, label));
  return { ...profile, hasProbabilities: profile.dialect.answersLogits?.(model ?? names[0] ?? "") === false };
}

/** A crossrank server offers other dialects at paths with their names: `http://host/tei` speaks TEI's, not our own. */
function ourDialect(label: string): RemoteDialect {
  const folder = /\/(\w+)(?:\/v\d+)?$/.exec(label)?.[1] ?? "";
  return Object.hasOwn(engineDialects, folder) ? (folder as RemoteDialect) : "crossrank";
}

/** The model to name: the caller's, or the only one that the engine serves. */
function requireModel(dialect: RemoteDialect, model: string | undefined, served: readonly string[], label: string): string | undefined {
  if (model !== undefined || engineDialects[dialect].needsModel !== true) return model;
  if (served.length === 1) return served[0];
  const what = served.length === 0 ? "tells no reranker that it serves" : `serves ${served.slice(0, 20).join(", ").slice(0, 500)}`;
  throw new RerankError("invalid-input", `remote: ${label} ${what}, and has to be told which model to use. Name it in model.model.`);
}

function profileOf(name: RemoteDialect, model: string | undefined): EngineProfile {
  const dialect = engineDialects[name];
  const { maxDocuments, maxBodyBytes } = dialect;
  return { dialect, maxDocuments, maxBodyBytes, model, identity: undefined, hasProbabilities: false };
}

/** The keys of an answer, and the owner of its models: enough to recognize its software. */
function outline(body: unknown): string {
  if (!isRecord(body)) return Array.isArray(body) ? "a list" : typeof body;
  const owner = Array.isArray(body.data) && isRecord(body.data[0]) ? body.data[0].owned_by : undefined;
  const keys = Object.keys(body).slice(0, 8).join(", ").slice(0, 200);
  return typeof owner === "string" ? `owned_by ${JSON.stringify(owner.slice(0, 80))}` : `keys ${keys === "" ? "none" : keys}`;
}
