/** The counts of docs/correctness.md are those of the fixtures and of the tests that it names. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readFixture } from "./golden/fixtures.node.ts";
import { root } from "./support/command.node.ts";

const page = readFileSync(join(root, "docs/correctness.md"), "utf8");

it("names as many cases as there are", () => {
  const pairs = Object.values(readFixture<{ cases: Record<string, unknown[]> }>("goldens/pairs.json.gz").cases).map(({ length }) => length);
  const awkward = Object.values(readFixture<Record<string, unknown[]>>("goldens/awkward-inputs.json.gz"));
  const { questions } = readFixture<{ questions: unknown[] }>("goldens/questions.json.gz");
  const tiny = Object.values(readFixture<Models>("goldens/tiny-models.json").models);
  const architectures = Object.values(readFixture<Models>("goldens/architectures.json.gz").models);
  const prompts = architectures.flatMap(({ ids }) => (ids === undefined ? [] : [ids.length]));
  const logits = [...tiny, ...architectures].map((model) => (model.logits ?? model.scores)!.length);
  const models = readdirSync(join(root, "test/fixtures/models"));
  for (const shown of [
    `${grouped(sum(pairs))} pairs: ${pairs.length} tokenizers, ${grouped(pairs[0]!)} each`,
    `${grouped(questions.length)} questions`,
    `${sum(awkward.map(({ length }) => length))} texts, ${awkward.length} tokenizers`,
    `${sum(prompts)} prompts of ${prompts.length} models`,
    `logits of ${models.length} tiny models`,
    `| ${sum(logits)} logits`,
    `${readFixture<{ pairs: unknown[] }>("goldens/mini.json.gz").pairs.length} real pairs | 1e-5`,
    `${readFixture<{ pairs: unknown[] }>("goldens/minilm-l6.json.gz").pairs.length} real pairs | 1e-4`,
  ]) {
    expect(page).toContain(shown);
  }
});

it("names only files that exist", () => {
  const paths = [...page.matchAll(/`((?:test|src)\/[\w./-]+)`/g)].map(([, path]) => path!);
  expect(paths.length).toBeGreaterThan(10);
  expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});

interface Models {
  models: Record<string, { logits?: unknown[]; scores?: unknown[]; ids?: unknown[] }>;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function grouped(number: number): string {
  return number.toLocaleString("en-US");
}
