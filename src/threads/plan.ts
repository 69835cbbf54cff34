/**
 * Planning, without I/O: which documents go to a worker together (groups), which pairs share a forward pass (passes), and how many
 * workers and threads a model should use.
 */

/** A group or a pass: indices in the list that was planned. */
export type Indices = readonly number[];

/** Bounds of {@link planGroups}. */
export interface GroupBounds {
  /** Workers that share the call. There are at least this many groups if there are enough documents. */
  workers: number;
  /** Maximum documents of a group. */
  maxDocuments: number;
  /** Maximum characters of a group. A longer document is a group by itself. */
  maxCharacters: number;
}

/** Bounds of {@link planPasses}. */
export interface PassBounds {
  /** Maximum pairs of a pass. */
  maxPairs: number;
  /** Maximum tokens of a pass, padding included. A longer pair is a pass by itself. */
  maxTokens: number;
  /** Maximum padding of a pass, as a share of its tokens, in [0, 1). */
  maxPadding: number;
}

/** Cores and memory that {@link planWorkers} divides. */
export interface Machine {
  /** Cores this process may use. */
  cores: number;
  /** Bytes this process may still take. */
  freeBytes: number;
  /** Threads that other models of this process may keep busy. @default 0 */
  heldThreads?: number;
}

/** How many sessions a model gets, and how many threads each. */
export interface WorkerPlan {
  workers: number;
  /** Threads of one session. */
  threads: number;
  /** One sentence for `crossrank doctor`. */
  reason: string;
}

/** Maximum threads per core for all models together. Beyond that, each further model gets one thread. */
const threadsPerCore = 2;

/** Extra cost of each pair, in characters: for the query and the special tokens, about one sentence. */
export const pairCharacters = 100;

/**
 * Plans one group for each worker, all of about equal work, if these can hold all documents. Otherwise plans more groups, each of documents with
 * similar lengths, the longest first: then the workers finish at about the same time.
 *
 * It counts characters, because token counts are known only after a worker has tokenized.
 *
 * @param characters length of each document
 * @returns every index exactly once; no empty group; in each group, the longest document first
 */
export function planGroups(characters: readonly number[], bounds: GroupBounds): Indices[] {
  const order = byLengthDescending(characters);
  return evenGroups(characters, order, bounds) ?? sortedGroups(characters, order, bounds);
}

/** Gives each document, the longest first, to the worker with the least work. Undefined if one group for each worker cannot hold all documents. */
function evenGroups(
  characters: readonly number[],
  order: Indices,
  { workers, maxDocuments, maxCharacters }: GroupBounds,
): Indices[] | undefined {
  const groups = Array.from({ length: Math.min(workers, order.length) }, () => ({ indices: [] as number[], characters: 0, cost: 0 }));
  for (const index of order) {
    const length = characters[index]!;
    const open = groups.filter(({ indices, characters: held }) => {
      return indices.length === 0 || (indices.length < maxDocuments && held + length <= maxCharacters);
    });
    if (open.length === 0) return undefined;
    const lightest = open.reduce((best, group) => (group.cost < best.cost ? group : best));
    lightest.indices.push(index);
    lightest.characters += length;
    lightest.cost += length + pairCharacters;
  }
  return groups.map(({ indices }) => indices);
}

function sortedGroups(characters: readonly number[], order: Indices, bounds: GroupBounds): Indices[] {
  const groups: Indices[] = [];
  let groupsLeft = groupCount(order.length, bounds);
  for (let start = 0; start < order.length; groupsLeft -= 1) {
    // Even shares of the rest: with ten documents, groups of 3, 3, 2 and 2 keep two workers busy to the end; 3, 3, 3 and 1 do not.
    // A single worker gets full groups, because it does not wait for others.
    const even = bounds.workers === 1 ? bounds.maxDocuments : Math.ceil((order.length - start) / Math.max(1, groupsLeft));
    const share = Math.min(bounds.maxDocuments, even);
    let end = start + 1;
    let total = characters[order[start]!]!;
    while (end < order.length && end - start < share && total + characters[order[end]!]! <= bounds.maxCharacters) {
      total += characters[order[end]!]!;
      end += 1;
    }
    groups.push(order.slice(start, end));
    start = end;
  }
  return groups;
}

/**
 * Passes of near-equal length, longest first.
 *
 * Small passes are faster: a pass should fit the processor's cache, and padding costs as much as text.
 *
 * @param tokens length of each pair
 * @returns every index exactly once; each pass has the longest pair first; no empty pass
 */
export function planPasses(tokens: readonly number[], bounds: PassBounds): Indices[] {
  const order = byLengthDescending(tokens);
  const passes: Indices[] = [];
  for (let start = 0; start < order.length; ) {
    const width = tokens[order[start]!]!;
    let end = start + 1;
    let used = width;
    while (end < order.length && end - start < bounds.maxPairs) {
      const area = (end - start + 1) * width;
      const filled = used + tokens[order[end]!]!;
      if (area > bounds.maxTokens || area - filled > bounds.maxPadding * area) break;
      used = filled;
      end += 1;
    }
    passes.push(order.slice(start, end));
    start = end;
  }
  return passes;
}

/**
 * Passes of near-equal size, for pairs that are concatenated without padding.
 *
 * @param tokens length of each pair
 * @returns every index exactly once; no empty pass
 */
export function planPackedPasses(tokens: readonly number[], bounds: Omit<PassBounds, "maxPadding">): Indices[] {
  const order = byLengthDescending(tokens);
  const passes: Indices[] = [];
  let tokensLeft = tokens.reduce((sum, length) => sum + length, 0);
  for (let start = 0; start < order.length; ) {
    // An even share of the rest: passes of 300 and 300 tokens are faster than 512 and 88.
    const share = tokensLeft / Math.ceil(tokensLeft / bounds.maxTokens);
    let end = start + 1;
    let used = tokens[order[start]!]!;
    while (end < order.length && end - start < bounds.maxPairs) {
      const next = tokens[order[end]!]!;
      if (used + next > bounds.maxTokens || used + next / 2 > share) break;
      used += next;
      end += 1;
    }
    passes.push(order.slice(start, end));
    tokensLeft -= used;
    start = end;
  }
  return passes;
}

/**
 * One single-threaded session for each core, if there is enough memory: then no core waits for another one.
 * Otherwise fewer sessions, which share the cores.
 *
 * The bound is on the threads of all models together. A model gets at most the threads that are left, but at least one.
 *
 * @param modelBytes size of the weights; see {@link sessionBytes}
 * @param wanted the values that the configuration sets
 */
export function planWorkers(machine: Machine, modelBytes: number, wanted: { workers?: number; threads?: number } = {}): WorkerPlan {
  const usable = Math.max(1, machine.cores);
  const cores = Math.max(1, Math.min(usable, threadsPerCore * usable - (machine.heldThreads ?? 0)));
  // Half of the free memory: the rest of the program lives here too.
  const fitting = Math.max(1, Math.floor((machine.freeBytes * 0.5) / sessionBytes(modelBytes)));
  const planned = Math.min(wanted.threads === undefined ? cores : Math.max(1, Math.floor(cores / wanted.threads)), fitting);
  const workers = wanted.workers ?? planned;
  const threads = wanted.threads ?? Math.max(1, Math.floor(cores / workers));
  const size = `${Math.round(modelBytes / 1e6)} MB of weights`;
  const reason =
    wanted.workers !== undefined || wanted.threads !== undefined
      ? "set by acceleration"
      : cores < usable
        ? `other models hold ${machine.heldThreads} threads`
        : workers < cores
          ? `${size} fit ${workers} ${workers === 1 ? "time" : "times"} into half of the free memory`
          : `${size} fit once per core`;
  return { workers, threads, reason };
}

/** Memory of a session: 1.5 times its weights, because the runtime packs some of them, and 64 MiB to work in. */
export function sessionBytes(modelBytes: number): number {
  return modelBytes * 1.5 + 64 * 2 ** 20;
}

/** At least two groups for each worker (with one, the slowest worker decides the time of a call), and the same number for each. */
function groupCount(documents: number, { workers, maxDocuments }: GroupBounds): number {
  const minGroups = Math.max(Math.ceil(documents / maxDocuments), 2 * workers);
  return Math.ceil(minGroups / workers) * workers;
}

/** Indices, the longest first; equal lengths keep their order. */
function byLengthDescending(lengths: readonly number[]): number[] {
  return Array.from(lengths.keys()).sort((a, b) => lengths[b]! - lengths[a]!);
}
