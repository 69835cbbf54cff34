/**
 * What crossrank asks of a Hugging Face hub, or of a mirror that answers like one.
 *
 * @see https://github.com/huggingface/huggingface_hub src/huggingface_hub/file_download.py for the headers and their meaning
 */
import { RerankError } from "../errors.ts";
import { networkError, shownUrl, statusError } from "./hub-errors.ts";
import { type Hop, type HubAccess, readChunks, send } from "./hub-transport.ts";
import { isCommit } from "./repository-names.ts";

/** One file of one commit. */
export interface HubFile {
  repository: string;
  commit: string;
  path: string;
  /** Sha256 or git blob id in hex where the hub tells it, else something opaque; undefined when it says nothing. */
  etag: string | undefined;
  sizeBytes: number | undefined;
}

/** An answer whose body is still to be read, under a watch for silence. */
export interface HubBody {
  /** 200: from the start; 206: from the offset; 416: there is nothing at the offset. */
  status: number;
  /** Chunks as they arrive; none for 416. @throws RerankError `download` (retryable) when the connection is cut or silent, `aborted` */
  chunks: AsyncIterable<Uint8Array>;
}

/**
 * Asks for a file's commit, hash and size.
 *
 * @returns undefined when the repository has no such file
 * @throws RerankError `unknown-model` for no such repository or revision, `download` for everything else
 */
export async function headFile(access: HubAccess, repository: string, revision: string, path: string): Promise<HubFile | undefined> {
  const url = fileUrl(access, repository, revision, path);
  const hops = await send(access, "HEAD", url, {}, (response) => response.headers.has("x-linked-etag"));
  const last = hops.at(-1) as Hop;
  last.watch.stop();
  if (isMissingEntry(last.response)) return undefined;
  if (last.response.status >= 400) throw statusError("HEAD", url, last.response);

  const header = (name: string): string | undefined =>
    hops.map((hop) => hop.response.headers.get(name) ?? "").findLast((value) => value !== "");
  const commit = header("x-repo-commit") ?? (isCommit(revision) ? revision : undefined);
  if (commit === undefined || !isCommit(commit)) {
    const what = `hub: ${shownUrl(url)} answered without the commit of the file, so it is no Hugging Face hub`;
    throw new RerankError("download", `${what}. Check HF_ENDPOINT.`, { status: last.response.status });
  }
  // A hash is worth what its sender is worth: another origin's ETag is only the CDN's own.
  const isOwn = new URL(last.url).origin === new URL(access.endpoint).origin && last.response.ok;
  const etag = header("x-linked-etag") ?? (isOwn ? (last.response.headers.get("etag") ?? undefined) : undefined);
  const size = toSize(header("x-linked-size")) ?? (last.response.ok ? lengthOf(last.response) : undefined);
  return { repository, commit, path, etag: etag?.replace(/^W\//, "").replaceAll('"', ""), sizeBytes: size };
}

/**
 * Opens a file for reading.
 *
 * @param offset bytes already here; 0 asks for the whole
 * @throws RerankError `download`
 */
export async function openFile(access: HubAccess, file: HubFile, offset: number): Promise<HubBody> {
  const url = fileUrl(access, file.repository, file.commit, file.path);
  const range: Record<string, string> = offset === 0 ? {} : { range: `bytes=${offset}-` };
  const hop = (await send(access, "GET", url, range, () => false)).at(-1) as Hop;
  const { response, watch } = hop;
  if (response.status >= 400 && response.status !== 416) {
    watch.stop();
    throw statusError("GET", url, response);
  }
  const fault = faultOf(hop, file, offset);
  if (fault !== undefined || response.status === 416) {
    watch.stop();
    await response.body?.cancel();
  }
  if (fault !== undefined) throw fault;
  return { status: response.status, chunks: response.status === 416 ? noChunks() : readChunks(access, hop) };
}

/** What is wrong with the head of an answer, so that its body need not be read. */
function faultOf({ url, response }: Hop, { path, repository, sizeBytes }: HubFile, offset: number): RerankError | undefined {
  const range = response.headers.get("content-range") ?? "";
  if (response.status === 206 && !range.startsWith(`bytes ${offset}-`)) {
    return networkError("GET", url, new Error("the answer holds another part of the file than asked for"));
  }
  const total = response.status === 200 ? lengthOf(response) : toSize(/\/(\d+)$/.exec(range)?.[1]);
  if (total === undefined || sizeBytes === undefined || total === sizeBytes) return undefined;
  const what = `hub: ${path} of ${repository} has ${sizeBytes} bytes by its description, and ${total} at ${shownUrl(url)}`;
  return new RerankError("download", `${what}. Try again later; if it stays so, the hub or a mirror is at fault: check HF_ENDPOINT.`, {
    isRetryable: true,
  });
}

async function* noChunks(): AsyncGenerator<Uint8Array> {}

/** The .onnx files of a repository, sorted; undefined when the hub does not tell. */
export async function listOnnxFiles(access: HubAccess, repository: string, revision: string): Promise<string[] | undefined> {
  const url = `${access.endpoint}/api/models/${repository}/revision/${encodeURIComponent(revision)}`;
  const { response, watch } = (await send(access, "GET", url, {}, () => false)).at(-1) as Hop;
  try {
    if (!response.ok) return undefined;
    const body = (await response.json()) as { siblings?: { rfilename?: unknown }[] };
    const names = (body.siblings ?? []).map((sibling) => sibling.rfilename);
    return names.filter((name) => typeof name === "string" && name.endsWith(".onnx")).sort() as string[];
  } catch (cause) {
    throw networkError("GET", url, cause);
  } finally {
    watch.stop();
  }
}

function fileUrl(access: HubAccess, repository: string, revision: string, path: string): string {
  return `${access.endpoint}/${repository}/resolve/${encodeURIComponent(revision)}/${path.split("/").map(encodeURIComponent).join("/")}`;
}

/** The hub names a missing file; a plain mirror only says 404. */
function isMissingEntry(response: Response): boolean {
  const code = response.headers.get("x-error-code");
  return response.status === 404 && (code === "EntryNotFound" || code === null);
}

/** The length of a body as it is read; that of a compressed one is another. */
function lengthOf({ headers }: Response): number | undefined {
  return headers.has("content-encoding") ? undefined : toSize(headers.get("content-length") ?? undefined);
}

function toSize(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
