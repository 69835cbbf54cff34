/**
 * Chooses the ONNX file of a repository that a processor runs fastest, for `modelFile: "auto"`.
 *
 * The measurements behind the order are in docs/decisions/model-file-auto.md.
 */

import type { Processor } from "../machine/processor.ts";
import type { Accuracy } from "../onnx-graph/accuracy.ts";

/** One file that a repository may offer. */
export interface Variant {
  /** Path in a repository of the usual layout. */
  path: string;
  accuracy: Accuracy;
  /** Why it has its position in the order, for people. */
  note: string;
}

/** The value of `modelFile` for which crossrank chooses the file. */
export const automatic = "auto";

const exact: readonly Variant[] = [{ path: "onnx/model.onnx", accuracy: "exact", note: "32-bit floats; runs well everywhere" }];

// VNNI and ARM's dot product multiply unsigned activations by signed weights in one instruction.
// Files of both AVX-512 names contain the same kind of graph: unsigned activations, signed weights, one scale per channel.
const signed = [
  int8("model_qint8_avx512_vnni.onnx", "signed weights, one scale per channel, made for VNNI"),
  int8("model_qint8_avx512.onnx", "signed weights, one scale per channel"),
];
const general = [
  int8("model_quantized.onnx", "8 bits in the publisher's own way"),
  int8("model_int8.onnx", "signed weights"),
  int8("model_uint8.onnx", "unsigned weights"),
];
const forArm = [int8("model_qint8_arm64.onnx", "signed weights, one scale per channel, made for ARM")];
// Without VNNI the runtime adds pairs of signed byte products in 16 bits, which overflow: only unsigned weights are safe there.
const unsigned = [
  int8("model_quint8_avx2.onnx", "unsigned weights, one scale per channel, made for AVX2"),
  int8("model_uint8.onnx", "unsigned weights"),
];

/**
 * The files to look for, fastest on this processor first. The last is always the exact `onnx/model.onnx`.
 *
 * Every file of the list is known to be faster on this processor than the exact one. Left out: 16-bit floats (`model_fp16`, `model_O4`),
 * which a CPU converts back at every step; `model_O1` and `model_O2`, which the runtime makes from `model.onnx` itself when it loads it;
 * `model_O3`, which computes GELU approximately; 4 bits, which lose more accuracy than they gain speed.
 *
 * @see https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html on signed weights without VNNI
 */
export function variantCandidates({ architecture, features }: Processor): Variant[] {
  if (architecture === "x64" && (features.has("avx512_vnni") || features.has("avx_vnni"))) return [...signed, ...general, ...exact];
  if (architecture === "x64" && features.has("avx2")) return [...unsigned, ...exact];
  if (architecture === "arm64" && features.has("asimddp")) return [...forArm, ...general, ...exact];
  return [...exact];
}

function int8(name: string, note: string): Variant {
  return { path: `onnx/${name}`, accuracy: "int8", note };
}
