/** Shared by the comparisons with other libraries: the Python environment, the model, medians. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const peers = join(dirname(fileURLToPath(import.meta.url)), "peers");

/** Environment of contenders. While they run, they download nothing and send no reports. */
export const environment = {
  ...process.env,
  HF_HUB_OFFLINE: "1",
  ORT_DISABLE_TELEMETRY: "1",
  OPENVINO_TELEMETRY: "0",
  TOKENIZERS_PARALLELISM: "true",
};

/** Path of a Python in `work` with the packages of the requirements file. Creates or completes it if necessary. */
export function makePython(work, requirements) {
  const folder = join(work, "venv");
  const executable = join(folder, "bin/python");
  if (!existsSync(executable)) must("python3", ["-m", "venv", folder]);
  must(executable, ["-m", "pip", "install", "--quiet", "--requirement", requirements]);
  return executable;
}

/** Folder of the model in `work`, with onnx/model.onnx (fp32) and onnx/model_int8.onnx. Creates it if necessary. */
export function makeModel(work, python) {
  const folder = join(work, "minilm-l6");
  if (!existsSync(join(folder, "onnx/model_int8.onnx"))) must(python, [join(peers, "make_model.py"), folder]);
  return folder;
}

/** Runs a command. Throws if it fails. */
export function must(command, parameters) {
  const { status } = spawnSync(command, parameters, {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, ORT_DISABLE_TELEMETRY: "1" },
  });
  if (status !== 0) throw new Error(`${command} ${parameters.join(" ")} failed with exit code ${status}`);
}

/** The median. */
export function median(numbers) {
  return quantile(numbers, 0.5);
}

/** A quantile: the value below which a share of the numbers lies. The numbers may have any order. */
export function quantile(numbers, share) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
