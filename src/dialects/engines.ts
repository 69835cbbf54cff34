/** All engines that people run themselves: a new one is an export of its dialect's file and an entry of this list. */
import type { Engine } from "./engine.ts";
import { infinityEngine } from "./infinity.ts";
import { llamaCppEngine } from "./llamacpp.ts";
import { localAiEngine } from "./localai.ts";
import { teiEngine } from "./tei.ts";
import { crossrankEngine } from "./union.ts";
import { vllmEngine } from "./vllm.ts";
import { xinferenceEngine } from "./xinference.ts";

type EngineName = "tei" | "vllm" | "infinity" | "llamacpp" | "localai" | "xinference" | "crossrank";

/** By their names in configurations; the order is that of the documentation. */
export const engines: Readonly<Record<EngineName, Engine>> = {
  tei: teiEngine,
  vllm: vllmEngine,
  infinity: infinityEngine,
  llamacpp: llamaCppEngine,
  localai: localAiEngine,
  xinference: xinferenceEngine,
  crossrank: crossrankEngine,
};
