/** Text from outside made fit for a message: nothing in it controls a terminal or forges a line of a log. */

// Controls (Cc), format characters such as bidirectional overrides (Cf) and lone surrogates (Cs). The two joiners are kept: emoji and
// several scripts need them, and they move nothing.
const unsafe = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}]/gu;

/** One line: line breaks become a space, other characters that control something an escape, for example `\u001b`. */
export function toOneSafeLine(text: string): string {
  return text.replace(/[\n\r\u0085\u2028\u2029]+/g, " ").replace(unsafe, escapeCharacter);
}

function escapeCharacter(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
}
