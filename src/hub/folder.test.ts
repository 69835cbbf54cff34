import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeFolder } from "./folder.node.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "crossrank-folder-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("makeFolder", () => {
  it("makes what is missing, and leaves what is there", () => {
    const path = join(folder, "a", "b", "c");
    makeFolder(path);
    writeFileSync(join(path, "file"), "kept");
    makeFolder(path);
    expect(statSync(path).isDirectory()).toBe(true);
    expect(readFileSync(join(path, "file"), "utf8")).toBe("kept");
  });

  it.each(["file", "file/below", "file/below/it"])("fails where a file is in the way: %s", (path) => {
    writeFileSync(join(folder, "file"), "");
    expect(() => {
      makeFolder(join(folder, path));
      // A path that is there is a file: whoever writes into it finds out.
      readdirSync(join(folder, path));
    }).toThrow(/ENOTDIR/);
  });

  it.skipIf(!existsSync("/proc/self"))("fails where the system makes no folders: /proc, which is Linux's", () => {
    expect(() => makeFolder("/proc/nope")).toThrow(/ENOENT|EACCES|EPERM/);
    expect(() => makeFolder("/proc/nope/a/b")).toThrow(/ENOENT|EACCES|EPERM/);
  });

  it("is the only way in which crossrank makes folders above others", () => {
    const sources = readdirSync(join(import.meta.dirname, ".."), { recursive: true, encoding: "utf8" }).filter((path) =>
      /\.ts$/.test(path),
    );
    const recursive = sources.filter(
      (path) =>
        !path.endsWith(".test.ts") && /mkdir(?:Sync)?\([^;]*recursive/.test(readFileSync(join(import.meta.dirname, "..", path), "utf8")),
    );
    expect(sources.length).toBeGreaterThan(100);
    expect(recursive).toEqual([]);
  });
});
