/** The built package beside an ONNX Runtime of our own, whose threads die when they are told to; as in test/providers.test.ts. */
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder, root } from "../support/command.node.ts";

/** The variable with the path of a file: the next pass that finds it removes it, and ends its thread. */
export const deadlyFileVariable = "SCRIPTED_DEADLY_FILE";

/** A pair's logit is its number of ids that are not padding. */
const bindingSource = `
const { rmSync } = require("node:fs");
class InferenceSession {
  inputMetadata = ["input_ids", "attention_mask", "token_type_ids"].map((name) => ({ name, isTensor: true, type: 7, shape: [-1, -1] }));
  outputMetadata = [{ name: "logits", isTensor: true, type: 1, shape: [-1, 1] }];
  loadModel() {}
  run(feeds) {
    const [pairs, tokens] = feeds.input_ids.dims;
    let isDeadly = true;
    try { rmSync(process.env.${deadlyFileVariable}); } catch { isDeadly = false; }
    if (isDeadly) process.exit(9);
    const data = Float32Array.from({ length: pairs }, (_, row) => feeds.attention_mask.data.slice(row * tokens, (row + 1) * tokens).reduce((sum, one) => sum + Number(one), 0));
    return { logits: { data, dims: [pairs, 1] } };
  }
  dispose() {}
}
exports.binding = { InferenceSession };
exports.initOrt = () => {};
`;

/** @returns the folder, which the caller removes; the command is in its `dist/cli.js` */
export function makeScriptedPackage(): string {
  const folder = makeFolder();
  cpSync(join(root, "dist"), join(folder, "dist"), { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  const modules = join(folder, "node_modules");
  mkdirSync(modules);
  for (const name of readdirSync(join(root, "node_modules")).filter((entry) => entry !== "onnxruntime-node")) {
    symlinkSync(join(root, "node_modules", name), join(modules, name));
  }
  const runtime = join(modules, "onnxruntime-node");
  mkdirSync(join(runtime, "dist"), { recursive: true });
  writeFileSync(join(runtime, "package.json"), '{ "name": "onnxruntime-node", "version": "0.0.0", "main": "index.js" }');
  const tensor = "exports.Tensor = class { constructor(type, data, dims) { Object.assign(this, { type, data, dims }); } };";
  writeFileSync(join(runtime, "index.js"), tensor);
  writeFileSync(join(runtime, "dist/binding.js"), bindingSource);
  return folder;
}
