import { z } from "zod";
import type { Dialect } from "./dialect.ts";
import { nativeDialect } from "./native-dialect.ts";
import { allDialects, type Route, routes, vendors } from "./routes.ts";
import { configComponent, configComponents, nativeConfigSchema } from "./schemas/native-schemas.ts";
import { nameOf, vendorOf } from "./vendors.ts";

/** The meaning of each status in all dialects; see status.ts and the dialects' own mappings. */
const statuses: Readonly<Record<string, string>> = {
  "400": "The request is not understood, or not valid (dialects that have no 422)",
  "401": "A valid API key is missing",
  "403": "The request asks for what only the operator may set",
  "404": "There is no such model",
  "405": "Another method is needed",
  "408": "The request did not arrive in time",
  "413": "The body is too large",
  "415": "The body is not plain JSON",
  "422": "The request is not valid",
  "424": "The model failed (text-embeddings-inference)",
  "429": "Too much is waiting; see Retry-After",
  "431": "The headers are too large",
  "499": "The client went away",
  "500": "The server failed",
  "501": "The model cannot run here",
  "502": "A backend or a provider failed",
  "503": "The server is loading or stopping; see Retry-After",
  "504": "The request took too long",
};

/** Statuses that Node sends before the server sees the request, so they have no body. */
const withoutBody: ReadonlySet<string> = new Set(["408", "431"]);

/**
 * The OpenAPI 3.1 document of the server, made from the schemas that check requests.
 *
 * @param basePath where the server is mounted
 * @see https://spec.openapis.org/oas/v3.1.0
 */
export function createOpenApiDocument(version: string, basePath: string): object {
  const paths: Record<string, object> = {};
  for (const route of routes) paths[route.path] = { post: rankingOperation(route) };
  for (const [path, summary, type] of informationPaths) paths[path] = { get: informationOperation(path, summary, type) };
  return {
    openapi: "3.1.0",
    info: {
      title: "crossrank",
      version,
      description: "Puts documents in order by how well they answer a query, in crossrank's own words and in those of other rerankers.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: basePath === "" ? "/" : basePath }],
    security: [{}, { bearer: [] }],
    tags: [
      ...vendors.map(({ name, description }) => ({ name, description })),
      { name: serverTag, description: "What the server tells of itself" },
    ],
    paths,
    components: {
      schemas: schemas(),
      securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
    },
  };
}

const serverTag = "Server";

const informationPaths: readonly [path: string, summary: string, type: string][] = [
  ["/health", "Whether the process lives", "application/json"],
  ["/ready", "Whether the models are loaded and requests are taken", "application/json"],
  ["/info", "Model, limits and version, as text-embeddings-inference tells them and more", "application/json"],
  ["/v1/models", "Names of models, in OpenAI's words", "application/json"],
  ["/v1/models/{model}", "One model, in the words of OpenAI and Xinference", "application/json"],
  ["/v1/cluster/auth", "Whether keys are needed, in Xinference's words", "application/json"],
  ["/metrics", "Metrics for Prometheus", "text/plain"],
  ["/openapi.json", "This document", "application/json"],
];

function rankingOperation({ path, dialects }: Route): object {
  const content = { "application/json": { schema: anyOf(dialects.map((dialect) => refTo(dialect, "Error"))) } };
  const failures = Object.entries(statuses).map(([status, description]) => [
    status,
    withoutBody.has(status) ? { description } : { description, content },
  ]);
  return {
    operationId: operationId("post", path),
    summary: nameOf(path, dialects),
    description: `Ranks documents. Dialects: ${dialects.map(({ name }) => name).join(", ")}.`,
    tags: [vendorOf(path, dialects)],
    ...parametersOf(path),
    requestBody: {
      required: true,
      content: { "application/json": { schema: anyOf(dialects.map((dialect) => refTo(dialect, "Request"))) } },
    },
    responses: {
      "200": {
        description: "The documents, best first",
        content: { "application/json": { schema: anyOf(dialects.map((dialect) => refTo(dialect, "Reply"))) } },
      },
      ...Object.fromEntries(failures),
    },
  };
}

function informationOperation(path: string, summary: string, type: string): object {
  const error = { "application/json": { schema: refTo(nativeDialect, "Error") } };
  const body = type === "application/json" ? { schema: { type: "object" } } : { schema: { type: "string" } };
  const parameters = parametersOf(path);
  const failures = {
    ...(path === "/ready" ? { "503": { description: statuses["503"], content: { [type]: body } } } : {}),
    ...("parameters" in parameters ? { "404": { description: statuses["404"], content: error } } : {}),
  };
  return {
    operationId: operationId("get", path),
    summary,
    tags: [serverTag],
    ...parameters,
    responses: {
      "200": { description: summary, content: { [type]: body } },
      "401": { description: statuses["401"], content: error },
      "405": { description: statuses["405"], content: error },
      ...failures,
    },
  };
}

function parametersOf(path: string): object {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  if (names.length === 0) return {};
  return { parameters: names.map((name) => ({ name, in: "path", required: true, schema: { type: "string", minLength: 1 } })) };
}

/** Every schema of every dialect, by its name in `components`. */
function schemas(): Record<string, unknown> {
  const parts = allDialects.flatMap((dialect) => [
    [schemaName(dialect, "Request"), dialect.request],
    [schemaName(dialect, "Reply"), dialect.reply],
    [schemaName(dialect, "Error"), dialect.error],
  ]) as [string, z.core.$ZodType][];
  const described = parts.map(([name, schema]) => {
    const { $schema, ...json } = z.toJSONSchema(schema, { io: "input", override: referToConfig });
    return [name, json];
  });
  return { ...Object.fromEntries(described), ...configComponents() };
}

/** The library's own schema says what `config` may hold. */
function referToConfig({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodType; jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (zodSchema !== nativeConfigSchema) return;
  for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
  jsonSchema.$ref = `#/components/schemas/${configComponent}`;
}

function anyOf(references: readonly object[]): object {
  return references.length === 1 ? references[0]! : { anyOf: references };
}

function refTo(dialect: Dialect, part: "Request" | "Reply" | "Error"): object {
  return { $ref: `#/components/schemas/${schemaName(dialect, part)}` };
}

function schemaName({ name }: Dialect, part: string): string {
  const words = name.split("-").map((word) => word[0]!.toUpperCase() + word.slice(1));
  return `${words.join("")}${part}`;
}

function operationId(method: string, path: string): string {
  const words = path.split(/\W+/).filter((word) => word !== "");
  return `${method}${words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join("")}`;
}
