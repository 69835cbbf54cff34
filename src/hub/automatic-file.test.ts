/** `modelFile: "auto"` from the hub and from folders, for a processor with AVX2 and no more. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createDownloadFixture, type DownloadFixture, writeAt } from "../../test/support/download-fixture.node.ts";
import { locateReference } from "../../test/support/locate-reference.node.ts";
import { encodeModel, tinyRepository } from "../../test/support/onnx-bytes.ts";
import { RerankError } from "../errors.ts";
import type { Processor } from "../machine/processor.ts";
import type { CheckedCustomModel } from "../types.ts";
import type { LocatedModel } from "./locate.node.ts";
import { readRecord } from "./snapshot-record.node.ts";

const model: CheckedCustomModel = { type: "custom", modelId: "org/name", modelFile: "auto" };
const processor: Processor = { architecture: "x64", features: new Set(["avx2"]) };
const vnni: Processor = { architecture: "x64", features: new Set(["avx2", "avx512_vnni"]) };
const quantized = encodeModel({ initializers: [{ name: "w", dimensions: [64, 64], type: 2, raw: Buffer.alloc(4096, 1) }] });
const best = "onnx/model_quint8_avx2.onnx";
const second = "onnx/model_uint8.onnx";
let fixture: DownloadFixture;

const offer = (...paths: string[]): void => {
  const files = Object.fromEntries(paths.map((path) => [path, quantized]));
  fixture.hub.repositories["org/name"] = { files: { ...tinyRepository(), ...files } };
};
const locate = (): LocatedModel | undefined => locateReference(model, { processor });
const identity = (suffix: string): string => `org/name@${fixture.hub.commitOf("org/name")}${suffix}`;
const absent = (): string[] => readRecord(fixture.snapshot(), "org/name", fixture.hub.commitOf("org/name")).absent;

beforeEach(async () => {
  fixture = await createDownloadFixture();
});

afterEach(() => fixture.close());

describe("an automatic model file of the hub", () => {
  it("is the best that the repository has, with its accuracy and a name of its own", async () => {
    offer(best, second, "onnx/model_fp16.onnx", "onnx/model_O4.onnx", "onnx/model_qint8_avx512_vnni.onnx");
    await fixture.download(model, { processor });
    expect(locate()).toMatchObject({ id: identity(`/${best}`), modelPath: join(fixture.snapshot(), best), accuracy: "int8" });
    expect(fixture.hub.requests.filter((request) => request.path.includes("/api/models/"))).toHaveLength(1);
    expect(fixture.hub.requests.filter((request) => request.server === "cdn" && request.method === "GET")).toHaveLength(1);
  });

  it("is the exact one where there is no better, under the usual name", async () => {
    offer("onnx/model_qint8_arm64.onnx");
    await fixture.download(model, { processor });
    expect(locate()).toMatchObject({ id: identity(""), accuracy: "exact" });
  });

  it("is found again without the network, for what the repository lacks was noted", async () => {
    offer(second);
    await fixture.download(model, { processor });
    expect(absent()).toEqual([best]);
    const before = fixture.hub.requests.length;
    expect(locate()?.id).toBe(identity(`/${second}`));
    await fixture.download(model, { processor });
    expect(fixture.hub.requests.length).toBe(before);
  });

  it("is not taken from the cache as long as the repository may have a better one", async () => {
    offer(best);
    await fixture.download({ type: "custom", modelId: "org/name" });
    expect(locate()).toBeUndefined();
    await fixture.download(model, { processor });
    expect(locate()?.id).toBe(identity(`/${best}`));
  });

  it("is the best that is here when the network is forbidden", async () => {
    offer(best, second);
    await fixture.download({ type: "custom", modelId: "org/name" });
    await fixture.download({ type: "custom", modelId: "org/name", modelFile: second });
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    expect(locate()?.id).toBe(identity(`/${second}`));
    await fixture.download(model, { processor });
  });

  it("is a matter of the processor: another one finds another file in the same snapshot", async () => {
    offer(best, "onnx/model_quantized.onnx");
    await fixture.download(model, { processor });
    expect(locateReference(model, { processor: vnni })).toBeUndefined();
    await fixture.download(model, { processor: vnni });
    expect(locateReference(model, { processor: vnni })?.id).toBe(identity("/onnx/model_quantized.onnx"));
    expect(locate()?.id).toBe(identity(`/${best}`));
  });

  it("is asked for by name where a mirror has no list", async () => {
    offer(second);
    const { fetch } = globalThis;
    const withoutList: typeof fetch = (input, init) =>
      String(input).includes("/api/models/") ? Promise.resolve(new Response("", { status: 404 })) : fetch(input, init);
    await fixture.download(model, { processor, fetch: withoutList });
    expect(locate()?.id).toBe(identity(`/${second}`));
    expect(absent()).toEqual([best]);
  });

  it("names all that were looked for when there is none", async () => {
    const { "onnx/model.onnx": _, ...files } = tinyRepository();
    fixture.hub.repositories["org/name"] = { files: { ...files, "onnx/odd.onnx": quantized } };
    const error = await fixture.failure(model, { processor });
    expect(error.code).toBe("unknown-model");
    expect(error.message).toMatch(
      /no file onnx\/model_quint8_avx2\.onnx, nor .*, nor onnx\/model\.onnx at main\. Set modelFile to one of: onnx\/odd\.onnx/,
    );
  });

  it("says that it was automatic when nothing is here and the network is forbidden", async () => {
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    expect((await fixture.failure(model, { processor })).message).toContain("org/name@main (auto) is not complete");
  });

  it("is asked for again after a forced download, at the branch's new commit", async () => {
    offer(second);
    await fixture.download(model, { processor });
    offer(best, second);
    await fixture.download(model, { processor, force: true });
    expect(locate()?.id).toBe(identity(`/${best}`));
  });
});

describe("an automatic model file of a folder", () => {
  const at = (): CheckedCustomModel => ({ type: "custom", modelId: join(fixture.isolated.folder, "model"), modelFile: "auto" });
  const write = (path: string, bytes: Buffer): void => writeAt(join(at().modelId, path), bytes);

  beforeEach(() => {
    for (const [path, bytes] of Object.entries(tinyRepository())) write(path, bytes);
  });

  it("is the best one there, below onnx/ or at the root", () => {
    write("model_uint8.onnx", quantized);
    expect(locateReference(at(), { processor })).toMatchObject({ id: `${at().modelId}/model_uint8.onnx`, accuracy: "int8" });
    write(best, quantized);
    expect(locateReference(at(), { processor })?.id).toBe(`${at().modelId}/${best}`);
  });

  it("is the usual one under the usual name where there is no other", () => {
    expect(locateReference(at(), { processor })).toMatchObject({ id: at().modelId, accuracy: "exact" });
    rmSync(join(at().modelId, "onnx"), { recursive: true });
    write("model.onnx", encodeModel({}));
    expect(locateReference(at(), { processor })).toMatchObject({ id: at().modelId, modelPath: join(at().modelId, "model.onnx") });
  });

  it("is the usual one when it is missing, in the message", () => {
    rmSync(join(at().modelId, "onnx"), { recursive: true });
    expect(() => locateReference(at(), { processor })).toThrow(/lacks onnx\/model\.onnx\./);
    expect(() => locateReference(at(), { processor })).toThrow(RerankError);
  });
});

it("is the one file of the bundled model", () => {
  const plain = locateReference({ type: "preset", name: "mini" }, {});
  expect(locateReference({ type: "preset", name: "mini", modelFile: "auto" }, { processor })).toEqual(plain);
  expect(plain?.accuracy).toBe("int8");
});
