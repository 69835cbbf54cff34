import type { AnyCodec } from "../../dialects/codec.ts";
import type { EngineLimits } from "../../dialects/engine.ts";
import type { JsonRequest, Network } from "../../http/request.ts";
import type { CheckedLlmConfig } from "../../types.ts";

/** A caller's settings for a provider. */
export interface Setting {
  /** The provider's name of the model, without the prefix. */
  model: string;
  llm: CheckedLlmConfig;
  network: Network;
}

/** Limits of one request. An absent limit means no limit. */
export interface Limits extends EngineLimits {
  /** Maximum UTF-8 bytes of all documents together. */
  maxBytes?: number;
  /** Whether `maxBytes` counts the query once for each document. @default false: once */
  countsQueryEachTime?: boolean;
}

/** The credentials of a request. */
export interface Authorization {
  headers: Record<string, string>;
  secrets: readonly string[];
  sign?: JsonRequest["sign"];
  /** What to do if the provider refuses them, for messages. */
  advice: string;
}

/** A service that reranks: its format, and everything else that is special about it. */
export interface Provider {
  /** First segments of model strings that select this provider. */
  readonly prefixes: readonly [string, ...string[]];
  readonly codec: AnyCodec;
  /** The path to append to a caller's `baseUrl`; one segment or several. */
  readonly path: string | ((setting: Setting) => string);
  /** Differences at certain base URLs. @default none */
  readonly at?: (baseUrl: string) => Partial<Pick<Provider, "codec" | "path">>;
  /** The URL at the provider's own host. Absent: users host it themselves, and `baseUrl` is required. */
  readonly defaultUrl?: (setting: Setting) => string;
  /** Environment variables for the `baseUrl` of a service without a host of its own. @default none */
  readonly baseUrlVariables?: readonly string[];
  /** Environment variables for the API key, the usual one first. */
  readonly keyVariables: readonly string[];
  /** Environment variables that only some keys need, such as the session token of temporary keys. @default none */
  readonly optionalVariables?: readonly string[];
  /** @default `authorization: Bearer …` */
  readonly keyHeader?: (key: string) => Record<string, string>;
  /** Creates the credentials, for providers that do not use a plain API key. */
  readonly authorize?: (setting: Setting, url: string) => Authorization;
  /** Headers of every request. @default none */
  readonly headers?: Record<string, string>;
  /** The name of the model in the body. It may differ between the provider's own host and a `baseUrl`. @default as in the model string */
  readonly modelInBody?: (setting: Setting) => string;
  /** @default none */
  readonly limits?: (model: string) => Limits;
  /** The path at which the service reports its limits, instead of the last segment of `path`, and their reader. @default no such path */
  readonly reportedLimits?: { readonly path: string; readonly read: (body: unknown) => Limits };
  /**
   * What the service does with a pair that is too long if the request does not say: it cuts the pair, or refuses the request. "fixed": the
   * format has no field for it. @default "cut" if the format has a field for it, else "fixed"
   */
  readonly longPairs?: (model: string) => "cut" | "refused" | "fixed";
  /** Whether the model's scores are logits, which the library converts to probabilities. @default false: scores are returned unchanged */
  readonly answersLogits?: (model: string) => boolean;
  /** For services that return results in pages: reads the token of the next page, and names the request field for it. @default one page */
  readonly pages?: { readonly field: string; readonly next: (body: unknown) => string | undefined };
}

/** How the provider treats pairs that are too long. */
export function longPairsOf({ longPairs, codec }: Provider, model: string): "cut" | "refused" | "fixed" {
  return longPairs?.(model) ?? (codec.requestFields.has("truncate") ? "cut" : "fixed");
}
