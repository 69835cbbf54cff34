import type { AnyCodec } from "../../dialects/codec.ts";
import type { EngineLimits } from "../../dialects/engine.ts";
import type { JsonRequest, Network } from "../../http/request.ts";
import type { CheckedLlmConfig } from "../../types.ts";

/** One caller's use of a provider. */
export interface Setting {
  /** As the provider calls it: without the prefix. */
  model: string;
  llm: CheckedLlmConfig;
  network: Network;
}

/** How much one request may hold; an absent limit is none. */
export interface Limits extends EngineLimits {
  /** Most bytes of UTF-8, of all documents together. */
  maxBytes?: number;
  /** Whether the query counts toward `maxBytes` with each document, not once. @default false */
  countsQueryEachTime?: boolean;
}

/** What a request carries to be let in. */
export interface Authorization {
  headers: Record<string, string>;
  secrets: readonly string[];
  sign?: JsonRequest["sign"];
  /** What to do where it is refused, for messages. */
  advice: string;
}

/** A service that reranks, and what is peculiar to it beside its format. */
export interface Provider {
  /** First segments of model strings that mean it. */
  readonly prefixes: readonly [string, ...string[]];
  readonly codec: AnyCodec;
  /** Last segment of the URL, or the last ones, behind a `baseUrl` of the caller's. */
  readonly path: string | ((setting: Setting) => string);
  /** What differs at some base URLs. @default nothing */
  readonly at?: (baseUrl: string) => Partial<Pick<Provider, "codec" | "path">>;
  /** The URL at the provider's own host. Absent: it runs wherever its user runs it, and `baseUrl` is needed. */
  readonly defaultUrl?: (setting: Setting) => string;
  /** Variables that give the `baseUrl` of a service that has no host of its own. @default none */
  readonly baseUrlVariables?: readonly string[];
  /** Variables that hold the key, the usual one first. */
  readonly keyVariables: readonly string[];
  /** Variables that go with the key only at times, as the token of temporary keys does. @default none */
  readonly optionalVariables?: readonly string[];
  /** @default `authorization: Bearer …` */
  readonly keyHeader?: (key: string) => Record<string, string>;
  /** Takes the place of a key. */
  readonly authorize?: (setting: Setting, url: string) => Authorization;
  /** Sent with every request. @default none */
  readonly headers?: Record<string, string>;
  /** Name of the model in the body, at the provider's own host or at a `baseUrl`. @default as in the model string */
  readonly modelInBody?: (setting: Setting) => string;
  /** @default none */
  readonly limits?: (model: string) => Limits;
  /** Path beside `path` at which the service tells its own limits, and how they are read. @default it does not tell */
  readonly reportedLimits?: { readonly path: string; readonly read: (body: unknown) => Limits };
  /**
   * What becomes of a pair that is too long where the request says nothing: it is cut, or the request is refused. "fixed": the request
   * cannot say anything. @default "cut" where the format has a word for it, else "fixed"
   */
  readonly longPairs?: (model: string) => "cut" | "refused" | "fixed";
  /** Whether scores of a model are logits, from which the library makes probabilities. @default false: they stay as they are */
  readonly answersLogits?: (model: string) => boolean;
  /** Token for the next page of results, for services that answer in pages, and the field that takes it. @default one page */
  readonly pages?: { readonly field: string; readonly next: (body: unknown) => string | undefined };
}

/** How the provider treats pairs that are too long. */
export function longPairsOf({ longPairs, codec }: Provider, model: string): "cut" | "refused" | "fixed" {
  return longPairs?.(model) ?? (codec.requestFields.has("truncate") ? "cut" : "fixed");
}
