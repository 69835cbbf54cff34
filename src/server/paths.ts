/** The paths that do not rank, such as health checks and lists of models, and helpers for paths of requests. */
import { getPath } from "hono/utils/url";
import type { OtherPath } from "../dialects/definition.ts";
import { vendors } from "./routes.ts";

/** Paths that answer whether the process runs. */
export const alivePaths: readonly string[] = otherPaths("alive");

/** Paths that answer whether the server accepts requests. */
export const readyPaths: readonly string[] = otherPaths("ready");

/** Paths that answer whether requests need an API key. */
export const keyPaths: readonly string[] = otherPaths("keys");

/** Paths that describe the server, in TEI's format. */
export const infoPaths: readonly string[] = otherPaths("info");

/** Paths that list all models, in OpenAI's format. */
export const modelListPaths: readonly string[] = otherPaths("models");

/** Paths that describe one model, for OpenAI's clients and for Xinference's, which request it before they rank. Both read the same record. */
export const modelPaths: readonly string[] = modelListPaths.map((path) => `${path}/{model}`);

/** A path of ours as Hono's routers want it: `{model}` may have slashes, as names on the hub have; no other part in braces may. */
export function patternOf(path: string): string {
  return path
    .replace("{model}", ":model{.+}")
    .replaceAll(/(?<=\/)\{(\w+)\}(:\w+)?/g, (_, name: string, end = "") => `:${name}{[^/]+${end}}`);
}

/** The path of a request without double slashes and without a slash at its end. A base URL that ends with a slash causes double ones. */
export function plainPath(request: Request): string {
  const path = getPath(request).replace(/\/{2,}/g, "/");
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}

function otherPaths(kind: OtherPath): string[] {
  return vendors.flatMap((vendor) => vendor.otherPaths?.[kind] ?? []);
}
