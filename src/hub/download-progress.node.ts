/** A progress bar on stderr. It writes synchronously, so that it also works in a thread while the main thread waits. */
import { writeSync } from "node:fs";
import { isatty } from "node:tty";
import { toOneSafeLine } from "../printable.ts";
import type { DownloadProgress } from "./download.node.ts";
import { isColorUnwanted } from "./environment.node.ts";

/** Shows downloads one after the other. */
export interface ProgressBar {
  /** For `downloadModel`'s `onProgress`. */
  update: (progress: DownloadProgress) => void;
  /** Ends the last line. Call it after a failure too. */
  end(): void;
}

/** Where and how a bar is drawn. */
export interface ProgressBarOptions {
  /** @default standard error */
  write?: (text: string) => void;
  /** Whether the line can be rewritten; if not, a file gets a line at its start and at each quarter. @default whether stderr is a terminal */
  isTerminal?: boolean;
  /** @default unless NO_COLOR is set */
  color?: boolean;
  /** Milliseconds on a steady clock. @default performance.now */
  now?: () => number;
}

const barCells = 24;
const redrawMs = 100;
// Smaller files, such as configurations, are not shown: nobody waits for them.
const minShownBytes = 1_000_000;

/** A bar that shows files of 1 MB or more. */
export function createProgressBar(options: ProgressBarOptions = {}): ProgressBar {
  const { write = writeToStderr, isTerminal = isatty(2), color = !isColorUnwanted(), now = () => performance.now() } = options;
  let file: { name: string; startMs: number; startBytes: number; drawnMs: number; quarter: number } | undefined;
  let isLineOpen = false;

  const closeLine = (): void => {
    if (isLineOpen) write("\n");
    isLineOpen = false;
  };

  const update = ({ file: path, receivedBytes, totalBytes }: DownloadProgress): void => {
    const name = toOneSafeLine(path);
    if ((totalBytes ?? receivedBytes) < minShownBytes) return;
    if (file?.name !== name) {
      closeLine();
      file = { name, startMs: now(), startBytes: receivedBytes, drawnMs: Number.NEGATIVE_INFINITY, quarter: -1 };
    }
    const share = totalBytes === undefined ? undefined : Math.min(1, receivedBytes / totalBytes);
    if (isTerminal) {
      if (share !== 1 && now() - file.drawnMs < redrawMs) return;
      file.drawnMs = now();
      const rate = (receivedBytes - file.startBytes) / Math.max(0.001, (now() - file.startMs) / 1000);
      write(`\r\u001b[2K${drawLine(name, receivedBytes, totalBytes, rate, color)}`);
      isLineOpen = true;
      return;
    }
    const quarter = Math.floor((share ?? 0) * 4);
    if (quarter === file.quarter) return;
    file.quarter = quarter;
    write(`downloading ${name}: ${formatAmount(receivedBytes, totalBytes)}${share === undefined ? "" : ` (${percent(share)})`}\n`);
  };

  return { update, end: closeLine };
}

function drawLine(name: string, received: number, total: number | undefined, bytesPerSecond: number, color: boolean): string {
  // Cut from the left, because the end of a path identifies the file. The line stays below 80 columns.
  const label = name.length > 20 ? `…${name.slice(-19)}` : name;
  const rate = `${formatBytes(bytesPerSecond)}/s`;
  if (total === undefined) return `${label} ${formatBytes(received)} ${rate}`;
  const filled = Math.round((barCells * Math.min(received, total)) / total);
  const bar = "█".repeat(filled) + "░".repeat(barCells - filled);
  const painted = color ? `\u001b[36m${bar}\u001b[39m` : bar;
  return `${label} ${painted} ${percent(received / total)} ${formatAmount(received, total)} ${rate}`;
}

function formatAmount(received: number, total: number | undefined): string {
  return total === undefined ? formatBytes(received) : `${formatBytes(received)} of ${formatBytes(total)}`;
}

function percent(share: number): string {
  return `${Math.floor(share * 100)}%`;
}

/** A number of bytes in decimal units, as the hub shows sizes: "91 MB", "1.11 GB". */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  const digits = power === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${Number(value.toFixed(digits))} ${units[power]}`;
}

function writeToStderr(text: string): void {
  try {
    writeSync(2, text);
  } catch {
    // A full pipe or a closed terminal: a bar that misses a step is no reason to fail a download.
  }
}
