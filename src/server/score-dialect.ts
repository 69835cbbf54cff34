import type { WireDocument } from "../dialects/codec.ts";
import { type ScoreRequest, type VllmScoreRequestBody, vllmScore } from "../dialects/vllm-score.ts";
import type { RerankResult } from "../index.ts";
import type { Dialect, RankCall } from "./dialect.ts";
import { ignoredKeys, optionNames } from "./ignored.ts";
import { errors, replies, requests } from "./schemas/dialect-schemas.ts";
import { cuttingOf, inOwnWords } from "./truncation.ts";

/** vLLM's scoring of pairs: each query of a request is ranked once, with all of its documents. */
export const scoreDialect: Dialect = {
  name: vllmScore.name,
  request: requests["vllm-score"],
  reply: replies["vllm-score"],
  error: errors["vllm-score"],
  encodeError: (failure) => vllmScore.encodeError(failure),
  reword: (message, sent) => inOwnWords(message, { names: optionNames(sent, vllmScore.requestFields), sent }),
  read(body, { models }, sent) {
    const request = vllmScore.decodeRequest(body as VllmScoreRequestBody);
    const { model, isUnknown } = models.byName(request.model);
    const places = placesByQuery(request);
    const calls = [...places].map(([query, ofQuery]): RankCall => ({ query, documents: ofQuery.map((place) => request.pairs[place]![1]) }));
    return {
      calls,
      model,
      isModelUnknown: isUnknown,
      options: {
        ...cuttingOf(request),
        ...(request.rawScores === true ? { return: ["logit"] } : {}),
      },
      ignored: ignoredKeys(sent, vllmScore),
      optionNames: optionNames(sent, vllmScore.requestFields),
      tellsTimes: false,
      encode(results, { requestId, model, nowMs }) {
        const scores = new Array<number>(request.pairs.length);
        [...places.values()].forEach((ofQuery, call) => {
          for (const { index, score, logit } of results[call]!.results)
            scores[ofQuery[index]!] = request.rawScores ? (logit ?? score) : score;
        });
        return vllmScore.encodeReply({ id: requestId, model, created: Math.floor(nowMs / 1000), scores, tokens: tokensOf(results) });
      },
    };
  },
};

/** Places of the pairs of each query, in order of appearance. */
function placesByQuery({ pairs }: ScoreRequest): Map<string, number[]> {
  const places = new Map<string, number[]>();
  pairs.forEach(([query], place) => {
    const known = places.get(query);
    if (known === undefined) places.set(query, [place]);
    else known.push(place);
  });
  return places;
}

function tokensOf(results: readonly RerankResult<WireDocument>[]): number {
  return results.reduce((sum, { usage }) => sum + usage.tokens, 0);
}
