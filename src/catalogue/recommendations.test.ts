import { expect, it } from "vitest";
import type { Preset, QualityFigure } from "../types.ts";
import { listPresets } from "./catalogue.ts";
import { comparedBenchmark } from "./quality.ts";
import { recommend } from "./recommendations.ts";

const small = "English, small (up to 100 MB)";
const figure = (value: number, measuredBy: QualityFigure["measuredBy"] = "third party"): QualityFigure => ({
  benchmark: comparedBenchmark,
  metric: "nDCG@10",
  value,
  measuredBy,
  source: "",
});
const presetOf = (name: string, facts: Partial<Preset>): Preset => ({ ...listPresets()[1]!, name, ...facts });

it("recommends the best measured preset of those that fit, never one whose license forbids commercial use", () => {
  const presets = [
    presetOf("forbidden", { quality: [figure(0.9)], commercialUse: false }),
    presetOf("large", { quality: [figure(0.8)], sizeBytes: 500e6 }),
    presetOf("unmeasured", { quality: [] }),
    presetOf("equal", { quality: [figure(0.7)], sizeBytes: 60e6 }),
    presetOf("best", { quality: [figure(0.7)], sizeBytes: 50e6 }),
    presetOf("own", { quality: [figure(0.85, "publisher")], sizeBytes: 600e6 }),
  ];
  const byNeed = Object.fromEntries(recommend(presets).map(({ need, preset }) => [need, preset.name]));
  expect(byNeed).toEqual({
    [small]: "best",
    "English, best": "own",
    "English, best up to 1 GB by a third party's figures": "large",
  });
});

it("never recommends a preset that a smaller one outdoes for the same need", () => {
  for (const { need, preset, figure: chosen } of recommend(listPresets())) {
    expect(preset.name, need).not.toBe("balanced");
    expect(chosen.value, need).toBeGreaterThan(0.5);
  }
});
