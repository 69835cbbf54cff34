/** Most request fields differ between dialects only in their keys. A table of keys serves both directions. */
import type { RequestField, RequestFields, WireRequest } from "./codec.ts";

/** The keys of a body whose type fits a field. */
type KeyFor<Body, Field extends RequestField> = {
  [Key in keyof Body]-?: NonNullable<WireRequest[Field]> extends NonNullable<Body[Key]> ? Key : never;
}[keyof Body] &
  string;

/** The keys of a request body for each field. If there are several, the first is written, and the first that has a value is read. */
export type Spelling<Body> = {
  readonly [Field in RequestField]?: KeyFor<Body, Field> | readonly [KeyFor<Body, Field>, ...KeyFor<Body, Field>[]];
};

/** A {@link Spelling}, ready to use. */
export interface SpelledFields<Body> {
  readonly keys: RequestFields;
  /** Writes the fields of a request under the dialect's keys. */
  encode(request: WireRequest): Partial<Body>;
  /** Reads the fields of a body. Null, a limit below 1 and an empty list count as absent. */
  decode(body: Body): Pick<WireRequest, RequestField>;
}

/** The two usual keys for a limit of results. */
export const limitKeys: readonly ["top_n", "top_k"] = ["top_n", "top_k"];

/** The keys of most dialects that read object documents. */
export const usualSpelling: {
  readonly model: "model";
  readonly topK: typeof limitKeys;
  readonly returnDocuments: "return_documents";
  readonly fields: "rank_fields";
} = { model: "model", topK: limitKeys, returnDocuments: "return_documents", fields: "rank_fields" };

/** Creates the functions that translate between {@link WireRequest} and a dialect's keys. */
export function spelledAs<Body>(spelling: Spelling<Body>): SpelledFields<Body> {
  const keys = new Map(Object.entries(spelling).map(([field, own]) => [field as RequestField, [own].flat() as string[]]));
  return {
    keys,
    encode(request) {
      const present = [...keys].filter(([field]) => request[field] !== undefined);
      return Object.fromEntries(present.map(([field, [key]]) => [key, request[field]])) as Partial<Body>;
    },
    decode(body) {
      const present = [...keys].flatMap(([field, own]) => {
        const key = spellingIn(body as object, field, own);
        return key === undefined ? [] : [[field, valueAt(body as object, key)] as const];
      });
      return Object.fromEntries(present) as Pick<WireRequest, RequestField>;
    },
  };
}

/** Finds the first of a field's keys that has a value in the body. `a.b` is a key inside an object. */
export function spellingIn(body: object, field: RequestField, keys: readonly string[]): string | undefined {
  return keys.find((key) => hasValue(field, valueAt(body, key)));
}

function valueAt(body: object, key: string): unknown {
  return key
    .split(".")
    .reduce<unknown>((value, name) => (typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined), body);
}

const counts: ReadonlySet<RequestField> = new Set(["topK", "maxTokens", "maxTokensPerDocument"]);

function hasValue(field: RequestField, value: unknown): boolean {
  if (value === undefined || value === null) return false;
  // vLLM's default is top_n: 0, Infinity's clients write −1, and Go clients write out zero values.
  if (counts.has(field)) return (value as number) >= 1;
  return field !== "fields" || (value as readonly string[]).length > 0;
}
