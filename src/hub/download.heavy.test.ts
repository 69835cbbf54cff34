import { createHash } from "node:crypto";
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createDownloadFixture, type DownloadFixture, model, weightBytes, writeAt } from "../../test/support/download-fixture.node.ts";
import { locateReference } from "../../test/support/locate-reference.node.ts";
import { encodeModel, tinyRepository } from "../../test/support/onnx-bytes.ts";
import { resolveModel } from "../catalogue/resolve-model.ts";
import { RerankError } from "../errors.ts";
import type { CheckedCustomModel } from "../types.ts";
import { type DownloadProgress, downloadModel } from "./download.node.ts";

let fixture: DownloadFixture;

beforeEach(async () => {
  fixture = await createDownloadFixture();
});

afterEach(() => fixture.close());

describe("a download", () => {
  it("leaves a model that is found without the network", async () => {
    await fixture.download(model);
    expect(locateReference(model, {})).toMatchObject({ id: `org/name@${fixture.hub.commitOf("org/name")}`, parameters: weightBytes / 4 });
    expect(readdirSync(fixture.snapshot()).sort()).toEqual([
      ".crossrank.json",
      "config.json",
      "onnx",
      "tokenizer.json",
      "tokenizer_config.json",
    ]);
    expect(readdirSync(join(fixture.snapshot(), "onnx"))).toEqual(["model.onnx"]);
    expect(readFileSync(join(fixture.isolated.cacheDir, "models--org--name", "refs", "main"), "utf8")).toBe(
      fixture.hub.commitOf("org/name"),
    );
    expect(readdirSync(join(fixture.isolated.cacheDir, ".locks"))).toEqual([]);
  });

  it("records hash, tag and size of each file", async () => {
    await fixture.download(model);
    const record = JSON.parse(readFileSync(join(fixture.snapshot(), ".crossrank.json"), "utf8"));
    const bytes = fixture.hub.repositories["org/name"]?.files["onnx/model.onnx"] as Buffer;
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    expect(record.files["onnx/model.onnx"]).toEqual({ sizeBytes: bytes.length, sha256, etag: sha256 });
    expect(record.files["config.json"].etag).toMatch(/^[0-9a-f]{40}$/);
  });

  it("asks the network for nothing once the model is here", async () => {
    await fixture.download(model);
    const before = fixture.hub.requests.length;
    await fixture.download(model);
    expect(fixture.hub.requests.length).toBe(before);
  });

  it("follows a renamed repository, and is found under the name that was asked for", async () => {
    const old: CheckedCustomModel = { type: "custom", modelId: "org/old-name" };
    await fixture.download(old);
    expect(locateReference(old, {})?.id).toBe(`org/old-name@${fixture.hub.commitOf("org/name")}`);
  });

  it("fetches external data that the graph names, and additional files", async () => {
    fixture.hub.repositories["org/name"] = {
      files: {
        ...tinyRepository(),
        "onnx/model.onnx": encodeModel({ initializers: [{ name: "w", dimensions: [4], location: "model.onnx_data" }] }),
        "onnx/model.onnx_data": Buffer.alloc(5000, 7),
        "more.txt": Buffer.from("more"),
      },
    };
    const wanted = { ...model, additionalFiles: ["more.txt"] };
    await fixture.download(wanted);
    expect(readFileSync(join(fixture.snapshot(), "onnx", "model.onnx_data")).length).toBe(5000);
    expect(readFileSync(join(fixture.snapshot(), "more.txt"), "utf8")).toBe("more");
    expect(locateReference(wanted, {})).toBeDefined();
  });

  it("fetches another model file into the same snapshot later", async () => {
    await fixture.download(model);
    const files = { ...(fixture.hub.repositories["org/name"]?.files ?? {}), "onnx/int8.onnx": encodeModel({}) };
    fixture.hub.repositories["org/name"] = { files, commit: fixture.hub.commitOf("org/name") };
    const other = { ...model, modelFile: "onnx/int8.onnx" };
    const before = fixture.hub.requests.length;
    await fixture.download(other);
    expect(locateReference(other, {})).toBeDefined();
    expect(fixture.hub.requests.slice(before).filter((request) => request.path.includes("config.json"))).toEqual([]);
  });

  it("takes a branch and a tag with a slash", async () => {
    fixture.hub.repositories["org/name"] = { files: tinyRepository(), revisions: ["main", "refs/pr/3"] };
    // The hub gets the slash encoded, the cache makes folders of it.
    await fixture.download({ ...model, revision: "refs/pr/3" });
    expect(fixture.hub.requests.some((request) => request.path.includes("/resolve/refs%2Fpr%2F3/"))).toBe(true);
    expect(locateReference({ ...model, revision: "refs/pr/3" }, {})).toBeDefined();
    expect(locateReference(model, {})).toBeUndefined();
  });

  it("takes a repository without tokenizer_config.json, and remembers that it has none", async () => {
    const { "tokenizer_config.json": _, ...files } = tinyRepository();
    fixture.hub.repositories["org/name"] = { files };
    await fixture.download(model);
    expect(locateReference(model, {})?.tokenizerConfig).toEqual({});
  });

  it("reports progress of each file up to its size", async () => {
    const steps: DownloadProgress[] = [];
    await fixture.download(model, { onProgress: (step) => steps.push(step) });
    const size = fixture.hub.repositories["org/name"]?.files["onnx/model.onnx"]?.length as number;
    const ofModel = steps.filter((step) => step.file === "onnx/model.onnx");
    expect(ofModel[0]).toEqual({ file: "onnx/model.onnx", receivedBytes: 0, totalBytes: size });
    expect(ofModel.at(-1)).toEqual({ file: "onnx/model.onnx", receivedBytes: size, totalBytes: size });
    expect(ofModel.map((step) => step.receivedBytes)).toEqual(
      ofModel.map((step) => step.receivedBytes).sort((left, right) => left - right),
    );
  });

  it("is nothing for the bundled model, and reports what a local folder lacks", async () => {
    await downloadModel(resolveModel({ type: "preset", name: "mini" }), {});
    expect(fixture.hub.requests).toEqual([]);
    expect((await fixture.failure({ type: "custom", modelId: "./nowhere-at-all" })).code).toBe("unknown-model");
  });
});

describe("a branch that moved", () => {
  it("stays where it was until it is pulled with force", async () => {
    await fixture.download(model);
    const first = locateReference(model, {})?.id;
    fixture.hub.repositories["org/name"] = { files: tinyRepository(1) };
    await fixture.download(model);
    expect(locateReference(model, {})?.id).toBe(first);
    await fixture.download(model, { force: true });
    expect(locateReference(model, {})?.id).toBe(`org/name@${fixture.hub.commitOf("org/name")}`);
    expect(locateReference(model, {})?.config).toMatchObject({ seed: 1 });
  });

  it("keeps the old commit usable when the pull fails half-way", async () => {
    await fixture.download(model);
    const first = locateReference(model, {})?.id;
    const { "tokenizer.json": _, ...files } = tinyRepository(1);
    fixture.hub.repositories["org/name"] = { files };
    expect((await fixture.failure(model, { force: true })).message).toMatch(/has no file tokenizer\.json, which crossrank needs/);
    expect(locateReference(model, {})?.id).toBe(first);
  });

  it("is checked against the hub's hashes by a pull, and mended", async () => {
    await fixture.download(model);
    const path = join(fixture.snapshot(), "onnx", "model.onnx");
    const bytes = readFileSync(path);
    writeFileSync(path, Buffer.alloc(bytes.length));
    await fixture.download(model, { force: true });
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });
});

describe("the token", () => {
  it("goes to the hub and not to the CDN", async () => {
    vi.stubEnv("HF_TOKEN", "hf_secret");
    await fixture.download(model);
    const sent = (server: string): Set<string | undefined> =>
      new Set(fixture.hub.requests.filter((request) => request.server === server).map((request) => request.authorization));
    expect(sent("hub")).toEqual(new Set(["Bearer hf_secret"]));
    expect(sent("cdn")).toEqual(new Set([undefined]));
  });

  it("is kept on the redirect of a renamed repository", async () => {
    vi.stubEnv("HF_TOKEN", "hf_secret");
    fixture.hub.repositories["org/name"] = { files: tinyRepository(), gatedBy: "hf_secret" };
    await fixture.download({ type: "custom", modelId: "org/old-name" });
    expect(locateReference({ type: "custom", modelId: "org/old-name" }, {})).toBeDefined();
  });

  it("comes from the file that the hub's tools write, where no variable is set", async () => {
    writeAt(join(fixture.isolated.folder, "huggingface", "token"), "hf_from_file\n");
    fixture.hub.repositories["org/name"] = { files: tinyRepository(), gatedBy: "hf_from_file" };
    await fixture.download(model);
    expect(locateReference(model, {})).toBeDefined();
  });

  it("never stands in an error, nor does a signed address", async () => {
    vi.stubEnv("HF_TOKEN", "hf_secret");
    fixture.hub.faults.cuts = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    const error = await fixture.failure(model);
    expect(`${error.message} ${error.stack}`).not.toMatch(/hf_secret|signature/);
  });
});

describe("what the hub does not have", () => {
  it("is an unknown repository", async () => {
    const error = await fixture.failure({ type: "custom", modelId: "org/nothing" });
    expect(error.code).toBe("unknown-model");
    expect(error.message).toMatch(
      /there is no repository http:.*\/org\/nothing, or this user may not see it\. Check the spelling.*HF_TOKEN/,
    );
  });

  it("is an unknown revision", async () => {
    const error = await fixture.failure({ ...model, revision: "v9" });
    expect(error.code).toBe("unknown-model");
    expect(error.message).toMatch(/\/org\/name has no such revision/);
  });

  it("is a model file, and the error lists those that there are", async () => {
    const error = await fixture.failure({ ...model, modelFile: "onnx/no.onnx" });
    expect(error.code).toBe("unknown-model");
    expect(error.message).toMatch(/org\/name has no file onnx\/no\.onnx at main\. Set modelFile to one of: onnx\/model\.onnx\./);
  });

  it("is any ONNX file", async () => {
    fixture.hub.repositories["org/name"] = { files: { "config.json": Buffer.from("{}") } };
    const error = await fixture.failure(model);
    expect(error.code).toBe("unsupported-model");
    expect(error.message).toMatch(/nor any other ONNX file/);
  });

  it("is a gated repository's content without its token", async () => {
    fixture.hub.repositories["org/name"] = { files: tinyRepository(), gatedBy: "hf_other" };
    const error = await fixture.failure(model);
    expect(error).toMatchObject({ code: "download", status: 403 });
    expect(error.message).toMatch(/\/org\/name is gated\. Accept its terms there, then set HF_TOKEN/);
  });

  it("is anything at all, for a server that is no hub", async () => {
    fixture.hub.faults.answers = [{ status: 200 }];
    expect((await fixture.failure(model)).message).toMatch(
      /answered without the commit of the file, so it is no Hugging Face hub\. Check HF_ENDPOINT/,
    );
  });
});

describe("several at once", () => {
  it("download the model once", async () => {
    fixture.hub.faults.slowMs = 2;
    await Promise.all([fixture.download(model), fixture.download(model), fixture.download(model)]);
    const bodies = fixture.hub.requests.filter((request) => request.server === "cdn" && request.method === "GET");
    expect(bodies.length).toBe(1);
    expect(locateReference(model, {})).toBeDefined();
  });

  it("are not kept waiting by the lock of a process that died", async () => {
    const lock = join(fixture.isolated.cacheDir, ".locks", "models--org--name.lock");
    writeAt(lock, "elsewhere\n1\nleft-behind\n");
    const anHourAgo = new Date(Date.now() - 3_600_000);
    utimesSync(lock, anHourAgo, anHourAgo);
    await fixture.download(model);
    expect(locateReference(model, {})).toBeDefined();
    expect(existsSync(lock)).toBe(false);
  });

  it("end their wait when they are aborted", async () => {
    const lock = join(fixture.isolated.cacheDir, ".locks", "models--org--name.lock");
    writeAt(lock, "elsewhere\n1\nalive\n");
    const controller = new AbortController();
    const pending = fixture.failure(model, { signal: controller.signal });
    controller.abort();
    expect((await pending).code).toBe("aborted");
    expect(fixture.hub.requests).toEqual([]);
    expect(existsSync(lock)).toBe(true);
  });
});

describe("an abort", () => {
  it("ends the download, keeps what has arrived, and leaves no lock", async () => {
    const controller = new AbortController();
    fixture.hub.faults.slowMs = 5;
    const onProgress = (step: DownloadProgress): void => {
      if (step.file === "onnx/model.onnx" && step.receivedBytes > 50_000) controller.abort();
    };
    expect(await fixture.failure(model, { signal: controller.signal, onProgress })).toMatchObject({ code: "aborted" });
    expect(statSync(fixture.partialFile()).size).toBeGreaterThan(50_000);
    expect(readdirSync(join(fixture.isolated.cacheDir, ".locks"))).toEqual([]);
    expect(locateReference(model, {})).toBeUndefined();
  });

  it("gives its own reason where that is one of our errors", async () => {
    const reason = new RerankError("timeout", "test: too late. Wait longer.");
    expect(await fixture.failure(model, { signal: AbortSignal.abort(reason) })).toBe(reason);
  });
});

describe("the caches", () => {
  it("take files that the standard hub cache has at the same commit from there", async () => {
    const commit = fixture.hub.commitOf("org/name");
    const bytes = fixture.hub.repositories["org/name"]?.files["onnx/model.onnx"] as Buffer;
    writeAt(join(fixture.isolated.hubCache, "models--org--name", "snapshots", commit, "onnx", "model.onnx"), bytes);
    await fixture.download(model);
    expect(fixture.hub.requests.filter((request) => request.server === "cdn")).toEqual([]);
    expect(locateReference(model, {})?.modelPath.startsWith(fixture.isolated.cacheDir)).toBe(true);
  });

  it("do not trust what that cache has", async () => {
    const commit = fixture.hub.commitOf("org/name");
    const size = fixture.hub.repositories["org/name"]?.files["onnx/model.onnx"]?.length as number;
    writeAt(join(fixture.isolated.hubCache, "models--org--name", "snapshots", commit, "onnx", "model.onnx"), Buffer.alloc(size));
    await fixture.download(model);
    expect(locateReference(model, {})?.parameters).toBe(weightBytes / 4);
  });

  it("say what to do when ours cannot be written", async () => {
    writeAt(join(fixture.isolated.folder, "file"), "");
    const error = await fixture.failure(model, { cacheDir: join(fixture.isolated.folder, "file", "cache") });
    expect(error.code).toBe("download");
    expect(error.message).toMatch(/the cache .*file\/cache cannot be written: .*ENOTDIR.* Set cacheDir or CROSSRANK_CACHE/);
  });

  it.skipIf(!existsSync("/proc/self"))("say so also where the system makes no folders: /proc, which is Linux's", async () => {
    const error = await fixture.failure(model, { cacheDir: "/proc/nope" });
    expect(error).toMatchObject({
      code: "download",
      message: expect.stringMatching(/^models: the cache \/proc\/nope cannot be written: /),
    });
  });

  it("may be read-only as long as nothing has to be written", async () => {
    await fixture.download(model);
    chmodSync(fixture.isolated.cacheDir, 0o555);
    await fixture.download(model);
    expect(locateReference(model, {})).toBeDefined();
    chmodSync(fixture.isolated.cacheDir, 0o755);
  });
});
