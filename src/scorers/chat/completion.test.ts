import { describe, expect, it } from "vitest";
import { completion } from "../../../test/support/chat-server.node.ts";
import { readCompletion } from "./completion.ts";

const read = (body: unknown) => readCompletion("chat:m", body, JSON.stringify);

describe("readCompletion", () => {
  it("reads text, end, tokens and usage of an OpenAI completion", () => {
    expect(
      read(completion({ content: " Yes ", logprobs: [{ Yes: -0.1, No: -2.5 }], usage: { prompt_tokens: 81, completion_tokens: 1 } })),
    ).toEqual({
      text: "Yes",
      finishReason: "stop",
      tokens: [
        {
          token: "Yes",
          logprob: -0.1,
          alternatives: [
            { token: "Yes", logprob: -0.1 },
            { token: "No", logprob: -2.5 },
          ],
        },
      ],
      promptTokens: 81,
      outputTokens: 1,
    });
  });

  it.each([
    ["no content", completion({ content: null }), ""],
    [
      "parts, some of them thoughts, as Mistral gives them",
      completion({
        content: [
          { type: "thinking", thinking: [{ type: "text", text: "no" }] },
          { type: "text", text: "yes" },
        ],
      }),
      "yes",
    ],
    ["thoughts before the answer", completion({ content: "<think>\nno?\n</think>\n\nyes" }), "yes"],
    ["thoughts whose beginning is part of the prompt", completion({ content: "no?\n</think>\n\nyes" }), "yes"],
    ["thoughts without an end", completion({ content: "<think>\nno, since", finishReason: "length" }), ""],
    ["a number as content", completion({ content: 1 }), ""],
  ])("finds the answer in %s", (_what, body, text) => {
    expect(read(body).text).toBe(text);
  });

  it.each(["reasoning_content", "reasoning"])("leaves out tokens that may be thoughts of the field %s", (field) => {
    const message = { reasoning_content: null, reasoning: null, [field]: "no, or is it" };
    expect(read(completion({ content: "yes", logprobs: [{ no: -0.1 }, { yes: -0.2 }], message })).tokens).toBeUndefined();
    expect(read(completion({ content: "yes", logprobs: [{ yes: -0.2 }], message })).tokens).toHaveLength(1);
  });

  it.each([
    ["null", null],
    ["an empty list", { content: [] }],
    ["tokens of a wrong type", { content: [{ token: 1, logprob: -1 }, { token: "yes", logprob: "-1" }, null] }],
    ["no list", { content: "yes" }],
  ])("takes %s as no logprobs", (_what, logprobs) => {
    const body = completion({ content: "yes" }) as { choices: object[] };
    body.choices[0] = { ...body.choices[0], logprobs };
    expect(read(body)).toMatchObject({ text: "yes" });
    expect(read(body).tokens).toBeUndefined();
  });

  it("takes −∞, which JSON writes as null, and alternatives of a wrong type as not told", () => {
    const body = completion({ content: "yes", logprobs: [{ yes: -0.2, no: Number.NEGATIVE_INFINITY }] });
    expect(read(JSON.parse(JSON.stringify(body))).tokens![0]!.alternatives).toEqual([{ token: "yes", logprob: -0.2 }]);
  });

  it.each([null, { prompt_tokens: "81", completion_tokens: -1 }])("takes usage %j as not told", (usage) => {
    const { promptTokens, outputTokens } = read(completion({ content: "yes", usage: usage as never }));
    expect([promptTokens, outputTokens]).toEqual([undefined, undefined]);
  });

  it.each([
    ["no object", [], "the reply is no object"],
    ["nothing", undefined, "the reply is no object"],
    ["a text", "yes", "the reply is no object"],
    ["no choices", { results: [], model: "m" }, 'the reply has no choices: "its keys are results, model"'],
    ["empty choices", { choices: [] }, 'the reply has no choices: "its keys are choices"'],
    ["an error with status 200", { error: { message: "Upstream is down", code: 502 } }, 'the reply has no choices: "Upstream is down"'],
    ["a choice of the older API", { choices: [{ text: "yes" }] }, `the reply's choice has no message: "its keys are text"`],
  ])("refuses %s", (_what, body, message) => {
    expect(() => read(body)).toThrow(
      expect.objectContaining({ code: "bad-response", message: expect.stringContaining(`chat:m: ${message}`) }),
    );
  });
});
