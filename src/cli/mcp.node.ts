import { StdioServerTransport, serveStdio } from "@modelcontextprotocol/server/stdio";
import { createMcpServer } from "../mcp/mcp-server.ts";
import { checkOptions } from "../server/options.ts";
import { Server } from "../server/server.ts";
import { createFilePassages } from "./file-passages.node.ts";
import type { CommonOptions, Io } from "./io.ts";
import { parseServedModel } from "./model-argument.ts";

/** The options of `crossrank mcp`, as commander names them. */
export interface McpOptions extends CommonOptions {
  model?: string[];
  files?: string;
  allowModels?: boolean;
  /** False with --no-download. */
  download: boolean;
  timeout?: number;
  workers?: number;
  threads?: number;
  cacheDir?: string;
}

/** An agent's message may hold a whole list of documents: as much as an HTTP body may. */
const maxMessageBytes = 16 * 2 ** 20;
/** A folder has more passages than a search has results. */
const maxDocuments = 4096;
/** All passages of a large folder take minutes. */
const defaultTimeoutSecs = 600;

/**
 * Serves tools for agents on standard input and output until standard input ends or a signal comes.
 *
 * @throws RerankError if an option is wrong
 */
export async function mcpCommand(io: Io, { model = ["mini"], ...options }: McpOptions): Promise<void> {
  const { files, timeout, workers, threads, cacheDir } = options;
  const passages = files === undefined ? undefined : await createFilePassages(files, { maxPassages: maxDocuments });
  const server = new Server(
    checkOptions({
      models: model.map(parseServedModel),
      allowModels: options.allowModels === true,
      allowDownload: options.download,
      timeoutSecs: timeout ?? defaultTimeoutSecs,
      maxDocuments,
      maxBodyBytes: 4 * maxMessageBytes,
      settings: {
        ...(cacheDir === undefined ? {} : { cacheDir }),
        acceleration: { ...(workers === undefined ? {} : { workers }), ...(threads === undefined ? {} : { threads }) },
      },
    }),
  );
  // Standard output belongs to the protocol, so messages go to standard error.
  const note = (error: Error): void => {
    if (options.quiet !== true) io.note(`crossrank: ${error.message}`);
  };
  server.ready.catch(note);
  const transport = new StdioServerTransport(process.stdin, process.stdout, { maxBufferSize: maxMessageBytes });
  const handle = serveStdio(() => createMcpServer(server.toolHost(), passages), { transport, onerror: note });
  await ended(transport, io.signal);
  await handle.close();
  await server.close();
  io.settleSignal();
}

/** Resolves when the client has closed the connection, or at the first signal. */
function ended(transport: StdioServerTransport, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const { onclose } = transport;
    transport.onclose = () => {
      onclose?.();
      resolve();
    };
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
