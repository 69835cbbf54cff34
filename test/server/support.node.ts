/** A server in a process of its own, raw connections to it, and what must hold after whatever was done to it. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect } from "vitest";
import { makeFolder, root } from "../support/command.node.ts";

/** In every query, document and key that the hostile tests send; it must never come out in a log. */
export const marker = "zqmarkerqz";
/** Nothing takes longer, on a machine that is busy with other things too. */
export const deadlineMs = 20_000;

export const query: string = `${marker} how to train a dog`;
export const documents: readonly string[] = [
  `${marker} cats are independent`,
  `dog training requires patience ${marker}`,
  `${marker} birds`,
];
export const json: Record<string, string> = { "content-type": "application/json" };

/** A server under test. */
export interface ServerProcess {
  url: string;
  port: number;
  child: ChildProcess;
  /** Lines of its log so far. */
  log: Record<string, unknown>[];
  /** All that it wrote so far, to either stream. */
  output(): string;
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/** What {@link startServer} starts. */
export interface ServerStart {
  args?: readonly string[];
  env?: Record<string, string>;
  /** @default the built one */
  cli?: string;
  /** Most data, MB, that the system gives the process; it dies when it asks for more. @default no limit */
  dataLimitMb?: number;
}

/** Starts a server on a free port that downloads nothing and finds no model but the bundled one; resolves when it is ready. */
export async function startServer(start: ServerStart = {}): Promise<ServerProcess> {
  const { args = [], env = {}, cli = join(root, "dist/cli.js"), dataLimitMb } = start;
  const port = args.includes("--port") ? [] : ["--port", "0"];
  const folder = makeFolder();
  const isolation = { CROSSRANK_CACHE: folder, HF_HOME: folder, HF_ENDPOINT: "http://127.0.0.1:1", CROSSRANK_API_KEYS: "" };
  const command = [process.execPath, cli, "serve", "--no-download", ...port, ...args];
  const limited = dataLimitMb === undefined ? [] : ["sh", "-c", `ulimit -d ${Math.ceil(dataLimitMb * 1024)}; exec "$@"`, "sh"];
  const [program, ...rest] = [...limited, ...command];
  const child = spawn(program!, rest, {
    env: { ...process.env, ...isolation, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const log: Record<string, unknown>[] = [];
  let written = "";
  child.stderr!.setEncoding("utf8").on("data", (chunk: string) => {
    written += chunk;
  });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
    child.once("close", (code, signal) => resolve({ code, signal })),
  );
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout! }).on("line", (line) => {
      written += `${line}\n`;
      const entry = JSON.parse(line) as Record<string, unknown>;
      log.push(entry);
      if (entry.msg === "ready") resolve(entry.url as string);
    });
    void ended.then(({ code, signal }) => reject(new Error(`the server ended with ${code ?? signal}: ${written}`)));
  });
  return { url, port: Number(new URL(url).port), child, log, output: () => written, ended };
}

/** Ends a server and looks at what it leaves: exit code 0 before long, nothing on standard error, and no marker. */
export async function stopServer(server: ServerProcess): Promise<void> {
  const startedMs = performance.now();
  server.child.kill("SIGTERM");
  expect(await server.ended).toEqual({ code: 0, signal: null });
  // Nothing is under way: a request that was forgotten would hold it for the 30 s of --drain-timeout.
  expect(performance.now() - startedMs).toBeLessThan(15_000);
  expectCleanLog(server);
}

/** Every line was JSON (or reading it had failed), nothing came from elsewhere, and nothing of a request's content is in it. */
export function expectCleanLog(server: ServerProcess): void {
  expect(server.log.length).toBeGreaterThan(2);
  expect(server.output().split("\n").length - 1).toBe(server.log.length);
  expect(server.output()).not.toContain(marker);
}

/** An answer, read to its end. */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

/** Sends a body as it is, or anything else as JSON. */
export async function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const isRaw = typeof body === "string" || body instanceof Uint8Array;
  const init = { method: "POST", headers: { ...json, ...headers }, body: isRaw ? (body as string) : JSON.stringify(body) };
  return answerOf(await fetch(url, { ...init, signal: AbortSignal.timeout(deadlineMs) }));
}

/** A request without a body. */
export async function ask(url: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> {
  return answerOf(await fetch(url, { method, headers, signal: AbortSignal.timeout(deadlineMs) }));
}

async function answerOf(response: Response): Promise<Answer> {
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** A refusal that tells the caller's mistake and nothing of the server: no stack, no file of ours, and not the whole request again. */
export function expectRefusal({ status, text }: Pick<Answer, "status" | "text">, ...statuses: number[]): void {
  expect(statuses, text.slice(0, 300)).toContain(status);
  expectNoInternals(text);
  expect(text.length).toBeLessThan(8000);
}

export function expectNoInternals(text: string): void {
  expect(text.slice(0, 8000)).not.toMatch(/node_modules|node:internal|\.[cm]?[jt]s:\d+|\n\s+at |\b(?:Type|Range|Syntax|Reference)Error\b/);
  expect(text.slice(0, 8000)).not.toContain(root);
}

/** An ordinary request is answered, and rightly. */
export async function expectWorking(url: string, headers: Record<string, string> = {}): Promise<void> {
  const { status, text } = await post(`${url}/rerank`, { query, documents }, headers);
  expect(status, text.slice(0, 300)).toBe(200);
  const { results } = JSON.parse(text) as { results: { index: number; document: string }[] };
  expect(results.map(({ index }) => index).sort()).toEqual([0, 1, 2]);
  expect(results[0]).toMatchObject({ index: 1, document: documents[1] });
}

/** One number of `/metrics`, summed over its labels; 0 where there is none. */
export async function metric(url: string, name: string): Promise<number> {
  const { text } = await ask(`${url}/metrics`);
  const lines = text.split("\n").filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
  return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

/** Resident memory of a server, MB. */
export async function memoryMb({ url }: ServerProcess): Promise<number> {
  return (await metric(url, "process_resident_memory_bytes")) / 1e6;
}

/** What Linux tells of a server's process. */
export function processFigures({ child }: ServerProcess): { peakMb: number; dataMb: number; threads: number } {
  const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
  const read = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)![1]);
  return { peakMb: read("VmHWM") / 1024, dataMb: read("VmData") / 1024, threads: read("Threads") };
}

/** Milliseconds that the main thread of a server has computed so far: what others do on the machine is not in it. */
export function mainThreadMs({ child }: ServerProcess): number {
  return Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/schedstat`, "utf8").split(" ")[0]) / 1e6;
}

/** What came back on a raw connection. */
export interface Exchange {
  text: string;
  /** The server ended the connection before the deadline. */
  isClosed: boolean;
  /** Code of the connection's error, if it had one. */
  error: string | undefined;
}

/** How {@link exchange} goes on. */
export interface ExchangeOptions {
  /** Ends our side after writing. @default false */
  isHalfClosed?: boolean;
  /** Ends the exchange as soon as the answers so far say so. */
  until?: (text: string) => boolean;
  /** Writes more, as it likes, after the first bytes. */
  more?: (socket: Socket) => void;
  /** @default {@link deadlineMs} */
  timeoutMs?: number;
}

/** Writes bytes to a port, and reads until the server closes the connection, `until` is content, or the time is over. */
export function exchange(port: number, bytes: string | Uint8Array, options: ExchangeOptions = {}): Promise<Exchange> {
  const { isHalfClosed = false, until = () => false, more, timeoutMs = deadlineMs } = options;
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    let text = "";
    let error: string | undefined;
    const finish = (isClosed: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ text, isClosed, error });
    };
    const timer = setTimeout(() => finish(false), timeoutMs);
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      text += chunk;
      if (until(text)) finish(false);
    });
    socket.on("error", (cause: NodeJS.ErrnoException) => {
      error = cause.code;
    });
    socket.on("end", () => finish(true));
    socket.on("close", () => finish(true));
    socket.write(bytes);
    if (isHalfClosed) socket.end();
    more?.(socket);
  });
}

/** The text of a request, with its length declared. */
export function requestText(path: string, body: string, headers: readonly string[] = [], method = "POST"): string {
  const length = Buffer.byteLength(body);
  const head = [`${method} ${path} HTTP/1.1`, "Host: localhost", "Content-Type: application/json", `Content-Length: ${length}`, ...headers];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}

/** Statuses in what came back on a connection, in order. */
export function statusesIn(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}
