/**
 * The catalogue as data.
 *
 * Verified records carry a commit and sha256 sums as the crate xberg 1.3.10 pins them for its mirror. The others name the publisher's
 * branch, and each file is checked against the hub's own hash when it is downloaded; their sizes are those of the repositories' listings.
 */
import type { Preset } from "../types.ts";

const mirror = "xberg-io/reranker-models";
const mirrorRevision = "3d655b40f2e1e087460434a143b11afac4947318";
const defaultModelFile = "onnx/model.onnx";
const apache = "Apache-2.0";

/** What a record of a publisher's own repository must say; the rest has a usual value. */
type PublishedPreset = Pick<Preset, "name" | "sizeBytes" | "parameters" | "description"> &
  Partial<Omit<Preset, "repository" | "revision" | "folder" | "files" | "verified">> & { repository: string; externalData?: string };

/** Configuration, tokenizer and model at the root of the publisher's repository, on its main branch. */
function published({ externalData, ...facts }: PublishedPreset): Preset {
  const modelFile = facts.modelFile ?? defaultModelFile;
  const paths = [
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    modelFile,
    ...(externalData === undefined ? [] : [externalData]),
  ];
  return {
    revision: "main",
    folder: "",
    modelFile,
    files: paths.map((path) => ({ path })),
    languages: ["en"],
    maxLength: 512,
    licence: apache,
    commercialUse: true,
    recommended: false,
    verified: false,
    ...facts,
  };
}

type MirroredPreset = Pick<Preset, "name" | "folder" | "sizeBytes" | "parameters" | "languages" | "maxLength" | "description">;

/** One folder of the mirror, with the sha256 of each file. */
function mirrored(facts: MirroredPreset, sums: Readonly<Record<string, string>>): Preset {
  return {
    repository: mirror,
    revision: mirrorRevision,
    modelFile: `${facts.folder}/model.onnx`,
    files: Object.entries(sums).map(([path, sha256]) => ({ path: `${facts.folder}/${path}`, sha256 })),
    licence: apache,
    commercialUse: true,
    recommended: false,
    verified: true,
    ...facts,
  };
}

const megabyte = 1_000_000;
const million = 1_000_000;
const mmarcoLanguages = ["ar", "de", "en", "es", "fr", "hi", "id", "it", "ja", "nl", "pt", "ru", "vi", "zh"];

/** All records; names and what they mean never change. */
export const presets: readonly Preset[] = [
  {
    name: "mini",
    repository: undefined,
    revision: undefined,
    folder: "",
    modelFile: defaultModelFile,
    files: ["config.json", "tokenizer.json", "tokenizer_config.json", defaultModelFile].map((path) => ({ path })),
    // The folder tells both: see bundled.node.ts.
    sizeBytes: 0,
    parameters: 0,
    languages: ["en"],
    maxLength: 512,
    licence: apache,
    commercialUse: true,
    recommended: false,
    verified: true,
    description: "Small English model that comes with the package; the default, because it always works.",
  },
  published({
    name: "fast",
    repository: "cross-encoder/ms-marco-MiniLM-L6-v2",
    sizeBytes: 91 * megabyte,
    parameters: 22.7 * million,
    description: "Small and quick English passage reranker, trained on MS MARCO.",
  }),
  published({
    name: "balanced",
    repository: "BAAI/bge-reranker-base",
    sizeBytes: 1110 * megabyte,
    parameters: 278 * million,
    languages: ["en", "zh"],
    licence: "MIT",
    recommended: true,
    description: "English and Chinese; the one to use in production.",
  }),
  published({
    name: "quality",
    repository: "BAAI/bge-reranker-large",
    externalData: "onnx/model.onnx_data",
    sizeBytes: 2240 * megabyte,
    parameters: 560 * million,
    languages: ["en", "zh"],
    licence: "MIT",
    description: "English and Chinese, larger and slower than balanced.",
  }),
  mirrored(
    {
      name: "multilingual",
      folder: "bge-reranker-v2-m3",
      sizeBytes: 2290 * megabyte,
      parameters: 568 * million,
      languages: ["multi"],
      maxLength: 8192,
      description: "More than a hundred languages and long documents (BAAI/bge-reranker-v2-m3).",
    },
    {
      "config.json": "835fe05211a0d1535b5cd2accb6d788ad142bdc507f8a8bd7287727915d9d61f",
      "tokenizer.json": "8bf8afbfd11306bd872018c53bfdf2e160a56f8edbcf49933324404791c148d3",
      "tokenizer_config.json": "7e4c1cc848840aeccdd763458c18dd525eb0f795c992e00ebe9c28554e7db2d4",
      "model.onnx": "3af844cd2de818a95d2b5de5893a336836312c8ade03f53b286ac6beae080321",
      "model.onnx.data": "84b66c787b9b98977a16d5c993a3959210a214c98fc3466da263c949c2068945",
    },
  ),
  published({
    name: "ms-marco-tinybert-l2",
    repository: "cross-encoder/ms-marco-TinyBERT-L2-v2",
    sizeBytes: 18 * megabyte,
    parameters: 4.4 * million,
    description: "The smallest and quickest of the MS MARCO family; noticeably weaker.",
  }),
  published({
    name: "ms-marco-minilm-l2",
    repository: "cross-encoder/ms-marco-MiniLM-L2-v2",
    sizeBytes: 62.5 * megabyte,
    parameters: 15.6 * million,
    description: "Two layers, trained on MS MARCO.",
  }),
  published({
    name: "ms-marco-minilm-l4",
    repository: "cross-encoder/ms-marco-MiniLM-L4-v2",
    sizeBytes: 76.8 * megabyte,
    parameters: 19.2 * million,
    description: "Four layers, trained on MS MARCO; a third quicker than fast.",
  }),
  published({
    name: "ms-marco-minilm-l12",
    repository: "cross-encoder/ms-marco-MiniLM-L12-v2",
    sizeBytes: 134 * megabyte,
    parameters: 33.4 * million,
    description: "Twelve layers, trained on MS MARCO; about as good as fast, at half the speed.",
  }),
  published({
    name: "mmarco-minilm-l12",
    repository: "cross-encoder/mmarco-mMiniLMv2-L12-H384-v1",
    sizeBytes: 488 * megabyte,
    parameters: 118 * million,
    languages: mmarcoLanguages,
    description: "Fourteen languages, trained on translations of MS MARCO; small for a multilingual model.",
  }),
  published({
    name: "mxbai-rerank-xsmall-v1",
    repository: "mixedbread-ai/mxbai-rerank-xsmall-v1",
    sizeBytes: 284 * megabyte,
    parameters: 70.8 * million,
    description: "English, DeBERTa-v2.",
  }),
  published({
    name: "mxbai-rerank-base-v1",
    repository: "mixedbread-ai/mxbai-rerank-base-v1",
    sizeBytes: 739 * megabyte,
    parameters: 184 * million,
    description: "English, DeBERTa-v2.",
  }),
  published({
    name: "mxbai-rerank-large-v1",
    repository: "mixedbread-ai/mxbai-rerank-large-v1",
    sizeBytes: 1740 * megabyte,
    parameters: 435 * million,
    description: "English, DeBERTa-v2, large and slow.",
  }),
  published({
    name: "gte-reranker-modernbert-base",
    repository: "Alibaba-NLP/gte-reranker-modernbert-base",
    sizeBytes: 599 * megabyte,
    parameters: 149.6 * million,
    maxLength: 8192,
    description: "English, long documents and code, ModernBERT; among the best of its size.",
  }),
  mirrored(
    {
      name: "ettin-reranker-150m",
      folder: "ettin-reranker-150m",
      sizeBytes: 600 * megabyte,
      parameters: 151 * million,
      languages: ["en"],
      maxLength: 7999,
      description: "English, long documents, ModernBERT style; the best of its size (cross-encoder/ettin-reranker-150m-v1).",
    },
    {
      "config.json": "811c983253f393c55c0951715b3c529a32efbd10806084281677e19adb13c263",
      "tokenizer.json": "2cfefe444546c701c407d23fd6854b43dca1278dbeac29d04736d6aaf32a5631",
      "tokenizer_config.json": "a137ba535c8e4b1666cc6208745d354a39282568eab113ce9c653686f616c898",
      "model.onnx": "25f75eec24698705bea44517dd04874d6e00239defc63cc95c674e1bb4a968a5",
    },
  ),
  published({
    name: "jina-reranker-v1-tiny-en",
    repository: "jinaai/jina-reranker-v1-tiny-en",
    sizeBytes: 132 * megabyte,
    parameters: 33 * million,
    maxLength: 8192,
    description: "English, long documents, four layers (JinaBERT).",
  }),
  mirrored(
    {
      name: "jina-reranker-v1-turbo-en",
      folder: "jina-reranker-v1-turbo-en",
      sizeBytes: 151 * megabyte,
      parameters: 37.8 * million,
      languages: ["en"],
      maxLength: 8192,
      description: "English, long documents, six layers (JinaBERT).",
    },
    {
      "config.json": "e050ff6a15ae9295e84882fa0e98051bd8754856cd5201395ebf00ce9f2d609b",
      "tokenizer.json": "0046da43cc8c424b317f56b092b0512aaaa65c4f925d2f16af9d9eeb4d0ef902",
      "tokenizer_config.json": "d291c6652d96d56ffdbcf1ea19d9bae5ed79003f7648c627e725a619227ce8fa",
      "model.onnx": "c1296c66c119de645fa9cdee536d8637740efe85224cfa270281e50f213aa565",
    },
  ),
  published({
    name: "jina-reranker-v2-base-multilingual",
    repository: "jinaai/jina-reranker-v2-base-multilingual",
    sizeBytes: 1110 * megabyte,
    parameters: 278 * million,
    languages: ["multi"],
    maxLength: 1024,
    licence: "CC-BY-NC-4.0",
    commercialUse: false,
    description: "More than a hundred languages and code; its licence forbids commercial use.",
  }),
  published({
    name: "gte-multilingual-reranker-base",
    repository: "onnx-community/gte-multilingual-reranker-base",
    sizeBytes: 1260 * megabyte,
    parameters: 306 * million,
    languages: ["multi"],
    maxLength: 8192,
    description: "More than seventy languages, long documents; half the size of multilingual.",
  }),
  published({
    name: "bge-reranker-base-int8",
    repository: "Xenova/bge-reranker-base",
    modelFile: "onnx/model_quantized.onnx",
    sizeBytes: 279 * megabyte,
    parameters: 278 * million,
    languages: ["en", "zh"],
    licence: "MIT",
    description: "balanced in 8 bits: a quarter of the download, slightly different scores.",
  }),
];
