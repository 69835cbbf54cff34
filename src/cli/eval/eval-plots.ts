/** Plots of a comparison as inline SVG, colored by the page's style. */
import type { MeasureComparison, QueryChange } from "../../eval/evaluate.ts";
import type { ThresholdPoint, ThresholdSweep } from "../../eval/threshold.ts";

// Units of the view box; the page scales it.
const width = 720;
const left = 110;
const right = 24;

/** Escapes text for HTML content and attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** One row per measure: the means of both systems with their intervals, on an axis from 0 to 1. */
export function plotMeasures(measures: readonly MeasureComparison[], labels: readonly [string, string]): string {
  const rowHeight = 44;
  const bottom = 20 + measures.length * rowHeight;
  const x = scale(0, 1);
  const grid = [0, 0.25, 0.5, 0.75, 1].map(
    (value) => vertical(x(value), 8, bottom) + label(x(value), bottom + 18, value.toFixed(2), "middle"),
  );
  const rows = measures.map(({ measure, first, second }, row) => {
    const middle = 20 + row * rowHeight + rowHeight / 2;
    const mark = (estimate: typeof first, name: string, kind: string, y: number): string => {
      const title = `${name}: ${estimate.mean.toFixed(4)} (95 %: ${estimate.low.toFixed(4)} … ${estimate.high.toFixed(4)})`;
      const line = `<line x1="${at(x(estimate.low))}" x2="${at(x(estimate.high))}" y1="${y}" y2="${y}"/>`;
      return `<g class="${kind}"><title>${escapeHtml(title)}</title>${line}<circle cx="${at(x(estimate.mean))}" cy="${y}" r="5"/></g>`;
    };
    return (
      label(left - 12, middle + 4, measure, "end") +
      mark(first, labels[0], "first", middle - 7) +
      mark(second, labels[1], "second", middle + 7)
    );
  });
  return svg(bottom + 26, `Means of ${labels[0]} and ${labels[1]} with 95 % intervals`, [...grid, ...rows]);
}

/** Every query's change, from the greatest gain to the greatest loss. */
export function plotChanges(changes: readonly QueryChange[], measure: string): string {
  const [top, bottom] = [14, 214];
  const differences = changes.map(({ first, second }) => second - first);
  const largest = Math.max(0.05, ...differences.map(Math.abs).slice(0, 1), Math.abs(differences.at(-1) ?? 0));
  const x = scale(0, Math.max(1, differences.length));
  const y = (value: number): number => top + ((largest - value) / (2 * largest)) * (bottom - top);
  const grid = [largest, largest / 2, 0, -largest / 2, -largest].map((value) => {
    const line = `<line class="${value === 0 ? "axis" : "grid"}" x1="${left}" x2="${width - right}" y1="${at(y(value))}" y2="${at(y(value))}"/>`;
    return line + label(left - 12, y(value) + 4, `${value > 0 ? "+" : value < 0 ? "−" : ""}${Math.abs(value).toFixed(2)}`, "end");
  });
  // Two paths with steps, one for gains and one for losses: one shape per query would make pages of megabytes.
  const area = (keep: (value: number) => boolean): string => {
    const steps = differences.map((value, index) => `H${at(x(index))}V${at(y(keep(value) ? value : 0))}`).join("");
    return `M${left} ${at(y(0))}${steps}H${at(x(differences.length))}V${at(y(0))}Z`;
  };
  const shapes = [`<path class="gain" d="${area((value) => value > 0)}"/>`, `<path class="loss" d="${area((value) => value < 0)}"/>`];
  const axis = label((left + width - right) / 2, bottom + 22, `${differences.length} queries`, "middle");
  return svg(bottom + 32, `Change of ${measure} for each query`, [...grid, ...shapes, axis]);
}

/** Precision, recall and F1 over the thresholds, with a mark at the recommended one. */
export function plotThresholds({ points, recommended }: ThresholdSweep): string {
  const [top, bottom] = [14, 234];
  const [minimum, maximum] = [points[0]!.threshold, points.at(-1)!.threshold];
  const x = scale(minimum, maximum === minimum ? minimum + 1 : maximum);
  const y = (value: number): number => bottom - value * (bottom - top);
  const grid = [0, 0.25, 0.5, 0.75, 1].map(
    (value) =>
      `<line class="grid" x1="${left}" x2="${width - right}" y1="${at(y(value))}" y2="${at(y(value))}"/>${label(left - 12, y(value) + 4, value.toFixed(2), "end")}`,
  );
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const threshold = minimum + share * (maximum - minimum);
    return label(x(threshold), bottom + 20, threshold.toFixed(2), "middle");
  });
  const line = (kind: string, shareOf: (point: ThresholdPoint) => number): string => {
    const shown = points.map((point) => `${at(x(point.threshold))},${at(y(shareOf(point)))}`);
    return `<polyline class="${kind}" points="${shown.join(" ")}"/>`;
  };
  const lines = [line("first", ({ precision }) => precision), line("second", ({ recall }) => recall), line("third", ({ f1 }) => f1)];
  const mark =
    recommended === undefined || recommended.threshold < minimum || recommended.threshold > maximum
      ? ""
      : `<line class="mark" x1="${at(x(recommended.threshold))}" x2="${at(x(recommended.threshold))}" y1="${top}" y2="${bottom}"/>`;
  return svg(bottom + 44, "Precision, recall and F1 by threshold", [
    ...grid,
    ...ticks,
    mark,
    ...lines,
    label((left + width - right) / 2, bottom + 40, "threshold", "middle"),
  ]);
}

function scale(from: number, to: number): (value: number) => number {
  return (value) => left + ((value - from) / (to - from)) * (width - right - left);
}

function vertical(x: number, top: number, bottom: number): string {
  return `<line class="grid" x1="${at(x)}" x2="${at(x)}" y1="${top}" y2="${bottom}"/>`;
}

function label(x: number, y: number, text: string, anchor: "end" | "middle"): string {
  return `<text x="${at(x)}" y="${at(y)}" text-anchor="${anchor}">${escapeHtml(text)}</text>`;
}

function svg(height: number, title: string, parts: readonly string[]): string {
  const name = escapeHtml(title);
  return `<div class="wide" tabindex="0"><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${name}">${parts.join("")}</svg></div>`;
}

function at(value: number): string {
  return String(Math.round(value * 10) / 10);
}
