/** Access tokens of Google Cloud, by what its tools leave on a disk: a file with a token, or the key file of a service account. */
import { RerankError } from "../../errors.ts";
import type { Network } from "../../http/request.ts";
import { isRecord } from "../../values.ts";

/** Names the key file of a service account. */
export const keyFileVariable = "GOOGLE_APPLICATION_CREDENTIALS";
/** Names a file with an access token, as gcloud reads it. */
export const tokenFileVariable = "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE";

const audience = "https://discoveryengine.googleapis.com/";
const lifetimeSecs = 3600;
const encoder = new TextEncoder();

/** What is used of a service account's key file. */
interface ServiceAccount {
  email: string;
  keyId: string;
  privateKey: string;
}

/**
 * Reads a token; undefined where no variable names a file. The file is read at each call, so that one that is renewed counts.
 *
 * @throws RerankError `invalid-input` for a file that cannot be read, or is none of a service account
 */
export function googleToken({ readVariable, readFile }: Network): (() => Promise<string>) | undefined {
  const tokenFile = readVariable(tokenFileVariable);
  const keyFile = readVariable(keyFileVariable);
  if (readFile === undefined) return undefined;
  if (tokenFile !== undefined) return async () => (await readNamed(readFile, tokenFileVariable, tokenFile)).trim();
  if (keyFile === undefined) return undefined;
  return async () => signedToken(parseKeyFile(await readNamed(readFile, keyFileVariable, keyFile)), new Date());
}

/**
 * A token that a service account signs itself, so that nobody has to be asked for one.
 *
 * @throws RerankError `invalid-input` for a key that is no RSA key in PKCS #8
 * @see https://google.aip.dev/auth/4111
 */
export async function signedToken({ email, keyId, privateKey }: ServiceAccount, now: Date): Promise<string> {
  const issued = Math.floor(now.getTime() / 1000);
  const header = { alg: "RS256", typ: "JWT", kid: keyId };
  const claims = { iss: email, sub: email, aud: audience, iat: issued, exp: issued + lifetimeSecs };
  const text = [header, claims].map((part) => base64Url(encoder.encode(JSON.stringify(part)))).join(".");
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  try {
    const der = Uint8Array.from(atob(privateKey.replaceAll(/-----[^-]+-----|\s/g, "")), (character) => character.charCodeAt(0));
    const key = await crypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]);
    return `${text}.${base64Url(new Uint8Array(await crypto.subtle.sign(algorithm, key, encoder.encode(text))))}`;
  } catch {
    // Not the platform's own error, which may quote the key.
    throw new RerankError("invalid-input", `vertex_ai: the private key in ${keyFileVariable} cannot be used. Download the key file again.`);
  }
}

function parseKeyFile(text: string): ServiceAccount {
  const file = parseObject(text);
  const { type, client_email: email, private_key_id: keyId = "", private_key: privateKey } = file;
  if (type === "service_account" && [email, keyId, privateKey].every((value) => typeof value === "string")) {
    return { email: email as string, keyId: keyId as string, privateKey: privateKey as string };
  }
  const what = typeof type === "string" && type !== "service_account" ? `of type ${type.slice(0, 40)}` : "not a service account's key file";
  const remedy = `Give a service account's, or the output of gcloud auth print-access-token in a file named by ${tokenFileVariable}`;
  throw new RerankError("invalid-input", `vertex_ai: the file of ${keyFileVariable} is ${what}. ${remedy}.`);
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : {};
  } catch {
    return {}; // the caller says what it is not; the parser would quote it
  }
}

async function readNamed(readFile: NonNullable<Network["readFile"]>, variable: string, path: string): Promise<string> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new RerankError("invalid-input", `vertex_ai: the file that ${variable} names cannot be read. Check the path.`, { cause });
  }
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
}
