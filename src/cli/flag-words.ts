/** Replaces configuration keys in the library's messages with the flags of the command line. */

// Whole phrases that need other words than the name of a flag. `llm` has no flags: its values come from the environment.
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

/** Configuration keys with a flag of the same name. */
const flags: readonly string[] = [
  ...(["modelFile", "maxLength", "cacheDir", "batchSize", "topK", "threshold", "truncation", "calibration"] as const),
  ...(["scoreCacheBytes", "workers", "threads", "maxQueued"] as const),
];
const otherFlags: Readonly<Record<string, string>> = { fields: "--field", showDownloadProgress: "--quiet" };

const camelCaseKeys = [...flags, ...Object.keys(otherFlags)].filter((key) => /[A-Z]/.test(key));
const flagOfKey = (key: string): string => otherFlags[key] ?? `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
// After a path, as in `.workers`, every key counts. Without a path only camelCase keys do, because "workers" is also an English word.
const keyWithPath = new RegExp(
  `\\b(?:config|options)?(?:\\.?(?:model|acceleration))?\\.(${[...flags, ...Object.keys(otherFlags)].join("|")})\\b`,
  "g",
);
const bareKey = new RegExp(`(?<![\\w./"'-])(${camelCaseKeys.join("|")})(?![\\w/"'])`, "g");

/** A message of the library with flags instead of configuration keys. */
export function withFlagNames(message: string): string {
  const worded = phrases.reduce((text, [pattern, words]) => text.replace(pattern, words), message);
  return worded
    .replace(keyWithPath, (_path, key: string) => flagOfKey(key))
    .replace(bareKey, (key) => flagOfKey(key))
    .replace(/^fields: /, "--field: ")
    .replace(/\bCorrect fields\b/, "Correct --field")
    .replace(/\bconfig\.model\b/g, "--model");
}
