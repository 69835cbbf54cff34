/** Signs requests with AWS Signature Version 4, by Web Crypto. */
import { RerankError } from "../../errors.ts";

/** Keys of AWS. Temporary keys have a session token. */
export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

/** A request to sign. */
export interface UnsignedRequest {
  method: string;
  url: string;
  /** Headers to sign in addition to `host` and the date; names in lower case. */
  headers: Readonly<Record<string, string>>;
  body: string;
  credentials: AwsCredentials;
  region: string;
  service: string;
  date: Date;
}

const algorithm = "AWS4-HMAC-SHA256";
const encoder = new TextEncoder();

/**
 * The headers that a signature adds: `x-amz-date`, `x-amz-security-token` with temporary keys, and `authorization`.
 *
 * @throws RerankError `missing-dependency` where there is no Web Crypto, as on pages without TLS
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export async function signedHeaders(request: UnsignedRequest): Promise<Record<string, string>> {
  if (globalThis.crypto?.subtle === undefined) {
    throw new RerankError("missing-dependency", "bedrock: this platform has no Web Crypto to sign requests with. On a page, use https.");
  }
  const { method, credentials, region, service, date } = request;
  const url = new URL(request.url);
  const time = date.toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const day = time.slice(0, 8);
  const token = credentials.sessionToken === undefined ? {} : { "x-amz-security-token": credentials.sessionToken };
  const added = { "x-amz-date": time, ...token };
  const headers = Object.entries({ ...request.headers, host: url.host, ...added }).sort(([left], [right]) => (left < right ? -1 : 1));
  const names = headers.map(([name]) => name).join(";");
  const canonical = [
    method,
    canonicalPath(url),
    canonicalQuery(url),
    ...headers.map(([name, value]) => `${name}:${value.trim().replaceAll(/ +/g, " ")}`),
    "",
    names,
    await sha256(request.body),
  ].join("\n");
  const scope = `${day}/${region}/${service}/aws4_request`;
  const text = [algorithm, time, scope, await sha256(canonical)].join("\n");
  let key: Uint8Array<ArrayBuffer> = encoder.encode(`AWS4${credentials.secretAccessKey}`);
  for (const part of [day, region, service, "aws4_request"]) key = await hmac(key, part);
  const signature = hex(await hmac(key, text));
  return {
    ...added,
    authorization: `${algorithm} Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
  };
}

/** Encodes the path a second time, as all services except S3 require. */
function canonicalPath({ pathname }: URL): string {
  return pathname.split("/").map(encode).join("/");
}

function canonicalQuery({ searchParams }: URL): string {
  const pairs = [...searchParams].map(([name, value]) => [encode(name), encode(value)] as const);
  const before = (left: string, right: string): number => Number(left > right) - Number(left < right);
  pairs.sort((left, right) => before(left[0], right[0]) || before(left[1], right[1]));
  return pairs.map(([name, value]) => `${name}=${value}`).join("&");
}

/** RFC 3986: encodeURIComponent leaves five characters that AWS encodes. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

async function sha256(text: string): Promise<string> {
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(text))));
}

async function hmac(key: Uint8Array<ArrayBuffer>, text: string): Promise<Uint8Array<ArrayBuffer>> {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, encoder.encode(text)));
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
