/** Keeps keys out of whatever people and logs get to read. */

const shown = "[redacted]";
// A shorter text is no secret, and would tear holes into every message.
const leastLength = 4;
// Headers also hold names of teams and versions, which are words of messages.
const leastValueLength = 8;
// Pieces of base64 below this length occur by chance.
const leastEncodedLength = 8;
const named: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };

/**
 * A text without the secrets, in whatever form they stand there: bare, in any case of letters, escaped as in JSON, URLs or HTML, or in
 * base64, also as a part of something longer that was encoded as a whole (`Basic` credentials).
 */
export function redact(text: string, secrets: readonly string[]): string {
  // fetch trims the values of headers, so what comes back is trimmed.
  const bare = secrets.map((secret) => secret.trim()).filter((secret) => secret.length >= leastLength);
  if (bare.length === 0) return text;
  const forms = [...new Set(bare.flatMap((secret) => [secret, ...encodedForms(secret)]))];
  // The longest first: one may be a part of another.
  const patterns = forms.sort((left, right) => right.length - left.length).map(patternOf);
  return text.replace(new RegExp(patterns.join("|"), "gi"), shown);
}

/** The secrets in headers: values of 8 characters and more, and what stands behind the name of a scheme in them (`Bearer …`). */
export function secretsInHeaders(headers: Readonly<Record<string, string>>): string[] {
  return Object.values(headers).flatMap((value) => {
    const credentials = /^\s*[\w-]+\s+(\S+)\s*$/.exec(value)?.[1];
    return [...(value.trim().length >= leastValueLength ? [value] : []), ...(credentials === undefined ? [] : [credentials])];
  });
}

/** The characters of base64 that stand for nothing but the secret, wherever it begins in the encoded text; and those of base64url. */
function encodedForms(secret: string): string[] {
  const bytes = new TextEncoder().encode(secret);
  const forms = [0, 1, 2].map((offset) => {
    const encoded = btoa(String.fromCharCode(...new Uint8Array(offset), ...bytes)).replace(/=+$/, "");
    const isWhole = (offset + bytes.length) % 3 === 0;
    return encoded.slice(offset === 0 ? 0 : offset + 1, isWhole ? undefined : -1);
  });
  const long = forms.filter((form) => form.length >= leastEncodedLength);
  return [...long, ...long.map((form) => form.replaceAll("+", "-").replaceAll("/", "_"))];
}

/** Finds a text whose characters are escaped in any way, each in its own; letters and digits never are. */
function patternOf(text: string): string {
  return Array.from(text.toWellFormed(), (character) => {
    if (/[a-z0-9]/i.test(character)) return character;
    const code = character.codePointAt(0)!;
    const hex = code.toString(16);
    const escaped = [
      encodeURIComponent(character),
      `%${hex.padStart(2, "0")}`,
      JSON.stringify(character).slice(1, -1),
      `\\u${hex.padStart(4, "0")}`,
      `\\${character}`,
      `&#${code};`,
      `&#x${hex};`,
      named[character] ?? character,
    ];
    const forms = [...new Set([...escaped, character])].map((form) => form.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
    return `(?:${forms.join("|")})`;
  }).join("");
}
