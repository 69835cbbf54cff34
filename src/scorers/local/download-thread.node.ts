/** The program of the download thread. */
import { serveHelperThread } from "../../threads/helper-thread.node.ts";
import { type DownloadRequest, downloadWithProgress } from "./ensure-downloaded.node.ts";

serveHelperThread(
  () => ({ download: (options: DownloadRequest, signal) => downloadWithProgress(options, signal) }),
  "download",
  "download",
);
