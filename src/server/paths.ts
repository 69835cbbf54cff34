/** Paths as clients write them, and the paths that vendors' clients and deployments ask for beside ranking. */
import { getPath } from "hono/utils/url";
import type { OtherPath } from "../dialects/definition.ts";
import { vendors } from "./routes.ts";

/** Whether the process lives. */
export const alivePaths: readonly string[] = otherPaths("alive");

/** Whether requests are taken. */
export const readyPaths: readonly string[] = otherPaths("ready");

/** Whether a request needs a key. */
export const keyPaths: readonly string[] = otherPaths("keys");

/** What is served, in TEI's words. */
export const infoPaths: readonly string[] = otherPaths("info");

/** All models, in OpenAI's words. */
export const modelListPaths: readonly string[] = otherPaths("models");

/** One model, in the words of OpenAI and of Xinference, whose client asks before it ranks: one record serves both. */
export const modelPaths: readonly string[] = modelListPaths.map((path) => `${path}/{model}`);

/** A path of ours as Hono's routers want it: `{model}` may have slashes, as names on the hub have; no other part in braces may. */
export function patternOf(path: string): string {
  return path
    .replace("{model}", ":model{.+}")
    .replaceAll(/(?<=\/)\{(\w+)\}(:\w+)?/g, (_, name: string, end = "") => `:${name}{[^/]+${end}}`);
}

/** The path of a request without the slashes that base URLs with one at their end leave twice, and without one at its own end. */
export function plainPath(request: Request): string {
  const path = getPath(request).replace(/\/{2,}/g, "/");
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}

function otherPaths(kind: OtherPath): string[] {
  return vendors.flatMap((vendor) => vendor.otherPaths?.[kind] ?? []);
}
