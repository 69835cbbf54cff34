/** What a dialect's file declares: the server's routes, probes and OpenAPI document and the tables of docs/server.md are made from it. */
import type * as z from "zod/mini";
import type { AnyCodec, AnyScoreCodec } from "./codec.ts";

/** The company or project whose API a dialect is. */
export interface Vendor {
  /** The vendor's own spelling. */
  name: string;
  description: string;
  /** First segment of the paths that only this vendor has. Absent: all its paths are at the root. */
  prefix?: string;
  /** Other paths that its clients and deployments request. @default none */
  otherPaths?: { readonly [Kind in OtherPath]?: readonly string[] };
}

/**
 * What a path other than a ranking path answers: `alive`: the process runs. `ready`: the server accepts requests. `models`: all models in
 * OpenAI's format, and one model at `/{model}` below that path. `info`: the server's description in TEI's format. `keys`: whether requests
 * need an API key.
 */
export type OtherPath = "alive" | "ready" | "models" | "info" | "keys";

/** A path that ranks. */
export interface RankingPath {
  /** `{model}` stands for the name of a model, which may have slashes; another word in braces for a part of one segment. */
  path: string;
  /** Which clients use the path, or with which base URL; shown in docs/server.md. Absent: another dialect of the path says it. */
  usedBy?: string;
  /** Whether a body is in this dialect, if several dialects share the path. One of them has no such function: it gets all other bodies. */
  isMeant?(body: object): boolean;
}

/** The schemas of a dialect's bodies. They ignore unknown fields of a request, as the services do. */
export interface DialectSchemas<RequestBody = unknown> {
  request: z.ZodMiniType<RequestBody>;
  reply: z.ZodMiniType;
  error: z.ZodMiniType;
}

interface Definition<RequestBody> {
  vendor: Vendor;
  /** Other vendors that use the same dialect. @default none */
  otherVendors?: readonly Vendor[];
  paths: readonly RankingPath[];
  /** A function, so that bundlers can drop the schemas if a program imports only the codec. */
  schemas(): DialectSchemas<RequestBody>;
}

/** A dialect for ranking documents. */
export interface RankingDialect<RequestBody = unknown> extends Definition<RequestBody> {
  codec: AnyCodec;
  /** Which fields of object documents are read if the request names none. @default the library's usual keys (`text` …) */
  objectFields?: "all";
  /** Whether the headers of a reply contain its timings. @default false */
  tellsTimes?: boolean;
  /**
   * Whether only clients of this dialect write such a body. Paths that do not speak the dialect refuse it and name one that does, for these
   * clients would take the reply of another format for an empty one. @default none
   */
  isUnmistakable?(body: object): boolean;
}

/** A dialect for scoring pairs of texts. */
export interface ScoringDialect<RequestBody = unknown> extends Definition<RequestBody> {
  scoreCodec: AnyScoreCodec;
}

/** Any dialect of the server. */
export type DialectDefinition = RankingDialect | ScoringDialect;
