import * as z from "zod/mini";
import type { WireIssue } from "../dialects/codec.ts";
import { ServerError } from "./status.ts";

/** So many issues are told: a list of a thousand wrong documents has as many. */
const maxIssues = 16;

// zod/mini has no words of its own.
const english = z.locales.en().localeError;

const types: Readonly<Record<string, WireIssue["type"]>> = {
  string: "string_type",
  int: "int_type",
  number: "int_type",
  boolean: "bool_type",
  array: "list_type",
  object: "dict_type",
  record: "dict_type",
};

/**
 * A body as its schema gives it.
 *
 * @throws ServerError 422 for one that does not fit: the message tells the first issue, `issues` the first sixteen
 */
export function validate(schema: z.core.$ZodType, body: object): unknown {
  const checked = z.safeParse(schema, body, { error: english });
  if (checked.success) return checked.data;
  const issues = checked.error.issues.slice(0, maxIssues).map((issue): WireIssue => {
    const path = issue.path.map((key) => (typeof key === "symbol" ? String(key) : key));
    return { path, message: issue.message.replace(/^Invalid input: /, ""), type: typeOf(issue, valueAt(body, path)) };
  });
  const { path, message } = issues[0]!;
  const place = path.reduce<string>((text, key) => (typeof key === "number" ? `${text}[${key}]` : `${text}.${key}`), "body");
  throw new ServerError(422, "invalid-input", `${place.replace(/^body\./, "")}: ${message}.`, { issues });
}

function typeOf(issue: z.core.$ZodIssue, value: unknown): WireIssue["type"] {
  if (value === undefined) return "missing";
  // Of a number or its digits: the union itself says nothing of types.
  if (issue.message.startsWith("expected an integer")) return "int_type";
  return (issue.code === "invalid_type" ? types[issue.expected] : undefined) ?? "value_error";
}

function valueAt(body: object, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined), body);
}
