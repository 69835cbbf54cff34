/** Two pages show the programs of examples/, which test/clients builds and runs. `UPDATE_DOCS=1` writes them into the pages. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root } from "./support/command.node.ts";

it.each([
  ["other-languages.md", 7],
  ["frameworks.md", 12],
])("docs/%s shows each program as it is", (name, programs) => {
  const page = join(root, "docs", name);
  const shown = readFileSync(page, "utf8");
  let count = 0;
  // A link to the file stands right above each program.
  const written = shown.replace(
    /(\]\(\.\.\/(examples\/[\w./-]+)\):\n\n```\w+\n)[\s\S]*?(^```$)/gm,
    (_, start: string, path: string, end: string) => {
      count += 1;
      return `${start}${readFileSync(join(root, path), "utf8")}${end}`;
    },
  );
  if (process.env.UPDATE_DOCS === "1") writeFileSync(page, written);
  else expect(shown).toBe(written);
  expect(count).toBe(programs);
});
