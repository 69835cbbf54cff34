/** Most fields of a request differ between dialects in their spelling only: a table says it once, for both directions. */
import type { WireRequest } from "./codec.ts";

/** A field of a request beside `query` and `documents`. */
export type RequestField = Exclude<keyof WireRequest, "query" | "documents">;

/** Keys of a request body by the fields they stand for; each key's type holds what the field holds. */
export type Spelling<Body> = {
  readonly [Field in RequestField]?: {
    [Key in keyof Body]-?: NonNullable<WireRequest[Field]> extends NonNullable<Body[Key]> ? Key : never;
  }[keyof Body];
};

/** A {@link Spelling}, ready to use. */
export interface SpelledFields<Body> {
  readonly names: ReadonlySet<RequestField>;
  /** The fields that the request has, in the dialect's spelling. */
  encode(request: WireRequest): Partial<Body>;
  /** The fields that the body says something in; null, a limit below 1 and an empty list say nothing. */
  decode(body: Body): Pick<WireRequest, RequestField>;
}

/** How the dialects that read objects as documents spell most fields. */
export const usualSpelling = { model: "model", topK: "top_n", returnDocuments: "return_documents", fields: "rank_fields" } as const;

/** Reads and writes the fields that a dialect spells otherwise than {@link WireRequest}. */
export function spelledAs<Body>(spelling: Spelling<Body>): SpelledFields<Body> {
  const pairs = Object.entries(spelling) as [RequestField, keyof Body & string][];
  return {
    names: new Set(pairs.map(([field]) => field)),
    encode(request) {
      const said = pairs.filter(([field]) => request[field] !== undefined);
      return Object.fromEntries(said.map(([field, key]) => [key, request[field]])) as Partial<Body>;
    },
    decode(body) {
      const said = pairs.filter(([field, key]) => saysSomething(field, body[key]));
      return Object.fromEntries(said.map(([field, key]) => [field, body[key]])) as Pick<WireRequest, RequestField>;
    },
  };
}

function saysSomething(field: RequestField, value: unknown): boolean {
  if (value === undefined || value === null) return false;
  // vLLM's default is top_n: 0, and Go clients write out zero values.
  if (field === "topK") return (value as number) >= 1;
  return field !== "fields" || (value as readonly string[]).length > 0;
}
