import { describe, expect, it } from "vitest";
import { signedHeaders, type UnsignedRequest } from "./aws-signature.ts";

// AWS's published vectors: https://github.com/awslabs/aws-c-auth `tests/aws-signing-test-suite/v4` at 495329c, read 2026-11-25.
const example: UnsignedRequest = {
  method: "GET",
  url: "https://example.amazonaws.com/",
  headers: {},
  body: "",
  credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" },
  region: "us-east-1",
  service: "service",
  date: new Date("2015-08-30T12:36:00Z"),
};
const credential = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request";
const shortToken = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267";
const longToken =
  "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";

const unreserved = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

const vectors: [name: string, request: Partial<UnsignedRequest>, signedNames: string, signature: string][] = [
  ["get-vanilla", {}, "host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"],
  ["post-vanilla", { method: "POST" }, "host;x-amz-date", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"],
  [
    "post-vanilla-query",
    { method: "POST", url: "https://example.amazonaws.com/?Param1=value1" },
    "host;x-amz-date",
    "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
  ],
  [
    "post-header-key-sort",
    { method: "POST", headers: { "my-header1": "value1" } },
    "host;my-header1;x-amz-date",
    "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
  ],
  [
    "get-header-value-trim",
    { headers: { "my-header1": " value1", "my-header2": ' "a   b   c"' } },
    "host;my-header1;my-header2;x-amz-date",
    "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
  ],
  [
    "post-x-www-form-urlencoded",
    {
      method: "POST",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        "content-length": "13",
        "x-amz-content-sha256": "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e",
      },
      body: "Param1=value1",
    },
    "content-length;content-type;host;x-amz-content-sha256;x-amz-date",
    "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b",
  ],
  [
    "get-vanilla-with-session-token",
    { credentials: { ...example.credentials, sessionToken: shortToken } },
    "host;x-amz-date;x-amz-security-token",
    "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8",
  ],
  [
    "post-sts-header-before",
    { method: "POST", credentials: { ...example.credentials, sessionToken: longToken } },
    "host;x-amz-date;x-amz-security-token",
    "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
  ],
  [
    "get-vanilla-query-order-key-case",
    { url: "https://example.amazonaws.com/?Param2=value2&Param1=value1" },
    "host;x-amz-date",
    "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
  ],
  [
    "get-vanilla-query-unreserved",
    { url: `https://example.amazonaws.com/?${unreserved}=${unreserved}` },
    "host;x-amz-date",
    "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
  ],
  [
    "get-vanilla-query-order-encoded",
    { url: "https://example.amazonaws.com/?Param-3=Value3&Param=Value2&%E1%88%B4=Value1" },
    "host;x-amz-date",
    "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac",
  ],
  [
    "get-vanilla-utf8-query",
    { url: "https://example.amazonaws.com/?\u1234=bar" },
    "host;x-amz-date",
    "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
  ],
  [
    "get-unreserved",
    { url: `https://example.amazonaws.com/${unreserved}` },
    "host;x-amz-date",
    "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
  ],
];

describe("signedHeaders", () => {
  it.each(vectors)("signs as AWS does: %s", async (_name, request, names, signature) => {
    const { sessionToken } = request.credentials ?? {};
    expect(await signedHeaders({ ...example, ...request })).toEqual({
      "x-amz-date": "20150830T123600Z",
      ...(sessionToken === undefined ? {} : { "x-amz-security-token": sessionToken }),
      authorization: `${credential}, SignedHeaders=${names}, Signature=${signature}`,
    });
  });
});
