/** What the file of a dialect says of it beside its codec: from this come routes, probes, the OpenAPI document and tables of docs/server.md. */
import type * as z from "zod/mini";
import type { AnyCodec, AnyScoreCodec } from "./codec.ts";

/** Whose dialect it is. */
export interface Vendor {
  /** As the vendor writes it. */
  name: string;
  description: string;
  /** First segment of its own paths. Absent: it has paths at the root only. */
  prefix?: string;
  /** Paths that its clients and deployments ask for beside ranking. @default none */
  otherPaths?: { readonly [Kind in OtherPath]?: readonly string[] };
}

/**
 * What a path beside ranking tells: `alive` whether the process lives, `ready` whether requests are taken, `models` all models in OpenAI's
 * words; one model is told below that, at `/{model}`. `info` is TEI's description of the server, `keys` whether a request needs a key.
 */
export type OtherPath = "alive" | "ready" | "models" | "info" | "keys";

/** A path that ranks. */
export interface RankingPath {
  /** `{model}` stands for the name of a model, which may have slashes; another word in braces for a part of one segment. */
  path: string;
  /** Whose clients ask there, or by which base URL; a cell of the table in docs/server.md. Absent: the path's other dialect says it. */
  usedBy?: string;
  /** Whether a body is meant for this dialect, where several share the path. Absent: it takes what no other takes; one of them must. */
  isMeant?(body: object): boolean;
}

/** What bodies look like. Unknown fields of a request are ignored, as the services themselves do. */
export interface DialectSchemas<RequestBody = unknown> {
  request: z.ZodMiniType<RequestBody>;
  reply: z.ZodMiniType;
  error: z.ZodMiniType;
}

interface Definition<RequestBody> {
  vendor: Vendor;
  /** Vendors whose paths speak it, too. @default none */
  otherVendors?: readonly Vendor[];
  paths: readonly RankingPath[];
  /** A function, so that bundlers drop all schemas where only the codec is imported: a call of zod's would stay. */
  schemas(): DialectSchemas<RequestBody>;
}

/** A dialect that ranks, as the server speaks it. */
export interface RankingDialect<RequestBody = unknown> extends Definition<RequestBody> {
  codec: AnyCodec;
  /** Which fields of an object are read where the request names none. @default the library's usual keys (`text` …) */
  objectFields?: "all";
  /** Whether the headers of a reply tell its times. @default false */
  tellsTimes?: boolean;
  /**
   * Whether only clients of this dialect write such a body. Paths that do not speak the dialect refuse it and name one that does, for these
   * clients would take the reply of another format for an empty one. @default none
   */
  isUnmistakable?(body: object): boolean;
}

/** A dialect that scores pairs. */
export interface ScoringDialect<RequestBody = unknown> extends Definition<RequestBody> {
  scoreCodec: AnyScoreCodec;
}

/** Every dialect that the server has a codec for. */
export type DialectDefinition = RankingDialect | ScoringDialect;
