import { isRecord } from "../values.ts";
import type { AnyCodec } from "./codec.ts";

/** How much one request to an engine may hold; an absent limit is none. */
export interface EngineLimits {
  readonly maxDocuments?: number;
  /** Maximum bytes of the whole body, as JSON. */
  readonly maxBodyBytes?: number;
}

/**
 * A server of models that people run themselves, as crossrank's clients ask it: alone by a model string (`tei/…`), or several as a pool.
 * Every fact about it is here, so that both clients agree.
 */
export interface Engine {
  readonly codec: AnyCodec;
  /** First segments of model strings that mean it. */
  readonly prefixes: readonly [string, ...string[]];
  /** Variables that hold its key, the usual one first. */
  readonly keyVariables: readonly string[];
  /** Variables that may stand in for a `baseUrl`. @default none */
  readonly baseUrlVariables?: readonly string[];
  /** Where it ranks, below its root; behind `/v1` where the path begins so, or after any version that a base URL ends with. */
  readonly path: "/rerank" | "/v1/rerank";
  /** Whether it ranks at its root only, whatever version a base URL ends with. @default false */
  readonly isAtRoot?: boolean;
  /** Limits of an engine that does not tell its own. @default none */
  readonly limits?: EngineLimits;
  /** Where it tells its limits or the names of its models. @default nowhere */
  readonly informationPath?: "/info" | "/v1/models";
  /** `owned_by` in its list of models, where that names the software. */
  readonly owner?: string;
  /** Whether requests have to name the model. @default false */
  readonly needsModel?: boolean;
  /** Whether it refuses pairs that are too long unless a request asks to cut them. @default false */
  readonly refusesLongPairs?: boolean;
  /** Whether scores of a model are logits; otherwise they are probabilities, or whatever the model gives. @default false */
  answersLogits?(model: string): boolean;
}

/** The limits in an answer to `GET /info` of text-embeddings-inference, or of crossrank, which has the same fields and more. */
export function limitsInInformation(body: unknown): EngineLimits {
  const { max_client_batch_size: documents, limits } = isRecord(body) ? body : {};
  const bytes = isRecord(limits) ? limits.max_body_bytes : undefined;
  return { ...(isCount(documents) ? { maxDocuments: documents } : {}), ...(isCount(bytes) ? { maxBodyBytes: bytes } : {}) };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}
