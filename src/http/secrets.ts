/** Removes keys from texts that people and logs may read. */

const shown = "[redacted]";
// Shorter texts are not secrets, and replacing them would damage ordinary words.
const minLength = 4;
// Shorter values of headers are names of teams or versions, which may occur in messages.
const minValueLength = 8;
// Shorter pieces of base64 occur by chance.
const minEncodedLength = 8;
const named: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };

/**
 * A text with every secret replaced, in any form: as it is, in upper or lower case, escaped for JSON, URLs or HTML, or in base64, also as a
 * part of a longer encoded text (`Basic` credentials).
 */
export function redact(text: string, secrets: readonly string[]): string {
  // fetch trims the values of headers, so the other side echoes trimmed ones.
  const bare = secrets.map((secret) => secret.trim()).filter((secret) => secret.length >= minLength);
  if (bare.length === 0) return text;
  const forms = [...new Set(bare.flatMap((secret) => [secret, ...encodedForms(secret)]))];
  // Longest first, because one may be a part of another.
  const patterns = forms.sort((left, right) => right.length - left.length).map(patternOf);
  return text.replace(new RegExp(patterns.join("|"), "gi"), shown);
}

/** The secrets in headers: values of 8 characters or more, and what follows a scheme in a value (`Bearer …`). */
export function secretsInHeaders(headers: Readonly<Record<string, string>>): string[] {
  return Object.values(headers).flatMap((value) => {
    const credentials = /^\s*[\w-]+\s+(\S+)\s*$/.exec(value)?.[1];
    return [...(value.trim().length >= minValueLength ? [value] : []), ...(credentials === undefined ? [] : [credentials])];
  });
}

/** The characters of base64, and of base64url, that encode only the secret, for each position where it may begin in the encoded text. */
function encodedForms(secret: string): string[] {
  const bytes = new TextEncoder().encode(secret);
  const forms = [0, 1, 2].map((offset) => {
    const encoded = btoa(String.fromCharCode(...new Uint8Array(offset), ...bytes)).replace(/=+$/, "");
    const isWhole = (offset + bytes.length) % 3 === 0;
    return encoded.slice(offset === 0 ? 0 : offset + 1, isWhole ? undefined : -1);
  });
  const long = forms.filter((form) => form.length >= minEncodedLength);
  return [...long, ...long.map((form) => form.replaceAll("+", "-").replaceAll("/", "_"))];
}

/** A pattern that matches a text in which each character may be escaped in any of the usual ways. Letters and digits are never escaped. */
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
