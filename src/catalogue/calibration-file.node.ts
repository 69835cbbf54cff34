/** The calibration file, which `crossrank eval calibrate` writes and the `calibration` of a configuration names. */
import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readFileSync, readSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import * as z from "zod/mini";
import { expected, finiteNumber, listOf, nonBlank, oneOf } from "../config/option.ts";
import { readBySchema, withShortForms } from "../config/read.ts";
import { messageOf, RerankError } from "../errors.ts";
import { expandHome } from "../hub/environment.node.ts";
import type { LocatedModel } from "../hub/locate.node.ts";
import type { Calibration } from "../types.ts";

/** What the file holds. */
export interface CalibrationFile {
  /** Version of the format. */
  version: 1;
  /** {@link calibrationIdentity} of the model it was fitted for. */
  model: string;
  calibration: Calibration;
  /** How it was fitted and how good it is, for people. */
  fitted?: Readonly<Record<string, unknown>>;
}

const sampledBlocks = 16;
const blockBytes = 65_536;

/**
 * Reads a calibration and checks that it belongs to a model.
 *
 * @param path relative ones to the working folder; `~` is the home folder
 * @throws RerankError `invalid-input` if the file cannot be read, is not a calibration file, or was fitted for another model
 */
export function readCalibration(path: string, model: LocatedModel): Calibration {
  const file = readBySchema(calibrationFile, parse(path), `calibration (${path})`);
  const identity = calibrationIdentity(model);
  if (file.model !== identity) {
    const remedy = "Fit one with crossrank eval calibrate, for thresholds do not carry over between models";
    throw new RerankError("invalid-input", `calibration: ${path} was fitted for ${file.model}, and this model is ${identity}. ${remedy}.`);
  }
  return file.calibration;
}

/** @throws RerankError `invalid-input` if the file cannot be written */
export function writeCalibration(path: string, file: CalibrationFile): void {
  try {
    writeFileSync(path, `${JSON.stringify(file, undefined, 2)}\n`);
  } catch (cause) {
    throw new RerankError("invalid-input", `calibration: cannot write ${path}: ${messageOf(cause)}. Name another file with --output.`, {
      cause,
    });
  }
}

/**
 * Identifies a model's weights without their path: repository and commit, the bundled model's digest, or for a local folder `local@` and a
 * digest of samples of its ONNX file and external data, so that gigabytes need not be read.
 */
export function calibrationIdentity({ id, modelPath, externalData }: LocatedModel): string {
  if (!isAbsolute(id)) return id;
  const digest = createHash("sha256");
  for (const path of [modelPath, ...externalData.map((location) => join(dirname(modelPath), location))]) {
    const file = openSync(path, "r");
    try {
      const { size } = fstatSync(file);
      digest.update(`${size};`);
      const block = Buffer.alloc(blockBytes);
      for (let index = 0; index < sampledBlocks; index += 1) {
        const start = Math.floor((Math.max(0, size - blockBytes) * index) / (sampledBlocks - 1));
        digest.update(block.subarray(0, readSync(file, block, 0, blockBytes, start)));
      }
    } finally {
      closeSync(file);
    }
  }
  return `local@${digest.digest("hex").slice(0, 12)}`;
}

const finite = finiteNumber();
// A slope of 0 would make all scores equal, and a negative one would reverse their order.
const positive = z.number({ error: expected("a finite number") }).check(z.positive({ error: expected("a number > 0") }));
const probability = finiteNumber().check(z.refine((value) => value >= 0 && value <= 1, { error: expected("a number in [0, 1]") }));

const platt = z.strictObject({ method: oneOf("platt"), slope: positive, intercept: finite });
const isotonic = z
  .strictObject({ method: oneOf("isotonic"), logits: listOf(finite, 1), probabilities: listOf(probability, 1) })
  .check(({ value: { logits, probabilities }, issues }) => {
    const refuse = (key: string, expectation: string, input: unknown): void => {
      issues.push({ code: "custom", input, path: [key], message: expected(expectation)({ input }) });
    };
    if (logits.length !== probabilities.length) refuse("probabilities", `${logits.length} of them`, probabilities.length);
    if (logits.some((logit, index) => index > 0 && logit <= logits[index - 1]!)) refuse("logits", "rising numbers", logits);
    if (probabilities.some((share, index) => index > 0 && share < probabilities[index - 1]!)) {
      refuse("probabilities", "numbers that never fall", probabilities);
    }
  });

const calibration = withShortForms(
  z.discriminatedUnion("method", [platt, isotonic], {
    error: ({ input }) => expected('"platt" or "isotonic"')({ input: (input as { method?: unknown } | null)?.method }),
  }),
  (value) => value,
  "an object",
);

const calibrationFile: z.ZodMiniType<CalibrationFile> = z.strictObject({
  version: z.literal(1, { error: expected("1, the only version that this crossrank knows") }),
  model: nonBlank(),
  calibration,
  fitted: z.exactOptional(z.record(z.string(), z.unknown())),
});

function parse(path: string): unknown {
  try {
    return JSON.parse(readFileSync(resolve(expandHome(path)), "utf8"));
  } catch (cause) {
    const remedy = "Name a file that crossrank eval calibrate wrote";
    throw new RerankError("invalid-input", `calibration: cannot read ${path}: ${messageOf(cause)}. ${remedy}.`, { cause });
  }
}
