/** User names and passwords in URLs. fetch refuses such a URL and quotes it in its error, so they have to be removed before. */

/** A URL without credentials, and the same credentials as an `authorization` header; undefined if the URL has none. */
export function splitCredentials(url: string): { url: string; authorization: string | undefined } {
  const parsed = new URL(url);
  const { username, password } = parsed;
  if (username === "" && password === "") return { url, authorization: undefined };
  parsed.username = "";
  parsed.password = "";
  const bytes = new TextEncoder().encode(`${decode(username)}:${decode(password)}`);
  return { url: parsed.href, authorization: `Basic ${btoa(String.fromCharCode(...bytes))}` };
}

/** A text that should be an address, for messages: without everything before an @, which may be a password. */
export function withoutCredentials(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, "$1");
}

/** Keeps a % that begins no escape. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
