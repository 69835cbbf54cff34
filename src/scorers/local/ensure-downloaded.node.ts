/** From a model's name to its files on this machine, downloading what is missing. */

import { RerankError } from "../../errors.ts";
import { downloadModel } from "../../hub/download.node.ts";
import { createProgressBar } from "../../hub/download-progress.node.ts";
import { type LocatedModel, locateModel } from "../../hub/locate.node.ts";
import { HelperThread } from "../../threads/helper-thread.node.ts";
import type { CustomModel, PresetModel } from "../../types.ts";

/** Which model, and where downloads go; plain data. */
export interface DownloadRequest {
  model: PresetModel | CustomModel;
  cacheDir?: string;
  showDownloadProgress: boolean;
  /** Whether a model that is not here may be fetched. */
  allowDownload: boolean;
}

// All downloads of a process run in this one thread, those of asynchronous callers too: a synchronous caller stops the event
// loop, and would wait for ever for a file that an asynchronous call before it is fetching on that loop.
const downloader = new HelperThread("download-thread", "download");

/** The files, downloaded if need be. @throws RerankError `download`, `unknown-model`, `unsupported-model`, `aborted` */
export async function ensureDownloaded(options: DownloadRequest, signal?: AbortSignal): Promise<LocatedModel> {
  const found = locateModel(options.model, options);
  if (found !== undefined) return found;
  refuseDownload(options);
  await downloader.call("download", options, signal === undefined ? {} : { signal });
  return downloaded(options);
}

/** The same with the calling thread waiting. */
export function ensureDownloadedSync(options: DownloadRequest): LocatedModel {
  const found = locateModel(options.model, options);
  if (found !== undefined) return found;
  refuseDownload(options);
  downloader.callSync("download", options);
  return downloaded(options);
}

/** Downloads with a progress bar if wanted; what the download thread runs. */
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
    `${nameOf(model)}: it is not on this machine, and downloads are switched off. Fetch it first (crossrank models pull), or allow downloads.`,
  );
}

function downloaded(options: DownloadRequest): LocatedModel {
  const found = locateModel(options.model, options);
  if (found !== undefined) return found;
  const name = nameOf(options.model);
  throw new RerankError(
    "download",
    `${name}: its files disappeared from the cache right after the download. Check what else writes there.`,
  );
}

function nameOf(model: PresetModel | CustomModel): string {
  return model.type === "preset" ? model.name : model.modelId;
}
