import { posix, win32 } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkFilePath, checkRepositoryId, checkRevision, repositoryFolder, repositoryOfFolder } from "./repository-names.ts";

// Pieces that escapes are made of, mixed with harmless ones, so that random strings are hostile often.
const pieces = ["..", ".", "/", "\\", "a", "model", "-", "--", "\0", "C:", "~", " ", "%2e", "con", "é", "onnx", "_", "\n"];
const hostile = fc.array(fc.constantFrom(...pieces), { maxLength: 8 }).map((parts) => parts.join(""));
const anyText = fc.oneof(hostile, fc.string({ unit: "binary" }));

function passes(check: (text: string) => string, text: string): boolean {
  try {
    return check(text) === text;
  } catch {
    return false;
  }
}

function staysInside(relativePath: string): boolean {
  const unix = posix.resolve("/cache/root", relativePath);
  const windows = win32.resolve("C:\\cache\\root", relativePath);
  return unix.startsWith("/cache/root/") && windows.startsWith("C:\\cache\\root\\");
}

describe("checkRepositoryId", () => {
  it("takes one or two segments as the hub has them", () => {
    for (const id of ["gpt2", "org/name", "BAAI/bge-reranker-v2-m3", "cross-encoder/ms-marco-MiniLM-L-12-v2", "a_b/c.d"]) {
      expect(checkRepositoryId(id)).toBe(id);
    }
  });

  it.each([
    "",
    "/",
    "a/",
    "/a",
    "a/b/c",
    "..",
    "../a",
    "a/..",
    "a..b/c",
    "a/b--c",
    ".a/b",
    "a/b.",
    "-a/b",
    "a/b-",
    "a\\b",
    "a b/c",
    "a/b\0",
    "https://x/y",
    "é/a",
    `a/${"b".repeat(95)}`,
  ])("refuses %j", (id) => {
    expect(() => checkRepositoryId(id)).toThrow(/is not a repository id\. Use org\/name/);
  });

  it("lets nothing out of the cache folder, whatever the text", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        if (!passes(checkRepositoryId, text)) return;
        const folder = repositoryFolder(text);
        expect(staysInside(folder)).toBe(true);
        expect(folder).not.toMatch(/[/\\]/);
      }),
      { numRuns: 2000 },
    );
  });

  it("gives each repository a folder of its own, which leads back to it", () => {
    const segment = fc.stringMatching(/^[A-Za-z0-9_]{1,8}(?:[.-][A-Za-z0-9_]{1,8})?$/);
    const id = fc.oneof(
      segment,
      fc.tuple(segment, segment).map((parts) => parts.join("/")),
    );
    fc.assert(
      fc.property(id, (text) => {
        expect(repositoryOfFolder(repositoryFolder(text))).toBe(text);
      }),
    );
  });

  it("knows folders that are no repository's", () => {
    for (const folder of ["datasets--a--b", "models--", "models--..--a", "models", ".locks"])
      expect(repositoryOfFolder(folder)).toBeUndefined();
  });
});

describe("checkFilePath", () => {
  it("takes relative paths with forward slashes", () => {
    for (const path of ["config.json", "onnx/model.onnx", "a b/c+d.onnx_data", ".hidden/file"]) expect(checkFilePath(path)).toBe(path);
  });

  it.each([
    "",
    "/etc/passwd",
    "../x",
    "a/../../x",
    "a/./b",
    "a//b",
    "a/",
    "a\\b",
    "C:x",
    "C:/x",
    "a\0b",
    "a\nb",
    "a/.. ",
    "a.",
    "nul",
    "onnx/CON.onnx",
    "a?b",
    "b".repeat(256),
  ])("refuses %j", (path) => {
    expect(() => checkFilePath(path)).toThrow(/is not a path inside a repository/);
  });

  it("lets nothing out of the folder it is joined to, whatever the text", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        if (passes(checkFilePath, text)) expect(staysInside(text)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("checkRevision", () => {
  it("takes branches, tags, commits and references", () => {
    for (const revision of ["main", "v1.0", "refs/pr/3", "a".repeat(40)]) expect(checkRevision(revision)).toBe(revision);
  });

  it.each(["", "..", "../main", "a/../b", "/main", "main/", "-x", "a b", "a\\b", "a?b", "a#b"])("refuses %j", (revision) => {
    expect(() => checkRevision(revision)).toThrow(/is not a revision/);
  });

  it("lets nothing out of the refs folder, whatever the text", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        if (passes(checkRevision, text)) expect(staysInside(text)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
