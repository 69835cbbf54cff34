import { isRecord } from "../values.ts";
import type { AnyCodec } from "./codec.ts";

/** Limits of one request to an engine. An absent limit means no limit. */
export interface EngineLimits {
  readonly maxDocuments?: number;
  /** Maximum bytes of the whole body, as JSON. */
  readonly maxBodyBytes?: number;
}

/**
 * A self-hosted model server. crossrank's clients call one of them by a model string (`tei/…`), or several as a pool. Both clients use the
 * facts in this record.
 */
export interface Engine {
  readonly codec: AnyCodec;
  /** First segments of model strings that select this engine. */
  readonly prefixes: readonly [string, ...string[]];
  /** Environment variables for its API key, the usual one first. */
  readonly keyVariables: readonly string[];
  /** Environment variables for its base URL, used if `baseUrl` is absent. @default none */
  readonly baseUrlVariables?: readonly string[];
  /** Its ranking path, below its root. A base URL may end with a version (`/v1`). */
  readonly path: "/rerank" | "/v1/rerank";
  /** Whether the ranking path has no version, even if the base URL ends with one. @default false */
  readonly isAtRoot?: boolean;
  /** Limits to use if the engine does not report its own. @default none */
  readonly limits?: EngineLimits;
  /** The path at which it reports its limits or its models. @default no such path */
  readonly informationPath?: "/info" | "/v1/models";
  /** The value of `owned_by` in its list of models, if that identifies the software. */
  readonly owner?: string;
  /** Whether a request must name the model. @default false */
  readonly needsModel?: boolean;
  /** Whether it refuses pairs that are too long if the request does not ask it to cut them. @default false */
  readonly refusesLongPairs?: boolean;
  /** Whether the model's scores are logits. Otherwise they are usually probabilities. @default false */
  answersLogits?(model: string): boolean;
}

/** Reads the limits in the reply to `GET /info` of text-embeddings-inference or of crossrank, which has the same fields and more. */
export function limitsInInformation(body: unknown): EngineLimits {
  const { max_client_batch_size: documents, limits } = isRecord(body) ? body : {};
  const bytes = isRecord(limits) ? limits.max_body_bytes : undefined;
  return { ...(isCount(documents) ? { maxDocuments: documents } : {}), ...(isCount(bytes) ? { maxBodyBytes: bytes } : {}) };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}
