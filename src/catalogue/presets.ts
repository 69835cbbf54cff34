/**
 * The catalogue as data.
 *
 * Verified records have a commit and sha256 sums, which the crate xberg 1.3.10 pins for its mirror. The others name the publisher's branch,
 * and each file is checked against the hub's own hash when it is downloaded; their sizes are from the repositories' listings.
 *
 * Each model has one record: the exact weights if somebody publishes them as ONNX, and a second record for 8 bits if those are in another
 * repository. The other files of a repository are for `modelFile: "auto"`.
 */
import type { Preset } from "../types.ts";
import { comparedRun, msMarco, qwenTable, stated } from "./quality.ts";

const mirror = "xberg-io/reranker-models";
const mirrorRevision = "3d655b40f2e1e087460434a143b11afac4947318";
const defaultModelFile = "onnx/model.onnx";
const apache = "Apache-2.0";

/** The fields that a publisher's own repository must state; the others have default values. */
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
    license: apache,
    commercialUse: true,
    quality: [],
    recommended: false,
    verified: false,
    ...facts,
  };
}

type MirroredPreset = Pick<
  Preset,
  | "name"
  | "folder"
  | "sizeBytes"
  | "parameters"
  | "languages"
  | "maxLength"
  | "head"
  | "template"
  | "instruction"
  | "quality"
  | "description"
>;

/** One folder of the mirror, with the sha256 of each file. */
function mirrored(facts: MirroredPreset, sums: Readonly<Record<string, string>>): Preset {
  return {
    repository: mirror,
    revision: mirrorRevision,
    modelFile: `${facts.folder}/model.onnx`,
    files: Object.entries(sums).map(([path, sha256]) => ({ path: `${facts.folder}/${path}`, sha256 })),
    license: apache,
    commercialUse: true,
    recommended: false,
    verified: true,
    ...facts,
  };
}

const megabyte = 1_000_000;
const million = 1_000_000;
const quantized = "onnx/model_quantized.onnx";
// Those of the translated passages; the base model has seen a hundred.
const mmarcoLanguages = ["ar", "de", "en", "es", "fr", "hi", "id", "it", "ja", "nl", "pt", "ru", "vi", "zh"];

const jinaV1Card = "https://huggingface.co/jinaai/jina-reranker-v1-tiny-en/blob/a8dca5e/README.md";
const jinaV2Card = "https://huggingface.co/jinaai/jina-reranker-v2-base-multilingual/blob/3aaa84b/README.md";
const miniSearch = "https://github.com/felladrin/MiniSearch/issues/2312";

/**
 * The prompt of Qwen3-Reranker, and its answers.
 *
 * @see https://huggingface.co/Qwen/Qwen3-Reranker-0.6B README.md, "Transformers Usage"
 */
const qwen3Reranker: Required<Pick<Preset, "head" | "template" | "instruction">> = {
  head: { type: "token", trueToken: "yes", falseToken: "no" },
  template:
    "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the Instruct provided. " +
    'Note that the answer can only be "yes" or "no".<|im_end|>\n<|im_start|>user\n' +
    "<Instruct>: {instruction}\n<Query>: {query}\n<Document>: {document}<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n",
  instruction: "Given a web search query, retrieve relevant passages that answer the query",
};

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
    license: apache,
    commercialUse: true,
    quality: [],
    recommended: false,
    verified: true,
    description: "Small English model that comes with the package; the default, because it always works.",
  },
  published({
    name: "fast",
    repository: "cross-encoder/ms-marco-MiniLM-L6-v2",
    sizeBytes: 91 * megabyte,
    parameters: 22.7 * million,
    quality: [...comparedRun(0.5082, 0.6312, "publisher"), ...msMarco(0.743, 0.3901)],
    description: "Small and quick English passage reranker, trained on MS MARCO.",
  }),
  published({
    name: "balanced",
    repository: "BAAI/bge-reranker-base",
    sizeBytes: 1110 * megabyte,
    parameters: 278 * million,
    languages: ["en", "zh"],
    license: "MIT",
    recommended: true,
    quality: comparedRun(0.489, 0.6027),
    description: "English and Chinese, smaller and quicker than quality.",
  }),
  published({
    name: "quality",
    repository: "BAAI/bge-reranker-large",
    externalData: "onnx/model.onnx_data",
    sizeBytes: 2240 * megabyte,
    parameters: 560 * million,
    languages: ["en", "zh"],
    license: "MIT",
    quality: comparedRun(0.5098, 0.6379),
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
      quality: comparedRun(0.5526, 0.6971),
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
    quality: msMarco(0.6984, 0.3256),
    description: "The smallest and quickest of the MS MARCO family; noticeably weaker.",
  }),
  published({
    name: "ms-marco-tinybert-l4",
    repository: "cross-encoder/ms-marco-TinyBERT-L4",
    // 4 bytes a weight: its own listing was not seen.
    sizeBytes: 57.4 * megabyte,
    parameters: 14.35 * million,
    quality: msMarco(0.6809, 0.345),
    description: "First version of the MS MARCO family: kept for those who use it, weaker than ms-marco-tinybert-l2.",
  }),
  published({
    name: "ms-marco-minilm-l2",
    repository: "cross-encoder/ms-marco-MiniLM-L2-v2",
    sizeBytes: 62.5 * megabyte,
    parameters: 15.6 * million,
    quality: msMarco(0.7101, 0.3485),
    description: "Two layers, trained on MS MARCO.",
  }),
  published({
    name: "ms-marco-minilm-l4",
    repository: "cross-encoder/ms-marco-MiniLM-L4-v2",
    sizeBytes: 76.8 * megabyte,
    parameters: 19.2 * million,
    quality: [...comparedRun(0.4979, 0.6298, "publisher"), ...msMarco(0.7304, 0.377)],
    description: "Four layers, trained on MS MARCO; a third quicker than fast.",
  }),
  published({
    name: "ms-marco-minilm-l12",
    repository: "cross-encoder/ms-marco-MiniLM-L12-v2",
    sizeBytes: 134 * megabyte,
    parameters: 33.4 * million,
    quality: [...comparedRun(0.5066, 0.6369, "publisher"), ...msMarco(0.7431, 0.3902)],
    description: "Twelve layers, trained on MS MARCO; about as good as fast, at half the speed.",
  }),
  published({
    name: "mmarco-minilm-l12",
    repository: "cross-encoder/mmarco-mMiniLMv2-L12-H384-v1",
    sizeBytes: 488 * megabyte,
    parameters: 118 * million,
    languages: mmarcoLanguages,
    quality: [
      ...stated(jinaV2Card, "third party", { BEIR: 0.454, MKQA: 0.5337 }),
      ...stated(miniSearch, "third party", { "MIRACL, 240 queries": 0.7973 }),
    ],
    description: "Fourteen languages, trained on translations of MS MARCO; small for a multilingual model.",
  }),
  published({
    name: "mxbai-rerank-xsmall-v1",
    repository: "mixedbread-ai/mxbai-rerank-xsmall-v1",
    sizeBytes: 284 * megabyte,
    parameters: 70.8 * million,
    quality: comparedRun(0.4968, 0.6136),
    description: "English, DeBERTa-v2.",
  }),
  published({
    name: "mxbai-rerank-base-v1",
    repository: "mixedbread-ai/mxbai-rerank-base-v1",
    sizeBytes: 739 * megabyte,
    parameters: 184 * million,
    quality: comparedRun(0.4865, 0.6231),
    description: "English, DeBERTa-v2.",
  }),
  published({
    name: "mxbai-rerank-large-v1",
    repository: "mixedbread-ai/mxbai-rerank-large-v1",
    sizeBytes: 1740 * megabyte,
    parameters: 435 * million,
    quality: [
      ...comparedRun(0.5063, 0.6488),
      ...stated("https://github.com/mixedbread-ai/mxbai-rerank/blob/8e709dc/README.md", "publisher", { BEIR: 0.4932 }),
    ],
    description: "English, DeBERTa-v2, large and slow.",
  }),
  published({
    name: "gte-reranker-modernbert-base",
    repository: "Alibaba-NLP/gte-reranker-modernbert-base",
    sizeBytes: 599 * megabyte,
    parameters: 149.6 * million,
    maxLength: 8192,
    quality: [
      ...comparedRun(0.5843, 0.7017),
      ...stated("https://huggingface.co/Alibaba-NLP/gte-reranker-modernbert-base", "publisher", {
        BEIR: 0.5619,
        LoCo: 0.9068,
        CoIR: 0.7999,
      }),
    ],
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
      quality: comparedRun(0.5994, 0.7086, "publisher"),
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
    quality: stated(jinaV1Card, "publisher", { BEIR: 0.4854, LoCo: 0.7029 }),
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
      quality: stated(jinaV1Card, "publisher", { BEIR: 0.496, LoCo: 0.6921 }),
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
    license: "CC-BY-NC-4.0",
    commercialUse: false,
    quality: stated(jinaV2Card, "publisher", { BEIR: 0.5317, MKQA: 0.5483 }),
    description: "More than a hundred languages and code; its license forbids commercial use.",
  }),
  published({
    name: "gte-multilingual-reranker-base",
    repository: "onnx-community/gte-multilingual-reranker-base",
    sizeBytes: 1260 * megabyte,
    parameters: 306 * million,
    languages: ["multi"],
    maxLength: 8192,
    quality: qwenTable([0.5951, 0.7408, 0.5944, 0.6633, 0.5418], "third party"),
    description: "More than seventy languages, long documents; half the size of multilingual.",
  }),
  published({
    name: "bge-reranker-base-int8",
    repository: "Xenova/bge-reranker-base",
    modelFile: quantized,
    sizeBytes: 279 * megabyte,
    parameters: 278 * million,
    languages: ["en", "zh"],
    license: "MIT",
    description: "balanced in 8 bits: a quarter of the download, slightly different scores.",
  }),
  published({
    name: "bge-reranker-v2-m3-int8",
    repository: "onnx-community/bge-reranker-v2-m3-ONNX",
    modelFile: quantized,
    sizeBytes: 571 * megabyte,
    parameters: 568 * million,
    languages: ["multi"],
    maxLength: 8192,
    description: "multilingual in 8 bits: a quarter of the download, slightly different scores.",
  }),
  published({
    name: "ms-marco-tinybert-l2-int8",
    repository: "Xenova/ms-marco-TinyBERT-L-2-v2",
    modelFile: quantized,
    sizeBytes: 4.5 * megabyte,
    parameters: 4.4 * million,
    description: "ms-marco-tinybert-l2 in 8 bits, slightly different scores; the smallest of all.",
  }),
  published({
    name: "ms-marco-minilm-l2-int8",
    repository: "Xenova/ms-marco-MiniLM-L-2-v2",
    modelFile: quantized,
    sizeBytes: 15.8 * megabyte,
    parameters: 15.6 * million,
    description: "ms-marco-minilm-l2 in 8 bits: a quarter of the download, slightly different scores.",
  }),
  published({
    name: "ms-marco-minilm-l6-int8",
    repository: "Xenova/ms-marco-MiniLM-L-6-v2",
    modelFile: quantized,
    sizeBytes: 23.1 * megabyte,
    parameters: 22.7 * million,
    description: "fast in 8 bits: a quarter of the download, slightly different scores.",
  }),
  published({
    name: "ms-marco-minilm-l12-int8",
    repository: "Xenova/ms-marco-MiniLM-L-12-v2",
    modelFile: quantized,
    sizeBytes: 34.2 * megabyte,
    parameters: 33.4 * million,
    description: "ms-marco-minilm-l12 in 8 bits: a quarter of the download, slightly different scores.",
  }),
  mirrored(
    {
      name: "qwen3-reranker-0.6b",
      folder: "qwen3-reranker-0.6b",
      sizeBytes: 2400 * megabyte,
      parameters: 596 * million,
      languages: ["multi"],
      // What the publisher's own example reads; the model has positions for 32768.
      maxLength: 8192,
      ...qwen3Reranker,
      quality: [...comparedRun(0.594), ...qwenTable([0.658, 0.7131, 0.6636, 0.6728, 0.7342], "publisher")],
      description:
        "More than a hundred languages, code and instructions: a language model that says yes or no; good and slow (Qwen/Qwen3-Reranker-0.6B).",
    },
    {
      "config.json": "ea7e71d263350d75f8fd0ad710328e96453be8ce2aa9dfe296000ee1366bb869",
      "tokenizer.json": "aeb13307a71acd8fe81861d94ad54ab689df773318809eed3cbe794b4492dae4",
      "tokenizer_config.json": "443bfa629eb16387a12edbf92a76f6a6f10b2af3b53d87ba1550adfcf45f7fa0",
      "model.onnx": "befa2cca8bd0a4ec7d53c51283283b939260dd66e95bc570cbb587e2d55795a2",
      "model.onnx.data": "49fe80bf9b8cf2692c9550643d05a6bc7eb3aeb055ea9f88f2ae5afd419a122a",
    },
  ),
  published({
    name: "qwen3-reranker-0.6b-int8",
    repository: "onnx-community/Qwen3-Reranker-0.6B-ONNX",
    modelFile: quantized,
    // 1 byte a weight: its own listing was not seen.
    sizeBytes: 596 * megabyte,
    parameters: 596 * million,
    languages: ["multi"],
    maxLength: 8192,
    ...qwen3Reranker,
    description: "qwen3-reranker-0.6b in 8 bits, slightly different scores.",
  }),
  published({
    name: "answerai-colbert-small-v1",
    repository: "answerdotai/answerai-colbert-small-v1",
    // Known to have the projection to 96 numbers a token in its graph; fastembed uses it, too.
    modelFile: "vespa_colbert.onnx",
    sizeBytes: 133 * megabyte,
    parameters: 33 * million,
    // Of the document; 32 of the query come apart.
    maxLength: 300,
    head: { type: "late-interaction" },
    description: "English; query and document are encoded apart and compared token by token (ColBERT).",
  }),
];
