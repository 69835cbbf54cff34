/** All codecs that rank, for whoever treats them alike: route tables, and tests of what every dialect keeps. */
import type { Codec } from "./codec.ts";
import { cohereV1 } from "./cohere-v1.ts";
import { cohereV2 } from "./cohere-v2.ts";
import { infinity } from "./infinity.ts";
import { jina } from "./jina.ts";
import { llamaCpp, llamaCppTexts } from "./llamacpp.ts";
import { localAi } from "./localai.ts";
import { mixedbread } from "./mixedbread.ts";
import { nim } from "./nim.ts";
import { pinecone } from "./pinecone.ts";
import { tei } from "./tei.ts";
import { together } from "./together.ts";
import { union } from "./union.ts";
import { vllm } from "./vllm.ts";
import { voyage } from "./voyage.ts";
import { xinference } from "./xinference.ts";

/** A codec of whichever bodies: what is decoded with it must have been checked by the schema of the same dialect. */
// biome-ignore lint/suspicious/noExplicitAny: no type of a body is common to all dialects
export type AnyCodec = Codec<any, any>;

/** Every {@link Codec}, in no order of importance; names are unique. */
export const codecs: readonly AnyCodec[] = [
  union,
  cohereV2,
  cohereV1,
  jina,
  voyage,
  mixedbread,
  pinecone,
  together,
  nim,
  tei,
  vllm,
  infinity,
  llamaCpp,
  llamaCppTexts,
  xinference,
  localAi,
];
