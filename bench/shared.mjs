/** What the comparisons with other libraries share: their Python environment, the model all of them run, medians. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const peers = join(dirname(fileURLToPath(import.meta.url)), "peers");

/** Of contenders: nothing is fetched and nothing is reported while they run. */
export const environment = {
  ...process.env,
  HF_HUB_OFFLINE: "1",
  ORT_DISABLE_TELEMETRY: "1",
  OPENVINO_TELEMETRY: "0",
  TOKENIZERS_PARALLELISM: "true",
};

/** Path of a Python in `work` that has what the requirements file names; made or completed if need be. */
export function makePython(work, requirements) {
  const folder = join(work, "venv");
  const executable = join(folder, "bin/python");
  if (!existsSync(executable)) must("python3", ["-m", "venv", folder]);
  must(executable, ["-m", "pip", "install", "--quiet", "--requirement", requirements]);
  return executable;
}

/** Folder of the model in `work`, onnx/model.onnx (fp32) and onnx/model_int8.onnx within; made if need be. */
export function makeModel(work, python) {
  const folder = join(work, "minilm-l6");
  if (!existsSync(join(folder, "onnx/model_int8.onnx"))) must(python, [join(peers, "make_model.py"), folder]);
  return folder;
}

/** Runs a command to its end; throws unless it ends well. */
export function must(command, parameters) {
  const { status } = spawnSync(command, parameters, {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, ORT_DISABLE_TELEMETRY: "1" },
  });
  if (status !== 0) throw new Error(`${command} ${parameters.join(" ")} failed with exit code ${status}`);
}

/** Half of the numbers lie below it. */
export function median(numbers) {
  return quantile(numbers, 0.5);
}

/** The value below which a share of the numbers lies, in any order. */
export function quantile(numbers, share) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
