/** User names and passwords in URLs: fetch refuses such a URL, and quotes it in its error. */

/** A URL without credentials, and the header that says the same; undefined where it has none. */
export function splitCredentials(url: string): { url: string; authorization: string | undefined } {
  const parsed = new URL(url);
  const { username, password } = parsed;
  if (username === "" && password === "") return { url, authorization: undefined };
  parsed.username = "";
  parsed.password = "";
  const bytes = new TextEncoder().encode(`${decode(username)}:${decode(password)}`);
  return { url: parsed.href, authorization: `Basic ${btoa(String.fromCharCode(...bytes))}` };
}

/** Whatever was meant for an address, as far as it may be shown: without all that stands before an @. */
export function withoutCredentials(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, "$1");
}

/** A stray % stands for itself. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
