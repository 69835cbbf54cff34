import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";

/** Folders of one test, with every variable that could lead a model look-up elsewhere pointed into them. */
export interface IsolatedModels {
  folder: string;
  cacheDir: string;
  /** The "standard" hub cache of this test. */
  hubCache: string;
  /** Deletes the folders and restores the variables. */
  restore(): void;
}

/** Fresh, empty folders; `endpoint` is where the hub answers, by default nowhere. */
export function isolateModels(endpoint = "http://127.0.0.1:1"): IsolatedModels {
  const folder = mkdtempSync(join(tmpdir(), "crossrank-models-"));
  const hubCache = join(folder, "huggingface", "hub");
  const cacheDir = join(folder, "cache");
  const variables: Record<string, string> = {
    HOME: folder,
    CROSSRANK_CACHE: cacheDir,
    HF_HOME: join(folder, "huggingface"),
    HF_HUB_CACHE: hubCache,
    HF_ENDPOINT: endpoint,
  };
  const unset = [
    "XDG_CACHE_HOME",
    "HUGGINGFACE_HUB_CACHE",
    "HF_TOKEN",
    "HUGGING_FACE_HUB_TOKEN",
    "HF_TOKEN_PATH",
    "HF_HUB_OFFLINE",
    "TRANSFORMERS_OFFLINE",
  ];
  const proxies = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"].flatMap((name) => [name, name.toLowerCase()]);
  for (const name of [...unset, ...proxies]) vi.stubEnv(name, undefined);
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  return {
    folder,
    cacheDir,
    hubCache,
    restore: () => {
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
