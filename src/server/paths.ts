/** Paths as clients write them, and the paths that vendors' clients and deployments ask for beside ranking. */
import { getPath } from "hono/utils/url";

/** Whether the process lives. */
export const alivePaths: readonly string[] = [
  ...["/health", "/tei/health", "/tei/ping", "/infinity/health", "/vllm/health", "/vllm/ping", "/llamacpp/health", "/llamacpp/v1/health"],
  ...["/localai/healthz", "/litellm/health/liveliness", "/v1/health/live", "/nim/v1/health/live"],
];

/** Whether requests are taken. */
export const readyPaths: readonly string[] = [
  ...["/ready", "/localai/readyz", "/litellm/health/readiness", "/v1/health/ready", "/nim/v1/health/ready"],
];

// One record serves OpenAI's clients and Xinference's.
const modelRoots = ["/v1", "/vllm/v1", "/infinity", "/nim/v1", "/xinference/v1", "/localai/v1", "/llamacpp/v1", "/llamacpp", "/litellm/v1"];

/** All models, in OpenAI's words. */
export const modelListPaths: readonly string[] = modelRoots.map((path) => `${path}/models`);

/** One model, in the words of OpenAI and of Xinference, whose client asks before it ranks. */
export const modelPaths: readonly string[] = modelRoots.map((path) => `${path}/models/{model}`);

/** A path of ours as Hono's routers want it: `{model}` may have slashes, as names on the hub have. */
export function patternOf(path: string): string {
  return path.replace("{model}", ":model{.+}");
}

/** The path of a request without the slashes that base URLs with one at their end leave twice, and without one at its own end. */
export function plainPath(request: Request): string {
  const path = getPath(request).replace(/\/{2,}/g, "/");
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}
