import type { RerankResult } from "../index.ts";
import { camelCase, snakeCase } from "../values.ts";
import type { Dialect } from "./dialect.ts";
import { parseAllowedConfig, type ReplyField } from "./policy.ts";
import { type NativeRequestBody, nativeErrorSchema, nativeReplySchema, nativeRequestSchema } from "./schemas/native-schemas.ts";

/** crossrank's own format: `{ query, documents, config }`. */
export const nativeDialect: Dialect = {
  name: "native",
  vendors: [
    {
      name: "crossrank",
      description: "crossrank's own format",
      otherPaths: { alive: ["/health"], ready: ["/ready"], models: ["/v1/models"], info: ["/info"] },
    },
  ],
  paths: [{ path: "/rerank", usedBy: "crossrank" }],
  isUnmistakable: (body) => "config" in body && "documents" in body,
  request: nativeRequestSchema,
  reply: nativeReplySchema,
  error: nativeErrorSchema,
  encodeError: ({ status, code, message, requestId }) => ({
    status,
    body: { error: { code, message, ...(requestId === undefined ? {} : { request_id: requestId }) } },
  }),
  reword: (message, sent) => {
    const names = optionNames((sent as NativeRequestBody).config ?? {});
    return message.replaceAll("maxLength", names.maxLength ?? "maxLength");
  },
  read(body, { models, options: server }) {
    const { query, documents, config } = body as NativeRequestBody;
    // The operator's names first: a served model may have the name of a preset.
    const served = models.served.find(({ name }) => name === config?.model);
    const { model, options, replyFields } = parseAllowedConfig(
      served === undefined ? (config ?? {}) : { ...config, model: null },
      server.allowModels,
    );
    return {
      calls: [{ query, documents }],
      model: served === undefined ? model && { reference: model } : { entry: served },
      isModelUnknown: false,
      options,
      areOptionsChecked: true,
      ignored: [],
      optionNames: optionNames(config ?? {}),
      echoes: true,
      tellsTimes: false,
      encode: ([result]) => ({ results: result!.results.map(withBothScores), ...extraFields(result!, replyFields) }),
    };
  },
};

/**
 * A result with its score under a second name. Milvus's `vllm` ranker sends what looks like our own request, cannot be given another path,
 * and takes a missing `relevance_score` for 0.
 *
 * @see https://github.com/milvus-io/milvus `internal/util/function/models/vllm/vllm_client.go` at 25ec72e
 */
function withBothScores({ index, score, ...others }: RerankResult["results"][number]): object {
  return { index, score, relevance_score: score, ...others };
}

/** Maps the library's option names to the keys of `config`. */
function optionNames(config: object): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.keys(config).map((key) => [camelCase(key), `config.${key}`]));
}

function extraFields({ model, usage, timings, warnings }: RerankResult, wanted: ReadonlySet<ReplyField>): object {
  return {
    ...(wanted.has("model") ? { model } : {}),
    ...(wanted.has("usage") ? { usage } : {}),
    ...(wanted.has("timings") ? { timings: snakeCaseKeys(timings) } : {}),
    ...(wanted.has("warnings") ? { warnings: warnings.map(snakeCaseKeys) } : {}),
  };
}

function snakeCaseKeys(value: object): object {
  return Object.fromEntries(Object.entries(value).map(([key, item]: [string, unknown]) => [snakeCase(key), item]));
}
