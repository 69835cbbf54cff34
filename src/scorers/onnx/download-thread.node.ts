/** The program of the thread that downloads while a synchronous caller waits. */
import { serveHelperThread } from "../../engine/helper-thread.node.ts";
import { fetchModel, type ObtainOptions } from "./obtain.node.ts";

serveHelperThread(() => ({ download: (options: ObtainOptions, signal) => fetchModel(options, signal) }), "download", "download");
