/** The scripts of `crossrank completion`, asked in the shells themselves; a shell that is not installed is skipped by name. */
import { execFileSync, spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { makeFolder, root } from "./support/command.node.ts";

const folder = makeFolder();
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, "notes.txt"), "a\n");
writeFileSync(join(folder, "crossrank.yaml"), "port: 0\n");

const scriptOf = (shell: string): string => {
  const path = join(folder, `completion.${shell}`);
  writeFileSync(path, execFileSync(process.execPath, [join(root, "dist/cli.js"), "completion", shell]));
  return path;
};
const ask = (shell: string, args: readonly string[]): string[] => {
  const { status, stdout, stderr } = spawnSync(shell, args, { cwd: folder, encoding: "utf8", env: { ...process.env, HOME: folder } });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout.split("\n").filter((line) => line !== "");
};
const quoted = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(" ");

/** What each shell offers for the last of some words. */
const shells: Record<string, (script: string, words: readonly string[]) => string[]> = {
  bash: (script, words) =>
    ask("bash", [
      "--norc",
      "-c",
      `source ${script}; COMP_WORDS=(${quoted(words)}); COMP_CWORD=${words.length - 1}; _crossrank; printf '%s\\n' "\${COMPREPLY[@]}"`,
    ]),
  // The completion system itself needs a terminal; what it is told by the function is what counts.
  zsh: (script, words) =>
    ask("zsh", [
      "-f",
      "-c",
      `autoload -Uz compinit && compinit -u -D; source ${script}; [[ $_comps[crossrank] == _crossrank ]] || exit 9
       compadd() { shift; print -l -- "$@" | grep -e "^$words[CURRENT]"; return 0 }; _files() { print -l -- *(N) | grep "^$words[CURRENT]"; return 0 }
       words=(${quoted(words)}); CURRENT=${words.length}; _crossrank; return 0`,
    ]),
  fish: (script, words) =>
    ask("fish", ["--no-config", "-c", `source ${script}; complete -C '${words.join(" ")}'`]).map((line) => line.split("\t")[0]!),
};

const known = Object.keys(shells).map((shell) => {
  const isInstalled = spawnSync(shell, ["--version"]).status === 0;
  return { shell, isInstalled, title: isInstalled ? shell : `${shell}, which is not installed here` };
});

describe.each(known)("the script for $title", ({ shell, isInstalled }) => {
  const complete = (...words: string[]): string[] => shells[shell]!(script, ["crossrank", ...words]).sort();
  const script = isInstalled ? scriptOf(shell) : "";

  it.skipIf(!isInstalled)("completes commands, and commands below commands", () => {
    expect(complete("mod")).toEqual(["models"]);
    expect(complete("models", "p")).toEqual(["pull"]);
    expect(complete("eval", "")).toEqual(["calibrate", "compare", "metrics", "run"]);
    expect(complete("completion", "")).toEqual(["bash", "fish", "zsh"]);
  });

  it.skipIf(!isInstalled)("completes options of the command, and those of all commands", () => {
    expect(complete("serve", "--max-doc")).toEqual(["--max-document-chars", "--max-documents"]);
    expect(complete("eval", "run", "examples", "--ignore")).toEqual(["--ignore-identical-ids"]);
    expect(complete("rank", "--qui")).toEqual(["--quiet"]);
    expect(complete("models", "--max-doc")).toEqual([]);
  });

  it.skipIf(!isInstalled)("completes choices, presets and files as values", () => {
    expect(complete("rank", "--format", "js")).toEqual(["json", "jsonl"]);
    expect(complete("serve", "--log-level", "s")).toEqual(["silent"]);
    expect(complete("rank", "query", "--model", "multi")).toEqual(["multilingual"]);
    expect(complete("serve", "-m", "multi")).toEqual(["multilingual"]);
    expect(complete("models", "pull", "fas")).toEqual(["fast"]);
    expect(complete("serve", "--config", "cross")).toEqual(["crossrank.yaml"]);
  });
});
