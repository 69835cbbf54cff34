/** All self-hosted engines. To add one, export it from its dialect's file and add an entry to this list. */
import type { Engine } from "./engine.ts";
import { infinityEngine } from "./infinity.ts";
import { llamaCppEngine } from "./llamacpp.ts";
import { localAiEngine } from "./localai.ts";
import { teiEngine } from "./tei.ts";
import { crossrankEngine } from "./union.ts";
import { vllmEngine } from "./vllm.ts";
import { xinferenceEngine } from "./xinference.ts";

type EngineName = "tei" | "vllm" | "infinity" | "llamacpp" | "localai" | "xinference" | "crossrank";

/** The engines by their names in configurations, in the order of the docs. */
export const engines: Readonly<Record<EngineName, Engine>> = {
  tei: teiEngine,
  vllm: vllmEngine,
  infinity: infinityEngine,
  llamacpp: llamaCppEngine,
  localai: localAiEngine,
  xinference: xinferenceEngine,
  crossrank: crossrankEngine,
};
