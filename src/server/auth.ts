/** The API keys of a request; Pinecone's clients use Api-Key, others X-API-Key. */
const keyHeaders: readonly string[] = ["api-key", "x-api-key"];

/** Whether a request brings one of the keys; always true where there are none. */
export type KeyCheck = (headers: Headers) => Promise<boolean>;

/**
 * Compares in constant time: every key's digest with the request's, to the end.
 *
 * Digests have one length, so that not even the length of a key can be measured.
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
      for (let place = 0; place < known.length; place += 1) difference |= known[place]! ^ wanted[place]!;
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
