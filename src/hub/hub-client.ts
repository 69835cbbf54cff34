/**
 * What crossrank asks of a Hugging Face hub, or of a mirror that answers like one.
 *
 * @see https://github.com/huggingface/huggingface_hub src/huggingface_hub/file_download.py for the headers and their meaning
 */
import { RerankError } from "../errors.ts";
import { type Exchange, noAnswer, readText } from "../http/exchange.ts";
import { networkError, shownUrl, statusError } from "./hub-errors.ts";
import { failedRequest, type HubAccess, readChunks, send } from "./hub-transport.ts";
import { isCommit } from "./repository-names.ts";

// A repository of 10,000 files, with all that the hub tells about them, stays far below.
const maxListingBytes = 64 * 2 ** 20;

/** One file of one commit. */
export interface HubFile {
  repository: string;
  commit: string;
  path: string;
  /** Sha256 or git blob id in hex if the hub sends it, else something opaque; undefined if it sends nothing. */
  etag: string | undefined;
  sizeBytes: number | undefined;
}

/** An answer whose body nobody has read yet. Reading it fails if the hub is silent for too long. */
export interface HubBody {
  /** 200: the body starts at byte 0. 206: it starts at the offset. 416: there is nothing at the offset. */
  status: number;
  /** Chunks as they arrive; none for 416. @throws RerankError `download` (retryable) if the connection is cut or silent, `aborted` */
  chunks: AsyncIterable<Uint8Array>;
}

/**
 * Asks for a file's commit, hash and size.
 *
 * @returns undefined if the repository has no such file
 * @throws RerankError `unknown-model` for no such repository or revision, `download` for everything else
 */
export async function headFile(access: HubAccess, repository: string, revision: string, path: string): Promise<HubFile | undefined> {
  const url = fileUrl(access, repository, revision, path);
  const exchanges = await send(access, { method: "HEAD", url, isEnough: ({ headers }) => headers.has("x-linked-etag") });
  const last = exchanges.at(-1) as Exchange;
  last.limit.stop();
  if (isMissingEntry(last.response)) return undefined;
  if (last.response.status >= 400) throw statusError("HEAD", url, last.response);

  const header = (name: string): string | undefined =>
    exchanges.map(({ response }) => response.headers.get(name) ?? "").findLast((value) => value !== "");
  const commit = header("x-repo-commit") ?? (isCommit(revision) ? revision : undefined);
  if (commit === undefined || !isCommit(commit)) {
    const what = `hub: ${shownUrl(url)} answered without the commit of the file, so it is no Hugging Face hub`;
    throw new RerankError("download", `${what}. Check HF_ENDPOINT.`, { status: last.response.status });
  }
  // An ETag of another origin is the CDN's own, and not a hash that the hub vouches for.
  const isOwn = new URL(last.url).origin === new URL(access.endpoint).origin && last.response.ok;
  const etag = header("x-linked-etag") ?? (isOwn ? (last.response.headers.get("etag") ?? undefined) : undefined);
  const size = toSize(header("x-linked-size")) ?? (last.response.ok ? lengthOf(last.response) : undefined);
  return { repository, commit, path, etag: etag?.replace(/^W\//, "").replaceAll('"', ""), sizeBytes: size };
}

/**
 * Opens a file for reading.
 *
 * @param offset bytes already on this machine; 0 asks for the whole file
 * @throws RerankError `download`
 */
export async function openFile(access: HubAccess, file: HubFile, offset: number): Promise<HubBody> {
  const url = fileUrl(access, file.repository, file.commit, file.path);
  const range: Record<string, string> = offset === 0 ? {} : { range: `bytes=${offset}-` };
  const last = (await send(access, { method: "GET", url, headers: range })).at(-1) as Exchange;
  const { response, limit } = last;
  if (response.status >= 400 && response.status !== 416) {
    limit.stop();
    throw statusError("GET", url, response);
  }
  const fault = faultOf(last, file, offset);
  if (fault !== undefined || response.status === 416) {
    limit.stop();
    await response.body?.cancel();
  }
  if (fault !== undefined) throw fault;
  return { status: response.status, chunks: response.status === 416 ? noChunks() : readChunks(access, last) };
}

/** What the headers of an answer reveal to be wrong, before its body is read. */
function faultOf({ url, response }: Exchange, { path, repository, sizeBytes }: HubFile, offset: number): RerankError | undefined {
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

/** The .onnx files of a repository, sorted; undefined if the hub does not list them. */
export async function listOnnxFiles(access: HubAccess, repository: string, revision: string): Promise<string[] | undefined> {
  const url = `${access.endpoint}/api/models/${repository}/revision/${encodeURIComponent(revision)}`;
  const last = (await send(access, { method: "GET", url })).at(-1) as Exchange;
  const { response, limit } = last;
  if (!response.ok) {
    limit.stop();
    await response.body?.cancel();
    return undefined;
  }
  const names = parseListing(url, await readListing(access, last));
  return names.filter((name) => typeof name === "string" && name.endsWith(".onnx")).sort() as string[];
}

async function readListing(access: HubAccess, { url, response, limit }: Exchange): Promise<string> {
  try {
    return (await readText(response, maxListingBytes)).text;
  } catch (cause) {
    throw failedRequest(access, "GET", noAnswer(url, limit, cause));
  } finally {
    limit.stop();
  }
}

function parseListing(url: string, text: string): unknown[] {
  try {
    const { siblings = [] } = JSON.parse(text) as { siblings?: { rfilename?: unknown }[] };
    return siblings.map((sibling) => sibling.rfilename);
  } catch (cause) {
    throw networkError("GET", url, cause);
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

/** The length of a body after decompression; unknown for a compressed one. */
function lengthOf({ headers }: Response): number | undefined {
  return headers.has("content-encoding") ? undefined : toSize(headers.get("content-length") ?? undefined);
}

function toSize(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
