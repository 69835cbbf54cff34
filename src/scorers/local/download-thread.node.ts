/** The program of the thread that downloads while a synchronous caller waits. */
import { serveHelperThread } from "../../threads/helper-thread.node.ts";
import { fetchModel, type ObtainOptions } from "./prepare.node.ts";

serveHelperThread(() => ({ download: (options: ObtainOptions, signal) => fetchModel(options, signal) }), "download", "download");
