/** The library's messages name the keys of its configuration; on the command line people write flags. */

// Advice that has no flag's form, as a whole; `llm` has no flags, and its values come from the environment.
const phrases: readonly (readonly [pattern: RegExp, words: string])[] = [
  [/Name the keys with fields, or pass text\b/g, "Name the keys with --field"],
  [/\bGive llm\.\w+, or set /g, "Set "],
  [/\bfor another endpoint give llm\.baseUrl\b/g, "for another endpoint use the library"],
  [/\bGive llm\.baseUrl, for example ("[^"]*")(?:, or set )?([A-Z_]{3,}(?: or [A-Z_]{3,})*)/g, "Set $2, for example to $1"],
  [/^llm\.model: /, "--model: "],
  [/\bllm\.\w+(?:,? or )(?:set )?(?=[A-Z_]{3})/g, ""],
  [/\ballowDownload: false\b/g, "--no-download"],
  [/\btruncation "(longest_first|only_second|error)"/g, "--truncation $1"],
];

/** Keys of the configuration that are flags of the same name. */
const flags: readonly string[] = [
  ...(["modelFile", "maxLength", "cacheDir", "batchSize", "topK", "threshold", "truncation", "calibration"] as const),
  ...(["scoreCacheBytes", "workers", "threads", "maxQueued"] as const),
];
const otherFlags: Readonly<Record<string, string>> = { fields: "--field", showDownloadProgress: "--quiet" };

const camelCaseKeys = [...flags, ...Object.keys(otherFlags)].filter((key) => /[A-Z]/.test(key));
const flagOfKey = (key: string): string => otherFlags[key] ?? `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
// With its path any key is one; without, a word of one part is English as well.
const keyWithPath = new RegExp(
  `\\b(?:config|options)?(?:\\.?(?:model|acceleration))?\\.(${[...flags, ...Object.keys(otherFlags)].join("|")})\\b`,
  "g",
);
const bareKey = new RegExp(`(?<![\\w./"'-])(${camelCaseKeys.join("|")})(?![\\w/"'])`, "g");

/** A message of the library in the words of the command line. */
export function withFlagNames(message: string): string {
  const worded = phrases.reduce((text, [pattern, words]) => text.replace(pattern, words), message);
  return worded
    .replace(keyWithPath, (_path, key: string) => flagOfKey(key))
    .replace(bareKey, (key) => flagOfKey(key))
    .replace(/^fields: /, "--field: ")
    .replace(/\bCorrect fields\b/, "Correct --field")
    .replace(/\bconfig\.model\b/g, "--model");
}
