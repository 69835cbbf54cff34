import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type IsolatedModels, isolateModels } from "../../test/support/isolated-models.node.ts";
import { locateReference } from "../../test/support/locate-reference.node.ts";
import { encodeModel, tinyRepository } from "../../test/support/onnx-bytes.ts";
import { bundledFile, getPreset } from "../catalogue/bundled.node.ts";
import { RerankError } from "../errors.ts";
import type { CheckedCustomModel } from "../types.ts";

const commit = "0123456789abcdef0123456789abcdef01234567";
const model: CheckedCustomModel = { type: "custom", modelId: "org/name" };
let isolated: IsolatedModels;

beforeEach(() => {
  isolated = isolateModels();
});

afterEach(() => isolated.restore());

describe("the bundled model", () => {
  it("is found without any cache, with its hash as its revision", () => {
    const found = locateReference({ type: "preset", name: "mini" }, {});
    expect(found?.id).toMatch(/^mini@[0-9a-f]{12}$/);
    expect(found?.modelPath).toBe(bundledFile("mini", "onnx/model.onnx"));
    expect(found?.config).toHaveProperty("model_type");
    expect(found?.tokenizerConfig).toHaveProperty("model_max_length");
  });

  it("tells its size and weights from its folder", () => {
    const preset = getPreset("mini");
    const located = locateReference({ type: "preset", name: "mini" }, {});
    expect(preset.parameters).toBe(located?.parameters);
    expect(preset.sizeBytes).toBeGreaterThan(located?.sizeBytes ?? Number.POSITIVE_INFINITY);
  });

  it("says which file is missing when another of its files is asked for", () => {
    expect(() => locateReference({ type: "preset", name: "mini", modelFile: "onnx/other.onnx" }, {})).toThrow(/lacks onnx\/other\.onnx/);
  });
});

describe("a local folder", () => {
  const at = (location: string): CheckedCustomModel => ({ type: "custom", modelId: location });
  let folder: string;

  beforeEach(() => {
    folder = join(isolated.folder, "model");
    writeFiles(folder, tinyRepository());
  });

  it("is found by absolute path, by ~, and by file URL, and is named by its path", () => {
    for (const location of [folder, "~/model", pathToFileURL(folder).href]) {
      expect(locateReference(at(location), {})).toMatchObject({
        id: folder,
        modelPath: join(folder, "onnx", "model.onnx"),
        parameters: 1024,
      });
    }
  });

  it("may hold its model at the root", () => {
    rmSync(join(folder, "onnx"), { recursive: true });
    writeFiles(folder, { "model.onnx": encodeModel({}) });
    expect(locateReference(at(folder), {})?.modelPath).toBe(join(folder, "model.onnx"));
  });

  it("has an identity of its own for each model file", () => {
    writeFiles(folder, { "int8.onnx": encodeModel({}) });
    expect(locateReference({ ...at(folder), modelFile: "int8.onnx" }, {})?.id).toBe(`${folder}/int8.onnx`);
  });

  it("needs no tokenizer_config.json", () => {
    rmSync(join(folder, "tokenizer_config.json"));
    expect(locateReference(at(folder), {})?.tokenizerConfig).toEqual({});
  });

  it("counts external data into its size, and says so when it is missing", () => {
    const graph = encodeModel({ initializers: [{ name: "w", dimensions: [2], location: "model.onnx_data" }] });
    writeFiles(folder, { "onnx/model.onnx": graph });
    expect(() => locateReference(at(folder), {})).toThrow(/lacks onnx\/model\.onnx_data/);
    writeFiles(folder, { "onnx/model.onnx_data": Buffer.alloc(1000) });
    expect(locateReference(at(folder), {})?.sizeBytes).toBe(graph.length + 1000);
  });

  it.each(["../secret", "/etc/passwd", "a/../../b", "C:\\x"])("refuses a graph that keeps its weights in %s", (location) => {
    writeFiles(folder, { "onnx/model.onnx": encodeModel({ initializers: [{ name: "w", dimensions: [2], location }] }) });
    expect(codeOf(() => locateReference(at(folder), {}))).toBe("unsupported-model");
  });

  it("names everything that is missing", () => {
    rmSync(join(folder, "config.json"));
    rmSync(join(folder, "tokenizer.json"));
    expect(() => locateReference(at(folder), {})).toThrow(/lacks config\.json, tokenizer\.json\. A model folder holds/);
    expect(codeOf(() => locateReference(at(folder), {}))).toBe("unknown-model");
  });

  it("says that it does not exist, or is a file", () => {
    expect(() => locateReference(at(`${folder}/no`), {})).toThrow(/model\/no does not exist/);
    expect(() => locateReference(at(`${folder}/config.json`), {})).toThrow(/config\.json is not a folder; give /);
    expect(codeOf(() => locateReference(at("file://host/x%2Fy"), {}))).toBe("invalid-input");
  });

  it("lists the graphs that are there, and says how to make what is missing", () => {
    rmSync(join(folder, "onnx", "model.onnx"));
    writeFiles(folder, { "model.safetensors": Buffer.alloc(8) });
    expect(() => locateReference(at(folder), {})).toThrow(/has PyTorch weights only\. Export them: optimum-cli export onnx/);
    writeFiles(folder, { "onnx/model_quantized.onnx": Buffer.alloc(8) });
    expect(() => locateReference(at(folder), {})).toThrow(
      /lacks onnx\/model\.onnx\..* It has onnx\/model_quantized\.onnx: name one in modelFile/,
    );
    rmSync(join(folder, "tokenizer.json"));
    expect(() => locateReference(at(folder), {})).toThrow(/save_pretrained\(FOLDER\) of transformers writes tokenizer\.json/);
  });

  it.each(["onnx/model.onnx", "config.json", "tokenizer.json", "tokenizer_config.json"])(
    "calls %s a pointer of Git LFS where it is one",
    (path) => {
      writeFiles(folder, { [path]: Buffer.from("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n") });
      expect(() => locateReference(at(folder), {})).toThrow(new RegExp(`${path} is a pointer of Git LFS`));
      expect(codeOf(() => locateReference(at(folder), {}))).toBe("unsupported-model");
    },
  );

  it.each(["config.json", "tokenizer_config.json"])("refuses %s that holds no object", (path) => {
    for (const text of ["null", "[]", "3", '"a"']) {
      writeFiles(folder, { [path]: Buffer.from(text) });
      expect(() => locateReference(at(folder), {})).toThrow(new RegExp(`${path} holds .*, not an object`));
      expect(codeOf(() => locateReference(at(folder), {}))).toBe("unsupported-model");
    }
  });

  it.each(["config.json", "tokenizer.json", "tokenizer_config.json", "onnx/model.onnx"])("names %s where it is a loop of links", (path) => {
    rmSync(join(folder, path), { force: true });
    symlinkSync(join(folder, path), join(folder, path));
    expect(() => locateReference(at(folder), {})).toThrow(new RegExp(`${path} cannot be read`));
    expect(codeOf(() => locateReference(at(folder), {}))).toBe("unsupported-model");
  });

  it("says which file is damaged", () => {
    writeFiles(folder, { "config.json": Buffer.from("{") });
    expect(() => locateReference(at(folder), {})).toThrow(/config\.json is not JSON/);
    writeFiles(folder, { "onnx/model.onnx": Buffer.from("<html>") });
    expect(codeOf(() => locateReference(at(folder), {}))).toBe("unsupported-model");
  });
});

describe("a model of the hub", () => {
  it("is undefined as long as anything of it is missing", () => {
    const files = { ...tinyRepository(), "tokenizer_config.json": Buffer.from("{}") };
    for (const missing of Object.keys(files)) {
      const rest = Object.fromEntries(Object.entries(files).filter(([path]) => path !== missing));
      writeSnapshot(join(isolated.folder, missing), rest);
      expect(locateReference(model, { cacheDir: join(isolated.folder, missing) }), missing).toBeUndefined();
    }
    writeSnapshot(isolated.cacheDir, files);
    expect(locateReference(model, {})).toMatchObject({ id: `org/name@${commit}` });
  });

  it("is undefined without the reference of its branch, but found by its commit", () => {
    writeSnapshot(isolated.cacheDir, tinyRepository());
    rmSync(join(isolated.cacheDir, "models--org--name", "refs"), { recursive: true });
    expect(locateReference(model, {})).toBeUndefined();
    expect(locateReference({ ...model, revision: commit }, {})?.id).toBe(`org/name@${commit}`);
  });

  it("is undefined when a reference holds no commit", () => {
    writeSnapshot(isolated.cacheDir, tinyRepository());
    writeFiles(isolated.cacheDir, { "models--org--name/refs/main": Buffer.from("../../evil") });
    expect(locateReference(model, {})).toBeUndefined();
  });

  it("is found in the standard hub cache, through its links to blobs", () => {
    const root = join(isolated.hubCache, "models--org--name");
    const snapshot = join(root, "snapshots", commit);
    for (const [path, bytes] of Object.entries(tinyRepository())) {
      const blob = path.replaceAll("/", "-");
      writeFiles(join(root, "blobs"), { [blob]: bytes });
      mkdirSync(dirname(join(snapshot, path)), { recursive: true });
      symlinkSync(join(root, "blobs", blob), join(snapshot, path));
    }
    writeFiles(root, { "refs/main": Buffer.from(`${commit}\n`) });
    expect(locateReference(model, {})).toMatchObject({ id: `org/name@${commit}`, modelPath: join(snapshot, "onnx", "model.onnx") });
    rmSync(join(root, "blobs", "onnx-model.onnx"));
    expect(locateReference(model, {})).toBeUndefined();
  });

  it("is taken from our cache where both have it", () => {
    writeSnapshot(isolated.hubCache, tinyRepository());
    writeSnapshot(isolated.cacheDir, tinyRepository());
    expect(locateReference(model, {})?.modelPath.startsWith(isolated.cacheDir)).toBe(true);
  });

  it("needs no tokenizer_config.json where the hub's tools noted that there is none", () => {
    const { "tokenizer_config.json": _, ...files } = tinyRepository();
    writeSnapshot(isolated.hubCache, files);
    expect(locateReference(model, {})).toBeUndefined();
    writeFiles(isolated.hubCache, { [`models--org--name/.no_exist/${commit}/tokenizer_config.json`]: Buffer.alloc(0) });
    expect(locateReference(model, {})?.tokenizerConfig).toEqual({});
  });

  it("carries its model file in its identity unless it is the usual one", () => {
    writeSnapshot(isolated.cacheDir, { ...tinyRepository(), "onnx/int8.onnx": encodeModel({}) });
    expect(locateReference({ ...model, modelFile: "onnx/int8.onnx" }, {})?.id).toBe(`org/name@${commit}/onnx/int8.onnx`);
  });

  it("is incomplete without its additional files", () => {
    writeSnapshot(isolated.cacheDir, tinyRepository());
    expect(locateReference({ ...model, additionalFiles: ["more.json"] }, {})).toBeUndefined();
  });
});

function writeSnapshot(root: string, files: Record<string, Buffer>): void {
  writeFiles(join(root, "models--org--name", "snapshots", commit), files);
  writeFiles(root, { "models--org--name/refs/main": Buffer.from(commit) });
}

function writeFiles(folder: string, files: Record<string, Buffer>): void {
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return RerankError.is(error) ? error.code : String(error);
  }
  return "no error";
}
