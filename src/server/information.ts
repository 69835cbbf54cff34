import { listPresets, listRerankerBackends } from "../index.ts";
import type { Entry } from "./on-demand.ts";
import type { CheckedOptions } from "./options.ts";
import type { Models } from "./served-models.ts";

/** Our accuracy of an ONNX file → text-embeddings-inference's name of its data type. */
const dtypes: Readonly<Record<string, string>> = { exact: "float32", half: "float16", int8: "int8", int4: "int4" };

/**
 * The reply of `/info`: the first model in the format of text-embeddings-inference, and all served models. Contains no paths.
 *
 * @see https://github.com/huggingface/text-embeddings-inference `router/src/lib.rs`, `Info`, at 0d124dc
 */
export function describeServer(models: Models, options: CheckedOptions, version: string): object {
  const [first] = models.served;
  const identityOf = ({ reranker }: Entry): string => models.folders.hide(reranker.model);
  const [id, revision] = identityOf(first!).split("@");
  const { maxTokens = null, plannedWorkers = 1, accuracy = "" } = first!.reranker.stats().scorer;
  return {
    model_id: id,
    model_sha: revision ?? null,
    model_dtype: dtypes[accuracy] ?? null,
    served_model_name: first!.name,
    model_type: { reranker: { id2label: { "0": "LABEL_0" }, label2id: { LABEL_0: 0 } } },
    max_concurrent_requests: options.maxRequests,
    max_input_length: maxTokens,
    max_batch_tokens: maxTokens === null ? null : Number(maxTokens) * options.maxDocuments,
    max_batch_requests: null,
    max_client_batch_size: options.maxDocuments,
    auto_truncate: true,
    tokenization_workers: plannedWorkers,
    version,
    sha: null,
    docker_label: null,
    server: "crossrank",
    models: models.served.map((entry) => ({ name: entry.name, model: identityOf(entry), ...entry.reranker.stats().scorer })),
    limits: {
      max_documents: options.maxDocuments,
      max_body_bytes: options.maxBodyBytes,
      max_query_chars: options.maxQueryChars,
      max_document_chars: options.maxDocumentChars,
      timeout_secs: options.timeoutSecs,
    },
  };
}

/** One model in OpenAI's format, with the extra fields that Xinference's client reads. */
export interface ModelRecord {
  id: string;
  object: "model";
  /** Seconds since 1970. Unknown, so always 0. */
  created: 0;
  owned_by: "crossrank";
  model_type: "rerank";
  model_ability: readonly ["rerank"];
  model_uid: string;
  model_name: string;
  /** Maximum tokens of a query and a document together. Absent if unknown until the model is loaded. */
  max_tokens?: number;
  context_length?: number;
}

/** All models that a request may name: served models, presets and backends. */
export function listModels(models: Models): ModelRecord[] {
  const served = models.served.map(({ name }) => name);
  const others = [...listPresets().map(({ name }) => name), ...listRerankerBackends().map(({ name }) => `plugin:${name}`)];
  const ids = [...served, ...others.filter((name) => !served.includes(name))];
  return ids.map((id) => recordOf(models, id, id));
}

/**
 * The model that a request with this name would get. The record has the requested name.
 *
 * @throws ServerError 404 for an unknown name, if the server is strict about names
 */
export function describeModelNamed(models: Models, id: string): ModelRecord {
  return recordOf(models, id, models.byName(id).name);
}

/** A model in Cohere's format. @see https://docs.cohere.com/reference/list-models */
export function toCohereModel({ id, context_length }: ModelRecord): object {
  return { name: id, endpoints: ["rerank"], finetuned: false, ...(context_length === undefined ? {} : { context_length }) };
}

function recordOf(models: Models, id: string, name: string): ModelRecord {
  const served = models.served.find((entry) => entry.name === name);
  const maxTokens = served?.reranker.stats().scorer.maxTokens ?? listPresets().find((preset) => preset.name === name)?.maxLength;
  return {
    ...({ id, object: "model", created: 0, owned_by: "crossrank" } as const),
    ...({ model_type: "rerank", model_ability: ["rerank"], model_uid: id, model_name: name } as const),
    ...(typeof maxTokens === "number" ? { max_tokens: maxTokens, context_length: maxTokens } : {}),
  };
}
