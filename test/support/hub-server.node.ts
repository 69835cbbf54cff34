/**
 * A hub on this machine that answers like huggingface.co: small files itself, large ones by a redirect to a second origin (the "CDN").
 *
 * It records all requests, and fails on demand; see {@link Faults}.
 */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One repository, at one commit. Replace the object in `Hub.repositories` to move its branch. */
export interface HubRepository {
  /** By path in the repository. */
  files: Record<string, Buffer>;
  /** @default a hash of the files, so that changed files are another commit */
  commit?: string;
  /** Branches and tags that point to the commit. @default ["main"] */
  revisions?: readonly string[];
  /** Token for access. Requests without it get the error that asks to accept the terms. */
  gatedBy?: string;
  /** Like a mirror by Artifactory: it answers every file itself, with its SHA-1 as the ETag. */
  isArtifactory?: boolean;
}

/** What goes wrong; lists and counts are used up, one entry for each body or request, in order. */
export interface Faults {
  /** Answers to the next requests to the hub (not the CDN), instead of the right ones. */
  answers: { status: number; headers?: Record<string, string> }[];
  /** The next bodies end, with the connection, after so many bytes. */
  cuts: number[];
  /** The next bodies fall silent after so many bytes. */
  stalls: number[];
  /** So many of the next bodies have their first byte changed. */
  corruptions: number;
  /** Every body ends, with the connection, after so many bytes. */
  cutsAll: number | undefined;
  /** What large files are said to have, instead of their size. */
  saidSize: number | undefined;
  /** Bodies come in chunks, without a length. */
  hidesLength: boolean;
  /** Answers the whole file to whoever asks for a part. */
  ignoresRange: boolean;
  /** Pause before each 16 kB of a body. */
  slowMs: number;
}

/** One request as it arrived. */
export interface RecordedRequest {
  server: "hub" | "cdn";
  method: string;
  /** Path and query. */
  path: string;
  authorization: string | undefined;
  range: string | undefined;
}

/** A running hub. */
export interface Hub {
  /** For HF_ENDPOINT. */
  url: string;
  cdnUrl: string;
  repositories: Record<string, HubRepository>;
  requests: RecordedRequest[];
  faults: Faults;
  /** Commit of a repository as it is now. */
  commitOf(repository: string): string;
  close(): Promise<void>;
}

/** What the hub holds. */
export interface HubOptions {
  repositories: Record<string, HubRepository>;
  /** Old name → new name, answered by a redirect on the same origin. */
  renamed?: Record<string, string>;
}

/** Starts a hub and its CDN on free ports of 127.0.0.1. */
export async function startHub(options: HubOptions): Promise<Hub> {
  const requests: RecordedRequest[] = [];
  const lasting = { cutsAll: undefined, saidSize: undefined, hidesLength: false };
  const faults: Faults = { answers: [], cuts: [], stalls: [], corruptions: 0, ignoresRange: false, slowMs: 0, ...lasting };
  const { repositories, renamed = {} } = options;
  const state: State = { repositories, renamed, faults, cdnUrl: "" };
  const record = (server: "hub" | "cdn", request: IncomingMessage): void => {
    const { authorization, range } = request.headers;
    requests.push({ server, method: request.method ?? "", path: request.url ?? "", authorization, range });
  };
  const cdn = await listen((request, response) => {
    record("cdn", request);
    return answerCdn(state, request, response);
  });
  const hub = await listen((request, response) => {
    record("hub", request);
    return answerHub(state, request, response);
  });
  state.cdnUrl = cdn.url;
  return {
    url: hub.url,
    cdnUrl: cdn.url,
    repositories,
    requests,
    faults,
    commitOf: (name) => commitOf(repositories[name] as HubRepository),
    close: async () => {
      await Promise.all([hub.close(), cdn.close()]);
    },
  };
}

interface State {
  repositories: Record<string, HubRepository>;
  renamed: Record<string, string>;
  faults: Faults;
  cdnUrl: string;
}

type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

async function answerHub(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = decodeURIComponent(new URL(request.url ?? "/", "http://hub").pathname);
  const fault = state.faults.answers.shift();
  if (fault !== undefined) return refuse(response, fault.status, fault.headers);
  const match = /^(\/api\/models)?\/([^/]+(?:\/[^/]+)?)\/(resolve|revision)\/(.+)$/.exec(path);
  if (match === null) return refuse(response, 404);
  const [, api = "", name = "", , rest = ""] = match;
  const newName = state.renamed[name];
  if (newName !== undefined) return refuse(response, 307, { location: (request.url ?? "").replace(name, newName) });

  const repository = state.repositories[name];
  // The hub does not tell strangers whether a private repository exists.
  if (repository === undefined) return refuse(response, 401, { "x-error-code": "RepoNotFound" });
  if (repository.gatedBy !== undefined && request.headers.authorization !== `Bearer ${repository.gatedBy}`) {
    return refuse(response, 403, { "x-error-code": "GatedRepo" });
  }
  const commit = commitOf(repository);
  const revision = [commit, ...(repository.revisions ?? ["main"])].find((known) => rest === known || rest.startsWith(`${known}/`));
  if (revision === undefined) return refuse(response, 404, { "x-error-code": "RevisionNotFound" });
  if (api !== "") {
    const siblings = Object.keys(repository.files).map((rfilename) => ({ rfilename }));
    response.end(JSON.stringify({ sha: commit, siblings }));
    return;
  }
  const file = repository.files[rest.slice(revision.length + 1)];
  if (file === undefined) return refuse(response, 404, { "x-error-code": "EntryNotFound", "x-repo-commit": commit });
  response.setHeader("x-repo-commit", commit);
  if (repository.isArtifactory) {
    response.setHeader("etag", createHash("sha1").update(file).digest("hex"));
    return sendBody(state.faults, request, response, file);
  }
  if (!isLarge(rest)) {
    response.setHeader("etag", `"${gitBlobId(file)}"`);
    return sendBody(state.faults, request, response, file);
  }
  const sha256 = createHash("sha256").update(file).digest("hex");
  refuse(response, 302, {
    location: `${state.cdnUrl}/${sha256}?signature=secret`,
    "x-linked-etag": `"${sha256}"`,
    "x-linked-size": String(state.faults.saidSize ?? file.length),
  });
}

async function answerCdn(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const wanted = new URL(request.url ?? "/", "http://cdn").pathname.slice(1);
  const files = Object.values(state.repositories).flatMap((repository) => Object.values(repository.files));
  const file = files.find((candidate) => createHash("sha256").update(candidate).digest("hex") === wanted);
  if (file === undefined) return refuse(response, 404);
  // Like the real one: a tag of its own, which is no hash of the file.
  response.setHeader("etag", '"cdn-tag"');
  return sendBody(state.faults, request, response, file);
}

async function sendBody(faults: Faults, request: IncomingMessage, response: ServerResponse, file: Buffer): Promise<void> {
  const offset = faults.ignoresRange ? 0 : Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
  const total = faults.hidesLength ? "*" : file.length;
  if (offset > 0 && offset >= file.length) return refuse(response, 416, faults.hidesLength ? {} : { "content-range": `bytes */${total}` });
  let body = file.subarray(offset);
  response.statusCode = offset > 0 ? 206 : 200;
  if (offset > 0) response.setHeader("content-range", `bytes ${offset}-${file.length - 1}/${total}`);
  if (!faults.hidesLength || request.method === "HEAD") response.setHeader("content-length", body.length);
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  if (faults.corruptions > 0) {
    faults.corruptions -= 1;
    body = Buffer.from(body);
    body[0] = (body[0] as number) ^ 0xff;
  }
  const cut = faults.cuts.shift() ?? faults.cutsAll;
  const stall = cut === undefined ? faults.stalls.shift() : undefined;
  const end = cut ?? stall ?? body.length;
  response.flushHeaders();
  const step = faults.slowMs === 0 ? Math.max(1, end) : 16_384;
  for (let start = 0; start < end; start += step) {
    if (faults.slowMs > 0) await new Promise((resolve) => setTimeout(resolve, faults.slowMs));
    await new Promise((resolve) => response.write(body.subarray(start, Math.min(end, start + step)), resolve));
  }
  if (cut !== undefined) response.socket?.end();
  else if (stall === undefined) response.end();
}

function refuse(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, headers);
  response.end();
}

async function listen(answer: Answer): Promise<{ url: string; close(): Promise<void> }> {
  const server: Server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What the hub keeps in LFS. */
function isLarge(path: string): boolean {
  return /\.(?:onnx|onnx_data|data|safetensors)$/.test(path);
}

function commitOf(repository: HubRepository): string {
  if (repository.commit !== undefined) return repository.commit;
  const hash = createHash("sha1");
  for (const [path, bytes] of Object.entries(repository.files)) hash.update(path).update("\0").update(bytes);
  return hash.digest("hex");
}

function gitBlobId(file: Buffer): string {
  return createHash("sha1").update(`blob ${file.length}\0`).update(file).digest("hex");
}
