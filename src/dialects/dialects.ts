/** All dialects of the server except its native one. To add a dialect, add a file in this folder and an entry in this list. */

import { bedrockDialect } from "./bedrock.ts";
import type { AnyCodec } from "./codec.ts";
import { cohereV1Dialect } from "./cohere-v1.ts";
import { cohereV2Dialect } from "./cohere-v2.ts";
import { dashScopeDialect, dashScopeFlatDialect } from "./dashscope.ts";
import { deepInfraDialect } from "./deepinfra.ts";
import type { DialectDefinition } from "./definition.ts";
import { elasticsearchDialect } from "./elasticsearch.ts";
import { fireworksDialect } from "./fireworks.ts";
import { infinityDialect } from "./infinity.ts";
import { jinaDialect } from "./jina.ts";
import { llamaCppDialect, llamaCppTextsDialect } from "./llamacpp.ts";
import { localAiDialect } from "./localai.ts";
import { mixedbreadDialect } from "./mixedbread.ts";
import { nimDialect } from "./nim.ts";
import { openRouterDialect } from "./openrouter.ts";
import { pineconeDialect } from "./pinecone.ts";
import { teiDialect } from "./tei.ts";
import { togetherDialect } from "./together.ts";
import { unionDialect } from "./union.ts";
import { vertexDialect } from "./vertex.ts";
import { vllmDialect } from "./vllm.ts";
import { vllmScoreDialect } from "./vllm-score.ts";
import { voyageDialect } from "./voyage.ts";
import { weaviateDialect } from "./weaviate.ts";
import { xinferenceDialect } from "./xinference.ts";
import { zeroEntropyDialect } from "./zeroentropy.ts";

/** Each name occurs once. The docs have the same order. If several dialects of a path match a body, the first one gets it. */
export const dialects: readonly DialectDefinition[] = [
  unionDialect,
  cohereV2Dialect,
  cohereV1Dialect,
  jinaDialect,
  voyageDialect,
  mixedbreadDialect,
  pineconeDialect,
  togetherDialect,
  nimDialect,
  bedrockDialect,
  vertexDialect,
  dashScopeDialect,
  dashScopeFlatDialect,
  openRouterDialect,
  zeroEntropyDialect,
  fireworksDialect,
  deepInfraDialect,
  teiDialect,
  vllmDialect,
  vllmScoreDialect,
  infinityDialect,
  llamaCppDialect,
  llamaCppTextsDialect,
  xinferenceDialect,
  localAiDialect,
  elasticsearchDialect,
  weaviateDialect,
];

/** The codecs of all ranking dialects. */
export const codecs: readonly AnyCodec[] = dialects.flatMap((dialect) => ("codec" in dialect ? [dialect.codec] : []));
