import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { resolveModel } from "../../src/catalogue/resolve-model.ts";
import { RerankError } from "../../src/errors.ts";
import { type DownloadOptions, downloadModel } from "../../src/hub/download.node.ts";
import type { CheckedCustomModel, CheckedPresetModel } from "../../src/types.ts";
import { type Hub, startHub } from "./hub-server.node.ts";
import { type IsolatedModels, isolateModels } from "./isolated-models.node.ts";
import { tinyRepository } from "./onnx-bytes.ts";

/** A hub that has `org/name` (also by its old name `org/old-name`), and empty caches. */
export interface DownloadFixture {
  hub: Hub;
  isolated: IsolatedModels;
  /** Downloads with short pauses between retries, because the pauses are real. */
  download(model: CheckedPresetModel | CheckedCustomModel, options?: DownloadOptions): Promise<void>;
  /** The error that a download ends with. */
  failure(model: CheckedPresetModel | CheckedCustomModel, options?: DownloadOptions): Promise<RerankError>;
  /** Folder of `org/name` in our cache, at its present commit. */
  snapshot(): string;
  /** The unfinished model file in it. */
  partialFile(): string;
  /** Ranges asked of the CDN for bodies, in order. */
  ranges(): (string | undefined)[];
  close(): Promise<void>;
}

/** The model that the hub has. */
export const model: CheckedCustomModel = { type: "custom", modelId: "org/name" };
/** Bytes of its weights; its file is a little larger. */
export const weightBytes = 400_000;
/** Entries of `Faults.cuts` or `stalls` that let the three small files pass, which are fetched before the model. */
export const smallFiles: readonly number[] = [1e9, 1e9, 1e9];

/** Starts the hub and points every variable to it. */
export async function createDownloadFixture(): Promise<DownloadFixture> {
  const hub = await startHub({
    repositories: { "org/name": { files: tinyRepository(0, weightBytes) } },
    renamed: { "org/old-name": "org/name" },
  });
  const isolated = isolateModels(hub.url);
  const download: DownloadFixture["download"] = (wanted, options = {}) =>
    downloadModel(resolveModel(wanted), { retryDelayMs: 1, stallTimeoutMs: 5000, ...options });
  const snapshot = (): string => join(isolated.cacheDir, "models--org--name", "snapshots", hub.commitOf("org/name"));
  return {
    hub,
    isolated,
    download,
    snapshot,
    failure: async (wanted, options) => {
      const error = await download(wanted, options).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (!RerankError.is(error)) throw new Error(`expected a RerankError, got ${String(error)}`);
      return error;
    },
    partialFile: () => {
      const folder = join(snapshot(), "onnx");
      return join(folder, readdirSync(folder).find((name) => name.endsWith(".incomplete")) as string);
    },
    ranges: () => hub.requests.filter((request) => request.server === "cdn" && request.method === "GET").map((request) => request.range),
    close: async () => {
      isolated.restore();
      await hub.close();
    },
  };
}

/** Writes a file and the folders above it. */
export function writeAt(path: string, content: string | Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
