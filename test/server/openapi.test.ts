/** The OpenAPI document that is kept in docs/, and what it must say of every path. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { createOpenApiDocument } from "../../src/server/openapi.ts";
import { routes } from "../../src/server/routes.ts";
import { root } from "../support/command.node.ts";

type Operation = { operationId: string; responses: Record<string, unknown> };
const document = createOpenApiDocument(packageJson.version, "") as { paths: Record<string, Record<string, Operation>> };

describe("docs/openapi.json", () => {
  test("is what the server answers at /openapi.json", () => {
    const committed = readFileSync(join(root, "docs/openapi.json"), "utf8");
    expect(committed, "Refresh it: npm run build && node scripts/openapi.mjs").toBe(`${JSON.stringify(document, null, 2)}\n`);
  });
});

describe("the OpenAPI document", () => {
  test("has every path that ranks, and names for all operations that differ", () => {
    for (const { path } of routes) expect(document.paths[path]).toHaveProperty("post");
    const names = Object.values(document.paths).flatMap((operations) => Object.values(operations).map(({ operationId }) => operationId));
    expect(new Set(names).size).toBe(names.length);
  });

  test("refers to nothing that it has not", () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path!.split("/"));
    expect(references.length).toBeGreaterThan(100);
    for (const path of references) {
      const found = path.reduce<unknown>((inside, key) => (inside as Record<string, unknown> | undefined)?.[key], document);
      expect(found, path.join("/")).toBeDefined();
    }
  });
});
