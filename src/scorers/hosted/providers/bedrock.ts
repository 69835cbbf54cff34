import { bedrockLimits, bedrock as codec, nextPageOf } from "../../../dialects/bedrock.ts";
import { RerankError } from "../../../errors.ts";
import { signedHeaders } from "../aws-signature.ts";
import type { Authorization, Provider, Setting } from "../provider.ts";

const sessionVariable = "AWS_SESSION_TOKEN";
const regionVariables = ["AWS_REGION", "AWS_DEFAULT_REGION"];

/**
 * Bedrock's requests are signed with keys of AWS. Its API keys are for other operations.
 *
 * The model is a foundation model's id (`cohere.rerank-v3-5:0`, `amazon.rerank-v1:0`) or a whole ARN.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent-runtime_Rerank.html
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys-how.html for what API keys are not for
 */
export const bedrock: Provider = {
  prefixes: ["bedrock"],
  codec,
  path: "rerank",
  defaultUrl: (setting) => `https://bedrock-agent-runtime.${regionOf(setting)}.${domainOf(regionOf(setting))}/rerank`,
  keyVariables: ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"],
  optionalVariables: [sessionVariable],
  authorize,
  modelInBody: arnOf,
  limits: () => bedrockLimits,
  pages: { field: "nextToken", next: nextPageOf },
};

function authorize(setting: Setting, url: string): Authorization {
  const { llm, network } = setting;
  if (!network.hasEnvironment) {
    const what = "its requests are signed with keys of AWS, which are read from the environment, and this platform has none";
    throw new RerankError("invalid-input", `bedrock: ${what}. Call it from Node.`);
  }
  if (llm.apiKey !== undefined) {
    const remedy = "Leave apiKey out, and set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
    throw new RerankError("invalid-input", `bedrock: reranking takes no API key, only requests signed with keys of AWS. ${remedy}.`);
  }
  const [accessKeyId, secretAccessKey] = bedrock.keyVariables.map((name) => network.readVariable(name));
  const sessionToken = network.readVariable(sessionVariable);
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new RerankError("invalid-input", "bedrock: there are no keys of AWS. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.");
  }
  const region = regionOf(setting);
  return {
    headers: {},
    secrets: [accessKeyId, secretAccessKey, ...(sessionToken === undefined ? [] : [sessionToken])],
    advice:
      "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, and that they may call bedrock:Rerank and bedrock:InvokeModel",
    sign: (body) =>
      signedHeaders({
        method: "POST",
        url,
        // Only what no proxy changes; a header that is signed and then altered makes the request void.
        headers: { "content-type": "application/json" },
        body,
        credentials: { accessKeyId, secretAccessKey, sessionToken },
        region,
        service: "bedrock",
        date: new Date(),
      }),
  };
}

function regionOf({ model, llm, network }: Setting): string {
  const ofArn = /^arn:[\w-]+:bedrock:([\w-]+):/.exec(model)?.[1];
  const variable = regionVariables.map((name) => network.readVariable(name)).find((value) => value !== undefined);
  const region = llm.region ?? ofArn ?? variable;
  if (region === undefined) {
    const set = network.hasEnvironment ? `, or set ${regionVariables.join(" or ")}` : "";
    throw new RerankError("invalid-input", `bedrock: there is no region. Give llm.region${set}.`);
  }
  // It becomes a part of a host name, to which documents go.
  if (!/^[a-z0-9-]+$/.test(region)) {
    throw new RerankError("invalid-input", `bedrock: ${JSON.stringify(region)} is no region of AWS. Give one like "us-west-2".`);
  }
  return region;
}

function arnOf(setting: Setting): string {
  const { model } = setting;
  if (model.startsWith("arn:")) return model;
  const region = regionOf(setting);
  return `arn:${partitionOf(region)}:bedrock:${region}::foundation-model/${model}`;
}

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html */
function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}

function domainOf(region: string): string {
  return region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
}
