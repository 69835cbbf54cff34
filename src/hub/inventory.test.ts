import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDownloadFixture, type DownloadFixture, model, writeAt } from "../../test/support/download-fixture.node.ts";
import { locateReference } from "../../test/support/locate-reference.node.ts";
import { tinyRepository } from "../../test/support/onnx-bytes.ts";
import { pinnedSha256 } from "../catalogue/catalogue.ts";
import { resolveModel } from "../catalogue/resolve-model.ts";
import { RerankError } from "../errors.ts";
import { listCached, removeCached, verifyCached } from "./inventory.node.ts";

const mirror = "xberg-io/reranker-models";
const mirrorCommit = "3d655b40f2e1e087460434a143b11afac4947318";
let fixture: DownloadFixture;

beforeEach(async () => {
  fixture = await createDownloadFixture();
});

afterEach(() => fixture.close());

describe("listCached", () => {
  it("is empty without any cache", () => {
    expect(listCached({})).toEqual([]);
  });

  it("tells repository, commit, branches, files and size of what was downloaded", async () => {
    await fixture.download(model);
    const files = Object.values(fixture.hub.repositories["org/name"]?.files ?? {});
    expect(listCached({})).toEqual([
      {
        repository: "org/name",
        commit: fixture.hub.commitOf("org/name"),
        revisions: ["main"],
        cache: "crossrank",
        folder: fixture.snapshot(),
        modelFiles: ["onnx/model.onnx"],
        sizeBytes: files.reduce((sum, bytes) => sum + bytes.length, 0),
      },
    ]);
  });

  it("lists the old commit of a branch that moved without a branch", async () => {
    await fixture.download(model);
    fixture.hub.repositories["org/name"] = { files: tinyRepository(1) };
    await fixture.download(model, { force: true });
    const revisions = listCached({}).map((entry) => [entry.commit === fixture.hub.commitOf("org/name"), entry.revisions]);
    expect(revisions).toEqual(
      expect.arrayContaining([
        [true, ["main"]],
        [false, []],
      ]),
    );
  });

  it("adds what the standard hub cache has, where it has an ONNX file", () => {
    const commit = "1".repeat(40);
    const at = (repository: string, path: string): string => join(fixture.isolated.hubCache, repository, "snapshots", commit, path);
    writeAt(at("models--a--with", "model.onnx"), "x");
    writeAt(at("models--a--without", "model.safetensors"), "x");
    writeAt(at("datasets--a--with", "model.onnx"), "x");
    writeAt(join(fixture.isolated.hubCache, "models--a--odd", "snapshots", "main", "model.onnx"), "x");
    expect(listCached({}).map((entry) => [entry.repository, entry.cache])).toEqual([["a/with", "hub"]]);
  });
});

describe("removeCached", () => {
  it("deletes the model with all its commits and says what that freed", async () => {
    await fixture.download(model);
    const size = listCached({})[0]?.sizeBytes;
    expect(await removeCached(resolveModel(model), {})).toEqual({ files: 4, bytes: size });
    expect(locateReference(model, {})).toBeUndefined();
    expect(existsSync(join(fixture.isolated.cacheDir, "models--org--name"))).toBe(false);
    expect(await removeCached(resolveModel(model), {})).toEqual({ files: 0, bytes: 0 });
  });

  it("deletes one commit where a revision is named", async () => {
    await fixture.download(model);
    const first = fixture.hub.commitOf("org/name");
    fixture.hub.repositories["org/name"] = { files: tinyRepository(1) };
    await fixture.download(model, { force: true });
    await removeCached(resolveModel({ ...model, revision: first }), {});
    expect(listCached({}).map((entry) => entry.commit)).toEqual([fixture.hub.commitOf("org/name")]);
    expect(locateReference(model, {})).toBeDefined();
  });

  it("leaves the other models of a repository that holds several", async () => {
    writeMirror(["bge-reranker-v2-m3", "ettin-reranker-150m"]);
    await removeCached(resolveModel({ type: "preset", name: "ettin-reranker-150m" }), {});
    expect(listCached({}).map((entry) => entry.modelFiles)).toEqual([["bge-reranker-v2-m3/model.onnx"]]);
    await removeCached(resolveModel({ type: "preset", name: "multilingual" }), {});
    expect(listCached({})).toEqual([]);
  });

  it("leaves the standard hub cache alone", async () => {
    writeAt(join(fixture.isolated.hubCache, "models--org--name", "snapshots", "1".repeat(40), "model.onnx"), "x");
    expect(await removeCached(resolveModel(model), {})).toEqual({ files: 0, bytes: 0 });
    expect(listCached({}).length).toBe(1);
  });

  it("refuses what no cache holds", async () => {
    for (const wanted of [{ type: "preset", name: "mini" } as const, { type: "custom", modelId: "./here" } as const]) {
      const error = await removeCached(resolveModel(wanted), {}).catch((reason: unknown) => reason);
      expect(RerankError.is(error) && error.code).toBe("invalid-input");
    }
  });
});

describe("verifyCached", () => {
  it("finds every file as it was downloaded", async () => {
    await fixture.download(model);
    const files = await verifyCached(resolveModel(model), {}, pinnedSha256);
    expect(files.map((file) => [file.path, file.status])).toEqual([
      ["config.json", "ok"],
      ["onnx/model.onnx", "ok"],
      ["tokenizer.json", "ok"],
      ["tokenizer_config.json", "ok"],
    ]);
    expect(await verifyCached(undefined, {}, pinnedSha256)).toEqual(files);
  });

  it("tells damaged, missing and foreign files", async () => {
    await fixture.download(model);
    writeFileSync(join(fixture.snapshot(), "config.json"), "{}");
    writeFileSync(join(fixture.snapshot(), "notes.txt"), "mine");
    rmSync(join(fixture.snapshot(), "tokenizer.json"));
    const statuses = Object.fromEntries(
      (await verifyCached(resolveModel(model), {}, pinnedSha256)).map((file) => [file.path, file.status]),
    );
    expect(statuses).toEqual({
      "config.json": "damaged",
      "notes.txt": "unrecorded",
      "onnx/model.onnx": "ok",
      "tokenizer.json": "missing",
      "tokenizer_config.json": "ok",
    });
  });

  it("believes the catalogue more than the record", async () => {
    writeMirror(["ettin-reranker-150m"]);
    const files = await verifyCached(resolveModel({ type: "preset", name: "ettin-reranker-150m" }), {}, pinnedSha256);
    expect(files.map((file) => file.status)).toEqual(["damaged", "damaged"]);
    expect(files[1]?.expected).toMatch(/^25f75eec2469/);
  });

  it("says unrecorded where the record was lost", async () => {
    await fixture.download(model);
    writeFileSync(join(fixture.snapshot(), ".crossrank.json"), "{");
    expect(new Set((await verifyCached(resolveModel(model), {}, pinnedSha256)).map((file) => file.status))).toEqual(
      new Set(["unrecorded"]),
    );
    expect(readdirSync(fixture.snapshot())).toContain(".crossrank.json");
  });
});

/** Models of the mirror in our cache, by folder; their bytes are not those that the catalogue pins. */
function writeMirror(folders: readonly string[]): void {
  const root = join(fixture.isolated.cacheDir, `models--${mirror.replace("/", "--")}`);
  const files: Record<string, { sizeBytes: number; sha256: string }> = {};
  for (const folder of folders) {
    for (const name of ["config.json", "model.onnx"]) {
      writeAt(join(root, "snapshots", mirrorCommit, folder, name), "x");
      // sha256 of "x"
      files[`${folder}/${name}`] = { sizeBytes: 1, sha256: "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881" };
    }
  }
  writeAt(
    join(root, "snapshots", mirrorCommit, ".crossrank.json"),
    JSON.stringify({ repository: mirror, commit: mirrorCommit, files, absent: [] }),
  );
}
