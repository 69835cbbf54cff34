import { expect, it } from "vitest";
import { firstPosition, tokenLimit } from "./token-limit.ts";

const bert = { model_type: "bert", max_position_embeddings: 512, pad_token_id: 0 };
const roberta = { model_type: "xlm-roberta", max_position_embeddings: 514, pad_token_id: 1 };

it("takes an explicit maxLength before the tokenizer's own limit", () => {
  expect(tokenLimit({ maxLength: 400, tokenizerConfig: { model_max_length: 256 }, modelConfig: bert, fallback: 128 })).toBe(400);
});

it("takes the tokenizer's limit, at most the position table", () => {
  expect(tokenLimit({ tokenizerConfig: { model_max_length: 256 }, modelConfig: bert })).toBe(256);
  expect(tokenLimit({ tokenizerConfig: { model_max_length: 8192 }, modelConfig: bert })).toBe(512);
});

it("ignores the number that stands for no limit", () => {
  expect(tokenLimit({ tokenizerConfig: { model_max_length: 1e30 }, modelConfig: bert })).toBe(512);
  expect(tokenLimit({ tokenizerConfig: { model_max_length: 1e30 }, modelConfig: {} })).toBe(512);
});

it("leaves out the rows of the position table that RoBERTa-like models never use", () => {
  expect(tokenLimit({ tokenizerConfig: {}, modelConfig: roberta })).toBe(512);
  expect(tokenLimit({ tokenizerConfig: {}, modelConfig: { ...roberta, max_position_embeddings: 8194 } })).toBe(8192);
  expect(tokenLimit({ tokenizerConfig: {}, modelConfig: { model_type: "camembert", max_position_embeddings: 514 } })).toBe(512);
});

it("gives an unset custom model at most the fallback", () => {
  expect(
    tokenLimit({ tokenizerConfig: { model_max_length: 8192 }, modelConfig: { ...bert, max_position_embeddings: 8192 }, fallback: 512 }),
  ).toBe(512);
  expect(tokenLimit({ tokenizerConfig: { model_max_length: 256 }, modelConfig: bert, fallback: 512 })).toBe(256);
});

it("refuses a maxLength above the position table, naming both numbers", () => {
  expect(() => tokenLimit({ maxLength: 513, tokenizerConfig: {}, modelConfig: roberta })).toThrowError(/513.*512/);
  expect(() => tokenLimit({ maxLength: 1024, tokenizerConfig: {}, modelConfig: bert })).toThrowError(
    expect.objectContaining({ code: "invalid-input" }),
  );
});

it("lets relative positions go beyond the length they were trained on", () => {
  const deberta = { model_type: "deberta-v2", max_position_embeddings: 512, relative_attention: true, position_biased_input: false };
  expect(tokenLimit({ maxLength: 1024, tokenizerConfig: {}, modelConfig: deberta })).toBe(1024);
  expect(tokenLimit({ tokenizerConfig: {}, modelConfig: deberta })).toBe(512);
});

it("takes any maxLength where the configuration has no table", () => {
  expect(tokenLimit({ maxLength: 4096, tokenizerConfig: {}, modelConfig: { max_position_embeddings: 1e9 } })).toBe(4096);
  expect(tokenLimit({ maxLength: 4096, tokenizerConfig: null, modelConfig: undefined })).toBe(4096);
});

it("counts positions of the family of RoBERTa from above the padding's", () => {
  expect(firstPosition(roberta)).toBe(2);
  expect(firstPosition({ model_type: "mpnet" })).toBe(2);
  expect(firstPosition(bert)).toBe(0);
  expect(firstPosition({})).toBe(0);
});
