/** The environment variables that decide where models are and how they are downloaded. No other file of this folder reads the environment. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { RerankError } from "../errors.ts";
import { withoutCredentials } from "../http/credentials.ts";

const publicEndpoint = "https://huggingface.co";

/** Folder of downloaded models: the option, else $CROSSRANK_CACHE, $XDG_CACHE_HOME/crossrank/rerankers, ~/.cache/crossrank/rerankers. */
export function resolveCacheDir(option: string | undefined): string {
  const folder = option ?? read("CROSSRANK_CACHE");
  return folder === undefined ? join(cacheHome(), "crossrank", "rerankers") : resolve(expandHome(folder));
}

/**
 * The hub cache of other programs of this user. crossrank only reads it.
 *
 * @see https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
 */
export function resolveHubCache(): string {
  const folder = read("HF_HUB_CACHE") ?? read("HUGGINGFACE_HUB_CACHE");
  return folder === undefined ? join(hubHome(), "hub") : resolve(expandHome(folder));
}

/**
 * The hub's address: $HF_ENDPOINT, else https://huggingface.co. Without a trailing slash, but with the user name and password that the
 * variable may contain.
 *
 * @throws RerankError `invalid-input` if the variable is not an http(s) URL
 */
export function resolveEndpoint(): string {
  const endpoint = read("HF_ENDPOINT") ?? publicEndpoint;
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol)) {
    throw new RerankError(
      "invalid-input",
      `models: HF_ENDPOINT holds ${JSON.stringify(withoutCredentials(endpoint))}, which is not an http(s) URL. Correct or unset it.`,
    );
  }
  return endpoint.replace(/\/+$/, "");
}

/** The user's hub token: $HF_TOKEN, else the file $HF_TOKEN_PATH or $HF_HOME/token, which the hub's own tools write; undefined if none is set. */
export function readToken(): string | undefined {
  const token = read("HF_TOKEN") ?? read("HUGGING_FACE_HUB_TOKEN");
  return token ?? readTextIfPresent(resolve(expandHome(read("HF_TOKEN_PATH") ?? join(hubHome(), "token"))));
}

/** The name of the variable that forbids the network, if one does. */
export function offlineVariable(): string | undefined {
  // The values that huggingface_hub takes as true.
  return ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"].find((name) => /^(?:1|on|yes|true)$/i.test(read(name) ?? ""));
}

/** Whether the user wants no color. @see https://no-color.org */
export function isColorUnwanted(): boolean {
  return read("NO_COLOR") !== undefined;
}

/** A path, with a leading `~` replaced by the user's home folder. */
export function expandHome(path: string): string {
  return path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : path;
}

/** A variable, trimmed; an empty one counts as absent. */
function read(name: string): string | undefined {
  return process.env[name]?.trim() || undefined;
}

function cacheHome(): string {
  const folder = read("XDG_CACHE_HOME");
  return folder === undefined ? join(homedir(), ".cache") : resolve(expandHome(folder));
}

function hubHome(): string {
  const folder = read("HF_HOME");
  return folder === undefined ? join(cacheHome(), "huggingface") : resolve(expandHome(folder));
}

function readTextIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim() || undefined;
  } catch {
    // No token file, or not readable: requests go without a token, and the hub's answer says if one is needed.
    return undefined;
  }
}
