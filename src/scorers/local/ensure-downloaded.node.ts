/** Finds a model's files on this machine, and downloads them if they are missing. */

import type { ModelSpec } from "../../catalogue/model-spec.ts";
import { RerankError } from "../../errors.ts";
import { downloadModel } from "../../hub/download.node.ts";
import { createProgressBar } from "../../hub/download-progress.node.ts";
import { type LocatedModel, locateModel } from "../../hub/locate.node.ts";
import { HelperThread } from "../../threads/helper-thread.node.ts";

/** Which model to download, and where to; plain data. */
export interface DownloadRequest {
  model: ModelSpec;
  cacheDir?: string;
  showDownloadProgress: boolean;
  /** Whether a missing model may be downloaded. */
  allowDownload: boolean;
}

// All downloads of a process run in this one thread, also those of asynchronous callers. A synchronous caller blocks the event
// loop: if an earlier asynchronous call downloaded the same file on that loop, the caller would wait forever.
const downloader = new HelperThread("download-thread", "download");

/** The model's files; downloads them first if necessary. @throws RerankError `download`, `unknown-model`, `unsupported-model`, `aborted` */
export async function ensureDownloaded(options: DownloadRequest, signal?: AbortSignal): Promise<LocatedModel> {
  const found = locateModel(options.model, options);
  if (found !== undefined) return found;
  refuseDownload(options);
  await downloader.call("download", options, signal === undefined ? {} : { signal });
  return downloaded(options);
}

/** {@link ensureDownloaded}, but synchronous. */
export function ensureDownloadedSync(options: DownloadRequest): LocatedModel {
  const found = locateModel(options.model, options);
  if (found !== undefined) return found;
  refuseDownload(options);
  downloader.callSync("download", options);
  return downloaded(options);
}

/** Downloads a model, with a progress bar if the request asks for one. Runs in the download thread. */
export async function downloadWithProgress(options: DownloadRequest, signal?: AbortSignal): Promise<void> {
  const bar = options.showDownloadProgress ? createProgressBar() : undefined;
  try {
    await downloadModel(options.model, {
      ...(options.cacheDir === undefined ? {} : { cacheDir: options.cacheDir }),
      ...(signal === undefined ? {} : { signal }),
      ...(bar === undefined ? {} : { onProgress: bar.update }),
    });
  } finally {
    bar?.end();
  }
}

function refuseDownload({ model, allowDownload }: DownloadRequest): void {
  if (allowDownload) return;
  throw new RerankError(
    "download",
    `${model.name}: it is not on this machine, and downloads are switched off. Fetch it first (crossrank models pull), or allow downloads.`,
  );
}

function downloaded(options: DownloadRequest): LocatedModel {
  const found = locateModel(options.model, options);
  if (found !== undefined) return found;
  throw new RerankError(
    "download",
    `${options.model.name}: its files disappeared from the cache right after the download. Check what else writes there.`,
  );
}
