import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { declareConfigTypes } from "../../scripts/config-types.ts";

const path = new URL("./types.ts", import.meta.url);
const end = "\n// Written by hand: what no schema describes.\n";

/** `UPDATE_DOCS=1` writes the declarations. */
it("declares the types that the schema describes", () => {
  const [, byHand = ""] = readFileSync(path, "utf8").split(end);
  const head =
    "/** The types of a configuration. Written by the test beside it, from `schema.ts`: change that, and run `UPDATE_DOCS=1 npm test -- config/types`. */";
  const input = `${head}\nimport type { RerankWarning } from "../warnings.ts";\n\n${declareConfigTypes()}${end}${byHand}`;
  const formatted = execFileSync("node_modules/.bin/biome", ["format", "--stdin-file-path=src/config/types.ts"], {
    input,
    encoding: "utf8",
  });
  if (process.env.UPDATE_DOCS === "1") writeFileSync(path, formatted);
  expect(readFileSync(path, "utf8")).toBe(formatted);
});
