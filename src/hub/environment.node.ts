/** The environment variables that decide where models are and how they are fetched; read nowhere else in this folder. */
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
 * The hub cache that other programs of this user fill; crossrank only reads it.
 *
 * @see https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
 */
export function resolveHubCache(): string {
  const folder = read("HF_HUB_CACHE") ?? read("HUGGINGFACE_HUB_CACHE");
  return folder === undefined ? join(hubHome(), "hub") : resolve(expandHome(folder));
}

/**
 * Where the hub answers: $HF_ENDPOINT, else https://huggingface.co; without a trailing slash, but with a user name and a password that
 * the variable holds.
 *
 * @throws RerankError `invalid-input` when the variable holds no http(s) URL
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

/** The user's hub token: $HF_TOKEN, else the file $HF_TOKEN_PATH or $HF_HOME/token that the hub's own tools write; undefined without one. */
export function readToken(): string | undefined {
  const token = read("HF_TOKEN") ?? read("HUGGING_FACE_HUB_TOKEN");
  return token ?? readTextIfPresent(resolve(expandHome(read("HF_TOKEN_PATH") ?? join(hubHome(), "token"))));
}

/** The variable that forbids the network, if one is set to yes. */
export function offlineVariable(): string | undefined {
  // The values that huggingface_hub takes for yes.
  return ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"].find((name) => /^(?:1|on|yes|true)$/i.test(read(name) ?? ""));
}

/** Whether color is unwanted. @see https://no-color.org */
export function isColorUnwanted(): boolean {
  return read("NO_COLOR") !== undefined;
}

/** A path whose leading `~` stands for the user's folder. */
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
    // No token file, or none that this user may read: the hub is asked without a token and says what is missing.
    return undefined;
  }
}
