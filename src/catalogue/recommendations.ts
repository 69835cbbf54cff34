/** Which preset to use for which need. It is computed from the published figures, so that the advice always agrees with them. */
import type { Preset, QualityFigure } from "../types.ts";
import { comparedBenchmark } from "./quality.ts";

/** A need, and the preset that is best for it. */
export interface Recommendation {
  /** For people: `English, small`. */
  need: string;
  preset: Preset;
  /** The figure by which it was chosen. */
  figure: QualityFigure;
}

interface Need {
  need: string;
  /** The benchmark whose figures are compared. */
  benchmark: string;
  fits(preset: Preset): boolean;
  /** Whether to use figures that the model's own publisher measured. @default true */
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
 * A need without a measured preset is left out.
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
    // For equal figures, the smaller model.
    measured.sort((left, right) => right.figure.value - left.figure.value || left.preset.sizeBytes - right.preset.sizeBytes);
    return measured.slice(0, 1);
  });
}
