import { describe, expect, it } from "vitest";
import { configurationsOf } from "./bench-options.ts";

describe("configurationsOf", () => {
  it("gives one configuration without --vs, with the library's defaults", () => {
    const configurations = configurationsOf({});
    expect(configurations).toMatchObject([
      { name: "first", isSync: false, config: { model: { type: "preset", name: "mini" }, acceleration: {} } },
    ]);
    expect(configurations).toHaveLength(1);
  });

  it("makes the second one of the first and its changes", () => {
    const options = { model: "fast", batchSize: 4, workers: 2, maxLength: 256, vs: "model=./folder, batch-size=8,threads=3,sync=true" };
    const [first, second] = configurationsOf(options);
    expect(first!.config).toMatchObject({ model: { name: "fast", maxLength: 256 }, batchSize: 4, acceleration: { workers: 2 } });
    expect(second).toMatchObject({
      name: "second",
      isSync: true,
      config: { model: { type: "custom", modelId: "./folder", maxLength: 256 }, batchSize: 8, acceleration: { workers: 2, threads: 3 } },
    });
  });

  it("takes an empty value as the default", () => {
    const [, second] = configurationsOf({ modelFile: "onnx/a.onnx", workers: 2, sync: true, vs: "model-file=,workers=,sync=" });
    expect(second).toMatchObject({ isSync: false, config: { acceleration: {} } });
    expect(second!.config.model).toEqual({ type: "preset", name: "mini" });
    expect(second!.config.acceleration).toEqual(configurationsOf({})[0]!.config.acceleration);
  });

  it("reads paths with commas and equals signs", () => {
    const [, second] = configurationsOf({ vs: "model=./a, b,model-file=x=1.onnx" });
    expect(second!.config.model).toMatchObject({ modelId: "./a, b", modelFile: "x=1.onnx" });
  });

  it.each([
    ["nothing", "", /^--vs: "" is no change of a configuration\. Give key=value, .* batch-size, /],
    ["an unknown key", "batchsize=3", /^--vs: "batchsize=3" is no change/],
    ["an unknown key after a known one", "workers=1,toString=3", /^--vs: "toString=3" is no change/],
    ["a key of every object", "constructor=1", /^--vs: "constructor=1" is no change/],
    ["a key alone", "sync", /^--vs: "sync" is no change/],
    ["a number below its limit", "max-length=7", /^--vs: max-length: "7" is no such number\. Give an integer ≥ 8\.$/],
    ["a number that is none", "workers=two", /^--vs: workers: "two" is no such number/],
    ["a truth value that is none", "sync=1", /^--vs: sync: "1" is neither\. Give true or false\.$/],
    ["a model that is none", "model=no such", /^model: "no such" does not name a model/],
  ])("refuses %s", (_what, vs, message) => {
    expect(() => configurationsOf({ vs })).toThrow(
      expect.objectContaining({ code: "invalid-input", message: expect.stringMatching(message) }),
    );
  });
});
