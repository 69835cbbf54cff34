/** Most fields of a request differ between dialects in their spelling only: a table says it once, for both directions. */
import type { RequestField, RequestFields, WireRequest } from "./codec.ts";

/** Keys of a body that can hold what a field holds. */
type KeyFor<Body, Field extends RequestField> = {
  [Key in keyof Body]-?: NonNullable<WireRequest[Field]> extends NonNullable<Body[Key]> ? Key : never;
}[keyof Body] &
  string;

/** Keys of a request body by the fields they stand for. Of several keys the first is written, and the first that says something is read. */
export type Spelling<Body> = {
  readonly [Field in RequestField]?: KeyFor<Body, Field> | readonly [KeyFor<Body, Field>, ...KeyFor<Body, Field>[]];
};

/** A {@link Spelling}, ready to use. */
export interface SpelledFields<Body> {
  readonly keys: RequestFields;
  /** The fields that the request has, in the dialect's spelling. */
  encode(request: WireRequest): Partial<Body>;
  /** The fields that the body says something in; null, a limit below 1 and an empty list say nothing. */
  decode(body: Body): Pick<WireRequest, RequestField>;
}

/** A limit under the name that most dialects have for it; clients of the others write `top_k`. */
export const limitKeys: readonly ["top_n", "top_k"] = ["top_n", "top_k"];

/** How the dialects that read objects as documents spell most fields. */
export const usualSpelling: {
  readonly model: "model";
  readonly topK: typeof limitKeys;
  readonly returnDocuments: "return_documents";
  readonly fields: "rank_fields";
} = { model: "model", topK: limitKeys, returnDocuments: "return_documents", fields: "rank_fields" };

/** Reads and writes the fields that a dialect spells otherwise than {@link WireRequest}. */
export function spelledAs<Body>(spelling: Spelling<Body>): SpelledFields<Body> {
  const keys = new Map(Object.entries(spelling).map(([field, own]) => [field as RequestField, [own].flat() as string[]]));
  return {
    keys,
    encode(request) {
      const said = [...keys].filter(([field]) => request[field] !== undefined);
      return Object.fromEntries(said.map(([field, [key]]) => [key, request[field]])) as Partial<Body>;
    },
    decode(body) {
      const said = [...keys].flatMap(([field, own]) => {
        const key = spellingIn(body as object, field, own);
        return key === undefined ? [] : [[field, valueAt(body as object, key)] as const];
      });
      return Object.fromEntries(said) as Pick<WireRequest, RequestField>;
    },
  };
}

/** The key, of those that a field may have, under which a body says it: the first that says something. `a.b` is a key inside an object. */
export function spellingIn(body: object, field: RequestField, keys: readonly string[]): string | undefined {
  return keys.find((key) => saysSomething(field, valueAt(body, key)));
}

function valueAt(body: object, key: string): unknown {
  return key
    .split(".")
    .reduce<unknown>((value, name) => (typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined), body);
}

const counts: ReadonlySet<RequestField> = new Set(["topK", "maxTokens", "maxTokensPerDocument"]);

function saysSomething(field: RequestField, value: unknown): boolean {
  if (value === undefined || value === null) return false;
  // vLLM's default is top_n: 0, Infinity's clients write −1, and Go clients write out zero values.
  if (counts.has(field)) return (value as number) >= 1;
  return field !== "fields" || (value as readonly string[]).length > 0;
}
