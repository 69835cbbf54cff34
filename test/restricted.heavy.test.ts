/** Node started with fewer rights: every failure is a RerankError that names the flag, and none advises what cannot help. */
import { realpathSync } from "node:fs";
import { dirname } from "node:path";
import { expect, it } from "vitest";
import { root } from "./support/command.node.ts";
import { dist, runProgram } from "./support/run-program.node.ts";

const source = `
  const { getPreset, listPresets, rerank, rerankSync, RerankError } = await import(${JSON.stringify(`file://${dist}/index.js`)});
  const calls = {
    rerank: () => rerank("q", ["a"]),
    rerankSync: () => rerankSync("q", ["a"]),
    hub: () => rerankSync("q", ["a"], { model: "org/none" }),
    folder: () => rerank("q", ["a"], { model: "./none" }),
    listPresets, getPreset: () => getPreset("mini"),
  };
  for (const [name, call] of Object.entries(calls)) {
    const said = await Promise.resolve().then(call).then(() => "fine", (error) => RerankError.is(error) ? error.code + " " + error.message : "foreign " + error);
    console.log(name + ": " + said);
  }`;
// Nobody answers there.
const env = { HF_ENDPOINT: "http://127.0.0.1:9", NO_PROXY: "127.0.0.1" };

async function outcomes(flags: readonly string[]): Promise<Record<string, string>> {
  const { stdout, stderr } = await runProgram(source, { flags, env, timeoutMs: 120_000 });
  const lines = stdout.trimEnd().split("\n");
  expect(lines.length, stderr).toBe(6);
  return Object.fromEntries(lines.map((line) => line.split(/: (.*)/s) as [string, string]));
}

const permission = process.allowedNodeEnvironmentFlags.has("--permission") ? "--permission" : "--experimental-permission";
const reads = (paths: readonly string[]): string[] => paths.map((path) => `--allow-fs-read=${path}`);
// A worktree's packages may be links to elsewhere.
const packages = dirname(realpathSync(`${root}/node_modules/onnxruntime-node/package.json`));

it("without native code the advice is the flag, not another installation", async () => {
  const { rerank, rerankSync } = await outcomes(["--no-addons"]);
  for (const said of [rerank, rerankSync]) {
    expect(said).toMatch(/^missing-dependency .*without --no-addons/);
    expect(said).not.toMatch(/install/i);
  }
});

it.each([
  [
    "may read nothing but code",
    reads([`${dist}/*`, `${root}/node_modules/*`, `${root}/package.json`]),
    ["--allow-worker", "--allow-addons"],
    /--allow-fs-read/,
  ],
  ["may start no thread", reads(["*"]), ["--allow-addons"], /--allow-worker/],
  ["may load no native code", reads(["*"]), ["--allow-worker"], /--allow-addons/],
])("a process that %s gets a RerankError that names the flag", async (_what, readable, flags, expected) => {
  const said = await outcomes([permission, ...readable, ...flags]);
  expect(Object.values(said).filter((text) => text.startsWith("foreign"))).toEqual([]);
  expect(said.rerank).toMatch(/^missing-dependency /);
  expect(said.rerank).toMatch(expected);
});

it("with what the flags name, it works", async () => {
  const said = await outcomes([permission, ...reads(["*", packages]), "--allow-worker", "--allow-addons"]);
  expect(said).toMatchObject({
    rerank: "fine",
    rerankSync: "fine",
    listPresets: "fine",
    getPreset: "fine",
    hub: expect.stringMatching(/^download /),
  });
});
