/** One way of speaking to this server: what a body means, and how its answer is written. */
import type * as z from "zod/mini";
import type { WireDocument, WireError, WireFailure } from "../dialects/codec.ts";
import type { RankingPath, Vendor } from "../dialects/definition.ts";
import type { RankOptions, RerankResult } from "../index.ts";
import type { CheckedOptions } from "./options.ts";
import type { Models, RequestedModel } from "./served-models.ts";

/** A query with the documents that are ranked by it. */
export interface RankCall {
  query: string;
  documents: readonly WireDocument[];
}

/** A request as the server carries it out; all its calls go to one model. */
export interface ReadRequest {
  calls: readonly RankCall[];
  /** Absent: the first model. */
  model: RequestedModel | undefined;
  /** The model's name was not known, and the first one stands in. */
  isModelUnknown: boolean;
  options: RankOptions;
  /** Whether the library has checked `options`. */
  areOptionsChecked: boolean;
  /** Keys of the request that have no meaning here, as the client spelled them. */
  ignored: readonly string[];
  /** What the request calls those options that it sets, by the library's names: a model may not know them. */
  optionNames: Readonly<Record<string, string>>;
  /** Whether the reply holds the documents. */
  echoes: boolean;
  /** Whether the reply's headers tell its times, as text-embeddings-inference does. */
  tellsTimes: boolean;
  /** @param results one for each call, in their order */
  encode(results: readonly RerankResult<WireDocument>[], context: ReplyContext): unknown;
}

/** What a reply may tell beside its results. */
export interface ReplyContext {
  requestId: string;
  /** Name of the model that answered. */
  model: string;
  /** Milliseconds since 1970. */
  nowMs: number;
}

/** What reading a body may depend on. */
export interface ServerView {
  models: Models;
  options: CheckedOptions;
}

/** See the file's head. */
export interface Dialect {
  /** In paths, metrics and logs. */
  readonly name: string;
  /** Whose format it is, and then who else's paths speak it. */
  readonly vendors: readonly [Vendor, ...Vendor[]];
  readonly paths: readonly RankingPath[];
  /** See `RankingDialect`. */
  isUnmistakable?(body: object): boolean;
  /** Of the body; also what the OpenAPI document says. */
  readonly request: z.core.$ZodType;
  readonly reply: z.core.$ZodType;
  readonly error: z.core.$ZodType;

  encodeError(failure: WireFailure): WireError;
  /**
   * @param body after `request` has checked it
   * @param sent as the client sent it, with the keys that `request` does not know
   */
  read(body: unknown, view: ServerView, sent: object): ReadRequest;
  /** A message about a request in the words that its client uses; failures of reading it are in them already. */
  reword(message: string, sent: object): string;
}
