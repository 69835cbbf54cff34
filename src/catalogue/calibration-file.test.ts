import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type IsolatedModels, isolateModels } from "../../test/support/isolated-models.node.ts";
import { locateReference } from "../../test/support/locate-reference.node.ts";
import type { LocatedModel } from "../hub/locate.node.ts";
import { bundledFile } from "./bundled.node.ts";
import { calibrationIdentity, readCalibration, writeCalibration } from "./calibration-file.node.ts";

let isolated: IsolatedModels;
let mini: LocatedModel;
let path: string;

beforeEach(() => {
  isolated = isolateModels();
  mini = locateReference({ type: "preset", name: "mini" }, {})!;
  path = join(isolated.folder, "calibration.json");
});

afterEach(() => isolated.restore());

function write(change: Readonly<Record<string, unknown>>): void {
  const file = { version: 1, model: mini.id, calibration: { method: "platt", slope: 0.5, intercept: -1 }, ...change };
  writeFileSync(path, JSON.stringify(file));
}

describe("readCalibration", () => {
  it("reads what was written, by an absolute path and by ~", () => {
    const isotonic = { method: "isotonic", logits: [-1, 2], probabilities: [0, 0.75] } as const;
    writeCalibration(path, { version: 1, model: mini.id, calibration: isotonic, fitted: { pairs: 3 } });
    expect(readCalibration(path, mini)).toEqual(isotonic);
    expect(readCalibration("~/calibration.json", mini)).toEqual(isotonic);
  });

  it("refuses one that was fitted for another model", () => {
    write({ model: "org/name@0123" });
    expect(() => readCalibration(path, mini)).toThrow(
      expect.objectContaining({
        code: "invalid-input",
        message: expect.stringContaining(`fitted for org/name@0123, and this model is ${mini.id}`),
      }),
    );
  });

  it.each([
    [{ version: 2 }, "version: expected 1, the only version"],
    [{ model: undefined }, "model: missing"],
    [{ extra: 1 }, "extra: unknown key"],
    [{ calibration: 3 }, "calibration: expected an object, got 3"],
    [{ calibration: { method: "sigmoid" } }, 'calibration.method: expected "platt" or "isotonic", got "sigmoid"'],
    [{ calibration: null }, "calibration: missing"],
    [{ calibration: { method: "platt", slope: 0, intercept: 0 } }, "calibration.slope: expected a number > 0, got 0"],
    [{ calibration: { method: "platt", slope: 1 } }, "calibration.intercept: missing"],
    [{ calibration: { method: "isotonic", logits: [], probabilities: [] } }, "calibration.logits: expected an array of at least 1"],
    [{ calibration: { method: "isotonic", logits: [1, 2], probabilities: [0] } }, "calibration.probabilities: expected 2 of them, got 1"],
    [{ calibration: { method: "isotonic", logits: [1, 1], probabilities: [0, 1] } }, "calibration.logits: expected rising numbers"],
    [
      { calibration: { method: "isotonic", logits: [1, 2], probabilities: [1, 0] } },
      "calibration.probabilities: expected numbers that never fall",
    ],
    [
      { calibration: { method: "isotonic", logits: [1], probabilities: [1.5] } },
      "calibration.probabilities[0]: expected a number in [0, 1], got 1.5",
    ],
  ])("refuses a file with %j", (change, message) => {
    write(change);
    expect(() => readCalibration(path, mini)).toThrow(
      expect.objectContaining({
        code: "invalid-input",
        message: expect.stringContaining(`${path}).${message}`),
      }),
    );
  });

  it("refuses what is no JSON, and what is not there", () => {
    expect(() => readCalibration(path, mini)).toThrow(
      expect.objectContaining({ code: "invalid-input", message: expect.stringContaining("ENOENT") }),
    );
    writeFileSync(path, "{");
    expect(() => readCalibration(path, mini)).toThrow(expect.objectContaining({ code: "invalid-input" }));
    expect(() =>
      writeCalibration(join(isolated.folder, "none", "c.json"), {
        version: 1,
        model: "m",
        calibration: { method: "platt", slope: 1, intercept: 0 },
      }),
    ).toThrow(expect.objectContaining({ code: "invalid-input", message: expect.stringContaining("--output") }));
  });
});

describe("the identity of a local folder", () => {
  it("is that of its weights, wherever they lie, and of no others", () => {
    const folders = ["one", "two", "changed"].map((name) => join(isolated.folder, name));
    for (const folder of folders) cpSync(dirname(bundledFile("mini", "config.json")), folder, { recursive: true });
    const weights = join(folders[2]!, "onnx", "model.onnx");
    const bytes = readFileSync(weights);
    // The last weight: samples reach from the first byte to the last.
    bytes[bytes.length - 1]! ^= 1;
    rmSync(weights);
    writeFileSync(weights, bytes);
    const identities = folders.map((modelId) =>
      calibrationIdentity({ ...mini, id: modelId, modelPath: join(modelId, "onnx", "model.onnx") }),
    );
    expect(identities[0]).toMatch(/^local@[0-9a-f]{12}$/);
    expect(identities[1]).toBe(identities[0]);
    expect(identities[2]).not.toBe(identities[0]);
    expect(calibrationIdentity(mini)).toBe(mini.id);
  });
});
