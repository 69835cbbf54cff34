import type { ScoreRequest, WireDocument } from "../dialects/codec.ts";
import type { ScoringDialect } from "../dialects/definition.ts";
import type { RerankResult } from "../index.ts";
import type { Dialect, RankCall } from "./dialect.ts";
import { ignoredKeys, optionNames } from "./ignored.ts";
import { cuttingOf, inOwnWords } from "./truncation.ts";

/** Creates a dialect from a codec that scores pairs. Each query of a request is ranked once, with all its documents. */
export function scoreDialect({ scoreCodec: codec, vendor, otherVendors = [], paths, schemas }: ScoringDialect): Dialect {
  return {
    name: codec.name,
    vendors: [vendor, ...otherVendors],
    paths,
    ...schemas(),
    encodeError: (failure) => codec.encodeError(failure),
    reword: (message, sent) => inOwnWords(message, { names: optionNames(sent, codec.requestFields), sent }),
    read(body, { models }, sent) {
      const request = codec.decodeRequest(body);
      const { model, isUnknown } = models.byName(request.model);
      const indices = indicesByQuery(request);
      const calls = [...indices].map(
        ([query, ofQuery]): RankCall => ({ query, documents: ofQuery.map((index) => request.pairs[index]![1]) }),
      );
      return {
        calls,
        model,
        isModelUnknown: isUnknown,
        options: {
          ...cuttingOf(request),
          ...(request.rawScores === true ? { return: ["logit"] } : {}),
        },
        areOptionsChecked: false,
        ignored: ignoredKeys(sent, codec),
        optionNames: optionNames(sent, codec.requestFields),
        echoes: false,
        tellsTimes: false,
        encode(results, { requestId, model, nowMs }) {
          const scores = new Array<number>(request.pairs.length);
          [...indices.values()].forEach((ofQuery, call) => {
            for (const { index, score, logit } of results[call]!.results)
              scores[ofQuery[index]!] = request.rawScores ? (logit ?? score) : score;
          });
          return codec.encodeReply({ id: requestId, model, created: Math.floor(nowMs / 1000), scores, tokens: tokensOf(results) });
        },
      };
    },
  };
}

/** Indices of the pairs of each query, in order of appearance. */
function indicesByQuery({ pairs }: ScoreRequest): Map<string, number[]> {
  const indices = new Map<string, number[]>();
  pairs.forEach(([query], index) => {
    const known = indices.get(query);
    if (known === undefined) indices.set(query, [index]);
    else known.push(index);
  });
  return indices;
}

function tokensOf(results: readonly RerankResult<WireDocument>[]): number {
  return results.reduce((sum, { usage }) => sum + usage.tokens, 0);
}
