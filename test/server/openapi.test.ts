/** The OpenAPI document that is kept in docs/, and what it must say of every path. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { createOpenApiDocument } from "../../src/server/openapi.ts";
import { routes } from "../../src/server/routes.ts";
import { root } from "../support/command.node.ts";

type Operation = { operationId: string; summary: string; tags: string[]; responses: Record<string, unknown> };
const document = createOpenApiDocument(packageJson.version, "") as {
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
};
const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));

describe("docs/openapi.json", () => {
  it("is what the server answers at /openapi.json", () => {
    const committed = readFileSync(join(root, "docs/openapi.json"), "utf8");
    expect(committed, "Refresh it: npm run build && node scripts/openapi.mjs").toBe(`${JSON.stringify(document, null, 2)}\n`);
  });
});

describe("the OpenAPI document", () => {
  it("has every path that ranks, and names for all operations that differ", () => {
    for (const { path } of routes) expect(document.paths[path]).toHaveProperty("post");
    const names = operations.map(({ operationId }) => operationId);
    expect(new Set(names).size).toBe(names.length);
  });

  it("groups paths by vendor, each in one group, under summaries that differ", () => {
    const groups = document.tags.map(({ name }) => name);
    for (const { operationId, tags } of operations) {
      expect(tags, operationId).toHaveLength(1);
      expect(groups, operationId).toContain(tags[0]);
    }
    expect(groups.filter((group) => !operations.some(({ tags }) => tags[0] === group))).toEqual([]);
    const summaries = operations.map(({ summary }) => summary);
    expect(summaries.filter((summary, index) => summaries.indexOf(summary) !== index)).toEqual([]);
    const groupOf = (path: string): string => document.paths[path]!.post!.tags[0]!;
    expect(["/v2/rerank", "/cohere/v1/rerank"].map(groupOf)).toEqual(["Cohere", "Cohere"]);
    expect(["/score", "/vllm/v1/score", "/vllm/rerank"].map(groupOf)).toEqual(["vLLM", "vLLM", "vLLM"]);
    expect(["/rerank", "/v1/rerank", "/litellm/rerank"].map(groupOf)).toEqual(["crossrank", "Several vendors", "LiteLLM"]);
  });

  it("refers to nothing that it has not", () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path!.split("/"));
    expect(references.length).toBeGreaterThan(100);
    for (const path of references) {
      const found = path.reduce<unknown>((inside, key) => (inside as Record<string, unknown> | undefined)?.[key], document);
      expect(found, path.join("/")).toBeDefined();
    }
  });
});
