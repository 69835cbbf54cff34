import * as z from "zod/mini";
import type { WireIssue } from "../dialects/codec.ts";
import { ServerError } from "./status.ts";

/** Maximum number of issues in an error. A list of a thousand wrong documents has a thousand issues. */
const maxIssues = 16;

// zod/mini has no messages by default.
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
 * Checks a body against a schema and returns what the schema makes of it.
 *
 * @throws ServerError 422 if it does not match: the message names the first issue, `issues` the first sixteen
 */
export function validate(schema: z.core.$ZodType, body: object): unknown {
  const checked = z.safeParse(schema, body, { error: english });
  if (checked.success) return checked.data;
  const issues = checked.error.issues.slice(0, maxIssues).map((issue): WireIssue => {
    const path = issue.path.map((key) => (typeof key === "symbol" ? String(key) : key));
    return { path, message: issue.message.replace(/^Invalid input: /, ""), type: typeOf(issue, valueAt(body, path)) };
  });
  const { path, message } = issues[0]!;
  const location = path.reduce<string>((text, key) => (typeof key === "number" ? `${text}[${key}]` : `${text}.${key}`), "body");
  throw new ServerError(422, "invalid-input", `${location.replace(/^body\./, "")}: ${message}.`, { issues });
}

function typeOf(issue: z.core.$ZodIssue, value: unknown): WireIssue["type"] {
  if (value === undefined) return "missing";
  // A union of a number and its digits. The issue of a union has no type of its own.
  if (issue.message.startsWith("expected an integer")) return "int_type";
  return (issue.code === "invalid_type" ? types[issue.expected] : undefined) ?? "value_error";
}

function valueAt(body: object, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined), body);
}
