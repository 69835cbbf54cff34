import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { listProviders } from "./known-providers.ts";

const page = readFileSync(new URL("../../../docs/providers.md", import.meta.url), "utf8");
const rows = [...page.matchAll(/^\| (`\w+\/`.*) \|$/gm)].map(([, row]) => row!.split(" | "));
const codesIn = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);

describe("the table of docs/providers.md", () => {
  it("has a line for every prefix", () => {
    expect(rows.flatMap(([prefixes]) => codesIn(prefixes!))).toEqual(listProviders().map(({ prefix }) => `${prefix}/`));
  });

  it.each(listProviders())(
    "says what the code does: $prefix",
    ({ prefix, variables, optionalVariables, needsBaseUrl, baseUrlVariables, maxDocuments }) => {
      const [, key, documents, address] = rows.find(([prefixes]) => codesIn(prefixes!).includes(`${prefix}/`))!;
      expect(codesIn(key!)).toEqual(variables.length === 0 ? ["apiKey"] : [...variables, ...optionalVariables]);
      if (needsBaseUrl) expect(codesIn(address!)).toEqual(["baseUrl", ...baseUrlVariables]);
      else expect(codesIn(address!)[0]).toMatch(/^https:\/\//);
      if (maxDocuments === undefined) expect(documents).toBe("any number");
      else expect(documents).toMatch(documents!.startsWith("as ") ? /`tei\/`/ : new RegExp(`\\b${maxDocuments}\\b`));
    },
  );
});
