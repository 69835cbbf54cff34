/** A format of requests and replies of this server: it reads bodies and writes replies. */
import type * as z from "zod/mini";
import type { WireDocument, WireError, WireFailure } from "../dialects/codec.ts";
import type { RankingPath, Vendor } from "../dialects/definition.ts";
import type { RankOptions, RerankResult } from "../index.ts";
import type { CheckedOptions } from "./options.ts";
import type { Models, RequestedModel } from "./served-models.ts";

/** A query and the documents to rank. */
export interface RankCall {
  query: string;
  documents: readonly WireDocument[];
}

/** A request, read. One model answers all its calls. */
export interface ReadRequest {
  calls: readonly RankCall[];
  /** Absent: the first model. */
  model: RequestedModel | undefined;
  /** The model's name is unknown, so the first model answers. */
  isModelUnknown: boolean;
  options: RankOptions;
  /** Whether the library has checked `options`. */
  areOptionsChecked: boolean;
  /** Keys of the request that have no effect, in the client's spelling. */
  ignored: readonly string[];
  /** For each option that the request sets: its key in the request, by its name in the library. For warnings if a model ignores it. */
  optionNames: Readonly<Record<string, string>>;
  /** Whether the reply contains the documents. */
  echoes: boolean;
  /** Whether the reply's headers contain its timings, as those of text-embeddings-inference do. */
  tellsTimes: boolean;
  /** Writes the reply. @param results one for each call, in their order */
  encode(results: readonly RerankResult<WireDocument>[], context: ReplyContext): unknown;
}

/** What a reply may contain in addition to its results. */
export interface ReplyContext {
  requestId: string;
  /** Name of the model that answered. */
  model: string;
  /** Milliseconds since 1970. */
  nowMs: number;
}

/** The state of the server that dialects need to read a body. */
export interface ServerView {
  models: Models;
  options: CheckedOptions;
}

/** One format of requests and replies. */
export interface Dialect {
  /** Its name in paths, metrics and logs. */
  readonly name: string;
  /** The vendor whose format it is, then other vendors that use it. */
  readonly vendors: readonly [Vendor, ...Vendor[]];
  readonly paths: readonly RankingPath[];
  /** See `RankingDialect`. */
  isUnmistakable?(body: object): boolean;
  /** Schema of a request; the OpenAPI document shows it. */
  readonly request: z.core.$ZodType;
  readonly reply: z.core.$ZodType;
  readonly error: z.core.$ZodType;

  encodeError(failure: WireFailure): WireError;
  /**
   * Reads a body.
   *
   * @param body the body as the schema returned it
   * @param sent the body as the client sent it, including keys that the schema does not know
   */
  read(body: unknown, view: ServerView, sent: object): ReadRequest;
  /** Replaces the library's names in a message by the keys of the client's format. Messages of `read` have them already. */
  reword(message: string, sent: object): string;
}
