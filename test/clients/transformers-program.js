// Run by recipes.test.ts in a process of its own: Transformers.js brings its own copy of the runtime.
import { env } from "@huggingface/transformers";
import { registerRerankerBackend, rerank } from "crossrank";
import { createTransformersBackend } from "./transformers.js";

const { models, query, documents } = JSON.parse(process.argv[2]);
env.localModelPath = models;
env.allowRemoteModels = false;
registerRerankerBackend(createTransformersBackend("tiny-bert", { dtype: "fp32" }));
console.log(JSON.stringify(await rerank(query, documents, { model: "plugin:transformers" })));
