/** Which preset to use for which need: the best measured one of those that fit, so that the advice cannot differ from the figures. */
import type { Preset, QualityFigure } from "../types.ts";
import { comparedBenchmark } from "./quality.ts";

/** A need with what serves it best. */
export interface Recommendation {
  /** For people: `English, small`. */
  need: string;
  preset: Preset;
  /** What it was chosen by. */
  figure: QualityFigure;
}

interface Need {
  need: string;
  /** Only figures of one benchmark compare. */
  benchmark: string;
  fits(preset: Preset): boolean;
  /** Whether figures that the model's own publisher measured count. @default true */
  countsPublishers?: boolean;
}

const megabyte = 1_000_000;
const multilingualBenchmark = "MMTEB-R (multilingual)";

const isMultilingual = ({ languages }: Preset): boolean => languages.includes("multi") || languages.length > 4;
const isSmallerThan =
  (megabytes: number) =>
  ({ sizeBytes }: Preset): boolean =>
    sizeBytes <= megabytes * megabyte;

const needs: readonly Need[] = [
  { need: "English, small (up to 100 MB)", benchmark: comparedBenchmark, fits: isSmallerThan(100) },
  { need: "English, best", benchmark: comparedBenchmark, fits: () => true },
  {
    need: "English, best up to 1 GB by a third party's figures",
    benchmark: comparedBenchmark,
    fits: isSmallerThan(1000),
    countsPublishers: false,
  },
  { need: "many languages, best", benchmark: multilingualBenchmark, fits: isMultilingual },
  {
    need: "many languages, up to 1.5 GB",
    benchmark: multilingualBenchmark,
    fits: (preset) => isMultilingual(preset) && isSmallerThan(1500)(preset),
  },
  { need: "long documents", benchmark: "MLDR (long documents)", fits: ({ maxLength }) => maxLength >= 4096 },
  { need: "MIT license", benchmark: comparedBenchmark, fits: ({ license }) => license === "MIT" },
];

/**
 * The preset for each need, among those whose license allows commercial use.
 *
 * A need that no measured preset serves is left out.
 */
export function recommend(presets: readonly Preset[]): Recommendation[] {
  return needs.flatMap(({ need, benchmark, fits, countsPublishers = true }) => {
    const measured = presets
      .filter((preset) => preset.commercialUse && fits(preset))
      .flatMap((preset) =>
        preset.quality
          .filter((figure) => figure.benchmark === benchmark && (countsPublishers || figure.measuredBy !== "publisher"))
          .map((figure) => ({ need, preset, figure })),
      );
    // Of equal figures the smaller model's.
    measured.sort((left, right) => right.figure.value - left.figure.value || left.preset.sizeBytes - right.preset.sizeBytes);
    return measured.slice(0, 1);
  });
}
