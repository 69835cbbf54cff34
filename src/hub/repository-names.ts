/**
 * Checks names from users, configurations and the hub before they become folders or URLs.
 *
 * A name that passes cannot lead out of the folder that it is joined to, on any platform.
 */
import { RerankError } from "../errors.ts";

// Hub rules: letters, digits, "-", "_", "."; no "--" (it separates the parts of a cache folder's name), no ".."; at most 96 characters.
// @see https://github.com/huggingface/huggingface_hub src/huggingface_hub/utils/_validators.py (validate_repo_id)
const repositorySegment = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?$/;
const maxRepositoryLength = 96;
const maxSegmentLength = 255;
// Windows refuses these in file names, and ":" names alternate data streams there. Control characters have a check of their own.
const forbiddenCharacters = /[<>:"|?*\\]/;
const windowsDevice = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/i;
const commitPattern = /^[0-9a-f]{40}$/;

/** Whether a string is a full commit, 40 lower-case hex digits. */
export function isCommit(text: string): boolean {
  return commitPattern.test(text);
}

/**
 * Returns a repository id if it is safe: `org/name`, or `name` for the oldest ones.
 *
 * @throws RerankError `invalid-input`
 */
export function checkRepositoryId(id: string): string {
  const segments = id.split("/");
  const isSafe =
    segments.length <= 2 &&
    id.length <= maxRepositoryLength &&
    segments.every((segment) => repositorySegment.test(segment) && !segment.includes("--") && !segment.includes(".."));
  if (!isSafe) {
    const hint = "Use org/name as the hub shows it; a folder of this machine starts with ./, ../, /, ~ or file:.";
    throw new RerankError("invalid-input", `models: ${quote(id)} is not a repository id. ${hint}`);
  }
  return id;
}

/**
 * Returns a path if it stays inside the folder that it is joined to: relative, forward slashes, no `.` or `..` segments.
 *
 * @throws RerankError `invalid-input`
 */
export function checkFilePath(path: string): string {
  if (path === "" || !path.split("/").every(isSafeSegment)) {
    throw new RerankError(
      "invalid-input",
      `models: ${quote(path)} is not a path inside a repository. Use a relative path with forward slashes, for example onnx/model.onnx.`,
    );
  }
  return path;
}

/**
 * Returns a revision if it is safe: a branch, a tag, a commit, or a reference such as `refs/pr/3`.
 *
 * @throws RerankError `invalid-input`
 */
export function checkRevision(revision: string): string {
  // Git's own rules (git-check-ref-format) allow a little more, but the hub has no such names.
  const isSafe = revision !== "" && /^[A-Za-z0-9._/+-]+$/.test(revision) && revision.split("/").every(isSafeSegment);
  if (!isSafe || revision.startsWith("-")) {
    throw new RerankError(
      "invalid-input",
      `models: ${quote(revision)} is not a revision. Use a branch, a tag or a commit of the repository.`,
    );
  }
  return revision;
}

/** Name of a repository's folder in a cache: `models--org--name`. */
export function repositoryFolder(repository: string): string {
  return `models--${checkRepositoryId(repository).replace("/", "--")}`;
}

/** The repository whose cache folder has this name; undefined for any other folder. */
export function repositoryOfFolder(folder: string): string | undefined {
  const parts = folder.split("--");
  if (parts[0] !== "models" || parts.length < 2 || parts.length > 3) return undefined;
  const id = parts.slice(1).join("/");
  return id.split("/").every((segment) => repositorySegment.test(segment)) ? id : undefined;
}

function isSafeSegment(segment: string): boolean {
  return (
    segment !== "" &&
    segment !== "." &&
    segment !== ".." &&
    segment.length <= maxSegmentLength &&
    !forbiddenCharacters.test(segment) &&
    !hasControlCharacter(segment) &&
    // Windows removes trailing dots and spaces, so "..  " would become "..".
    !/[. ]$/.test(segment) &&
    !windowsDevice.test(segment)
  );
}

function hasControlCharacter(text: string): boolean {
  return [...text].some((character) => character.charCodeAt(0) < 32 || character.charCodeAt(0) === 127);
}

function quote(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text);
}
