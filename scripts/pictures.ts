/**
 * The pictures of README.md, as SVG texts: speeds from measurements, and a terminal from the output of a command.
 *
 * Each is drawn for a light and for a dark page, narrow enough to be read on a phone.
 */

/** What `bench/peers/run.mjs` measured; `bench/peers/results.json` is such a file. */
export interface PeerResults {
  /** Day of the run, `YYYY-MM-DD`. */
  date: string;
  /** Name of the processor, cores, and version of Node. */
  processor: string;
  /** What else a reader has to know of the machine; may be empty. */
  remark: string;
  rounds: number;
  /** Version of each contender, by its name. */
  versions: Record<string, string>;
  /** Contender → largest difference of a logit from the reference's. */
  largest: Record<string, number>;
  /** Contender → list of documents → pairs a second in each round. */
  speeds: Record<string, Record<string, number[]>>;
}

export type Theme = "light" | "dark";

interface Colors {
  page: string;
  edge: string;
  text: string;
  muted: string;
  accent: string;
  other: string;
  terminal: string;
}

const colors: Record<Theme, Colors> = {
  light: { page: "#ffffff", edge: "#d1d9e0", text: "#1f2328", muted: "#59636e", accent: "#0a7ea4", other: "#b6bfc8", terminal: "#0e7490" },
  dark: { page: "#0d1117", edge: "#3d444d", text: "#f0f6fc", muted: "#9198a1", accent: "#2fb7dd", other: "#4c5560", terminal: "#39c5e0" },
};

const width = 500;
const sans = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";
const mono = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace";

const labels: Record<string, string> = {
  "crossrank-fp32": "crossrank",
  "crossrank-int8": "crossrank, int8",
  "sentence-transformers": "sentence-transformers",
  flashrank: "FlashRank",
  fastembed: "fastembed",
  "transformers-js": "transformers.js",
  "openvino-f32": "OpenVINO",
  "openvino-bf16": "OpenVINO, bf16",
};
/** Contenders whose arithmetic is that of the published model, and those that round more. */
const groups = [
  {
    title: "32-bit floats: the same logits",
    names: ["crossrank-fp32", "openvino-f32", "sentence-transformers", "fastembed", "transformers-js", "flashrank"],
  },
  { title: "8 or 16 bits: faster, with other logits", names: ["openvino-bf16", "crossrank-int8"] },
];

/** Bars of the median pairs a second on the list `passages`. The thin line spans the slowest and the fastest round. */
export function drawSpeeds(results: PeerResults, theme: Theme): string {
  const { text, muted, accent, other } = colors[theme];
  const rows = groups.map(({ title, names }) => ({ title, bars: names.map((name) => barOf(results, name)) }));
  const longest = Math.max(...rows.flatMap(({ bars }) => bars.map(({ max }) => max)));
  const left = 188;
  const scale = (width - left - 64) / longest;
  const parts = [
    label(20, 34, "Passages a second", { size: 19, weight: 600, fill: text }),
    label(20, 56, "One model (MiniLM-L6), one machine, 100 passages of ~140 tokens", { size: 13.5, fill: muted }),
  ];
  let y = 70;
  for (const { title, bars } of rows) {
    y += 22;
    parts.push(label(20, y, title, { size: 13.5, weight: 600, fill: text }));
    y += 8;
    for (const { name, median, min, max } of bars) {
      const isOurs = name.startsWith("crossrank");
      const fill = isOurs ? accent : other;
      const middle = y + 14;
      parts.push(
        label(left - 10, middle + 5, labels[name]!, { size: 14, weight: isOurs ? 600 : 400, fill: text, anchor: "end" }),
        `<rect x="${left}" y="${y + 3}" width="${pixels(median * scale)}" height="22" rx="3" fill="${fill}"/>`,
        `<path d="M${pixels(left + min * scale)} ${middle}H${pixels(left + max * scale)}" stroke="${text}" stroke-width="1.5"/>`,
        label(left + max * scale + 8, middle + 5, String(Math.round(median)), { size: 15, weight: isOurs ? 600 : 400, fill: text }),
      );
      y += 30;
    }
  }
  const processor = results.processor.replace(/, Node .*/, "");
  parts.push(
    label(20, y + 22, `${processor}; ${results.date}; median of ${results.rounds} rounds, in turns`, { size: 12, fill: muted }),
    label(20, y + 40, "Thin lines: slowest to fastest round. Data: bench/peers/results.json", { size: 12, fill: muted }),
  );
  const shown = rows.flatMap(({ bars }) => bars.map(({ name, median }) => `${labels[name]} ${Math.round(median)}`));
  return picture(width, y + 56, theme, `Passages a second: ${shown.join(", ")}`, parts);
}

const column = 8.1;
const row = 21;

/**
 * A terminal window.
 *
 * @param lines what a terminal shows; cyan comes as the escape codes 36 and 39, bars as block characters
 */
export function drawTerminal(lines: readonly string[], theme: Theme): string {
  const { text, muted, edge } = colors[theme];
  const columns = Math.max(...lines.map((line) => plain(line).length));
  const top = 58;
  const parts = [
    `<path d="M0 34H${pixels(columns * column + 40)}" stroke="${edge}"/>`,
    ...[20, 38, 56].map((x) => `<circle cx="${x}" cy="17" r="5" fill="${edge}"/>`),
  ];
  for (const [index, line] of lines.entries()) parts.push(...terminalLine(line, top + index * row, theme, text, muted));
  const summary = `Terminal: ${plain(lines[0]!)}`;
  return picture(columns * column + 40, top + (lines.length - 1) * row + 22, theme, summary, parts);
}

function terminalLine(line: string, y: number, theme: Theme, text: string, muted: string): string[] {
  const parts: string[] = [];
  let at = 0;
  let isCyan = false;
  for (const piece of line.split(/(\p{Cc}\[\d+m|[█▉▊▋▌▍▎▏]+| {2,}|^\$)/u)) {
    if (piece.startsWith("\u001b")) isCyan = piece === "\u001b[36m";
    else {
      const x = 20 + at * column;
      if (/^[█-▏]/.test(piece)) {
        const share = [...piece].reduce((sum, block) => sum + (0x2590 - block.codePointAt(0)!) / 8, 0);
        parts.push(`<rect x="${pixels(x)}" y="${y - 13}" width="${pixels(share * column)}" height="17" fill="${colors[theme].terminal}"/>`);
      } else if (piece.trim() !== "") {
        const fill = isCyan ? colors[theme].terminal : piece === "$" ? muted : text;
        // SVG drops leading spaces.
        const word = piece.trimStart();
        const start = x + (piece.length - word.length) * column;
        parts.push(label(start, y, word, { size: 13.5, fill, family: mono, length: word.length * column }));
      }
      at += piece.length;
    }
  }
  return parts;
}

function barOf({ speeds }: PeerResults, name: string): { name: string; median: number; min: number; max: number } {
  const rounds = [...speeds[name]!.passages!].sort((a, b) => a - b);
  return { name, median: rounds[Math.floor(rounds.length / 2)]!, min: rounds[0]!, max: rounds.at(-1)! };
}

interface LabelOptions {
  size: number;
  fill: string;
  weight?: number;
  anchor?: "end";
  family?: string;
  /** Pixels that the text must take, whatever font is there. */
  length?: number;
}

function label(x: number, y: number, text: string, { size, fill, weight, anchor, family = sans, length }: LabelOptions): string {
  const attributes = [
    `x="${pixels(x)}" y="${pixels(y)}" font-size="${size}" fill="${fill}" font-family="${family}"`,
    weight === undefined ? "" : `font-weight="${weight}"`,
    anchor === undefined ? "" : `text-anchor="${anchor}"`,
    length === undefined ? "" : `textLength="${pixels(length)}" lengthAdjust="spacingAndGlyphs"`,
  ];
  return `<text ${attributes.filter((part) => part !== "").join(" ")}>${escapeXml(text)}</text>`;
}

function picture(columns: number, height: number, theme: Theme, title: string, parts: readonly string[]): string {
  const { page, edge } = colors[theme];
  const [w, h] = [Math.ceil(columns), Math.ceil(height)];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect x="0.5" y="0.5" width="${w - 1}" height="${h - 1}" rx="8" fill="${page}" stroke="${edge}"/>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}

function plain(line: string): string {
  return line.replace(/\p{Cc}\[\d+m/gu, "");
}

function pixels(number: number): string {
  return String(Math.round(number * 10) / 10);
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
