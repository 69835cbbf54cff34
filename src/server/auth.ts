/**
 * Headers that may carry the API key. Pinecone's and Azure's clients use Api-Key, others X-API-Key. AWS's clients have a signature in the
 * place of a bearer token, which only AWS can check: their session token is the key here.
 */
const keyHeaders: readonly string[] = ["api-key", "x-api-key", "x-amz-security-token"];

/** Whether a request has one of the keys. Always true if the server has no keys. */
export type KeyCheck = (headers: Headers) => Promise<boolean>;

/**
 * Creates a check that runs in constant time: it compares the digest of the request's key with the digest of every key.
 *
 * All digests have the same length, so that the time does not reveal even the length of a key.
 */
export function createKeyCheck(keys: readonly string[]): KeyCheck {
  if (keys.length === 0) return async () => true;
  const digests = Promise.all(keys.map(digest));
  return async (headers) => {
    const given = givenKey(headers);
    if (given === undefined) return false;
    const wanted = await digest(given);
    let isKnown = false;
    for (const known of await digests) {
      let difference = 0;
      for (let index = 0; index < known.length; index += 1) difference |= known[index]! ^ wanted[index]!;
      isKnown = difference === 0 || isKnown;
    }
    return isKnown;
  };
}

function givenKey(headers: Headers): string | undefined {
  const bearer = /^Bearer\s+(\S+)\s*$/i.exec(headers.get("authorization") ?? "")?.[1];
  return bearer ?? keyHeaders.map((name) => headers.get(name)?.trim()).find((key) => key !== undefined && key !== "");
}

async function digest(key: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key)));
}
