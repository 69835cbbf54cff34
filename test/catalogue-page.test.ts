/**
 * The tables of models in docs/models.md and README.md say what the catalogue says.
 *
 * `UPDATE_DOCS=1` writes them into their pages.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { comparedBenchmark } from "../src/catalogue/quality.ts";
import { recommend } from "../src/catalogue/recommendations.ts";
import { formatBytes } from "../src/hub/download-progress.node.ts";
import { listPresets, type Preset } from "../src/index.ts";
import { root } from "./support/command.node.ts";
import { expectTable, rowOf } from "./support/tables.node.ts";

const header = "| preset | model | parameters | size | languages | tokens | license | MTEB |";
const languageNames = new Intl.DisplayNames(["en"], { type: "language" });

it("docs/models.md has a row for each preset, in the order of the catalogue", () => {
  expectTable("docs/models.md", header, listPresets().map(cellsFor).map(rowOf));
});

it("README.md says of its presets what the catalogue says; the model's column is written by hand", () => {
  const presets = listPresets().slice(0, 5);
  expectTable("README.md", "| preset | model | size | languages | tokens | license |", (rows) =>
    presets.map((preset, index) => {
      const [name, , , ...facts] = cellsFor(preset);
      return rowOf([name!, rows[index]?.split("|")[2]?.trim() ?? "", ...facts.slice(0, -1)]);
    }),
  );
});

it("docs/models.md recommends, for each need, the preset that was measured best", () => {
  const rows = recommend(listPresets()).map(({ need, preset, figure }) => {
    const [name, , , size, languages, tokens, license] = cellsFor(preset);
    const value = `${figure.value.toFixed(4)}${figure.measuredBy === "publisher" ? " *" : ""}`;
    return rowOf([need, name!, size!, languages!, tokens!, license!, `${value} ${figure.benchmark}`]);
  });
  expectTable("docs/models.md", "| need | preset | size | languages | tokens | license | measured (nDCG@10, mean of tasks) |", rows);
});

it("README.md names what the table recommends for English and for many languages", () => {
  const advice = /\*\*Which model\?\*\*[\s\S]*?\n\n/.exec(readFileSync(join(root, "README.md"), "utf8"))![0];
  for (const { need, preset } of recommend(listPresets())) {
    if (/^(English, small|English, best$|many languages, up to)/.test(need)) expect(advice, need).toContain(`\`${preset.name}\``);
  }
});

function cellsFor(preset: Preset): string[] {
  const { name, repository, folder, parameters, sizeBytes, languages, maxLength, license, commercialUse } = preset;
  const figure = preset.quality.find(({ benchmark }) => benchmark === comparedBenchmark);
  return [
    `\`${name}\``,
    repository === undefined ? "in the package" : [repository, folder].filter((part) => part !== "").join("/"),
    `${Number((parameters / 1e6).toFixed(1))} M`,
    formatBytes(sizeBytes),
    languages.length > 4
      ? `${languages.length}`
      : languages.map((tag) => (tag === "multi" ? "70 or more" : languageNames.of(tag))).join(", "),
    String(maxLength),
    commercialUse ? license : `${license}, not for commercial use`,
    figure === undefined ? "" : `${figure.value.toFixed(4)}${figure.measuredBy === "publisher" ? " *" : ""}`,
  ];
}
