/**
 * Planning, without I/O: which documents travel to a worker together (groups), which pairs share a forward pass
 * (passes), and how many workers with how many threads a machine should get.
 */

/** A group or a pass: places in the list that was planned. */
export type Indices = readonly number[];

/** Bounds of {@link planGroups}. */
export interface GroupBounds {
  /** Workers that share the call; at least this many groups are made where there are enough documents. */
  workers: number;
  /** Most documents of a group. */
  maxDocuments: number;
  /** Most characters of a group; a longer document travels alone. */
  maxCharacters: number;
}

/** Bounds of {@link planPasses}. */
export interface PassBounds {
  /** Most pairs of a pass. */
  maxPairs: number;
  /** Most tokens of a pass, padding included; a longer pair runs alone. */
  maxTokens: number;
  /** Most padding of a pass, as a share of its tokens, in [0, 1). */
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

/** Sessions and their width. */
export interface WorkerPlan {
  workers: number;
  /** Threads of one session. */
  threads: number;
  /** One sentence for `crossrank doctor`. */
  reason: string;
}

/** So many threads a core serve all models together; beyond that each further model gets one. */
const threadsPerCore = 2;

/** A pair costs its characters and, for the query and the special tokens, about as much as a sentence. */
export const pairCharacters = 100;

/**
 * A group for each worker where that is enough, all of about the same work. Else groups of similar length, longest first, so that the
 * last worker to finish has only something short left.
 *
 * Characters stand in for tokens: exact counts exist only after the worker has tokenized.
 *
 * @param characters length of each document
 * @returns every place exactly once; no empty group; the longest first in each
 */
export function planGroups(characters: readonly number[], bounds: GroupBounds): Indices[] {
  const order = byLengthDescending(characters);
  return evenGroups(characters, order, bounds) ?? sortedGroups(characters, order, bounds);
}

/** Each document, the longest first, to the worker that has least; undefined where one group a worker does not hold them all. */
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
    // Even shares of what is left: 3, 3, 2 and 2 of ten documents keep two workers busy to the end, 3, 3, 3 and 1 do not.
    // One worker has nobody to wait for, and gets full groups.
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
 * Small passes win: one should fit the processor's cache, and padding is computed like text.
 *
 * @param tokens length of each pair
 * @returns every place exactly once, each pass sorted by falling length; no empty pass
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
 * Passes of near-equal size, for pairs that stand side by side without padding.
 *
 * @param tokens length of each pair
 * @returns every place exactly once; no empty pass
 */
export function planPackedPasses(tokens: readonly number[], bounds: Omit<PassBounds, "maxPadding">): Indices[] {
  const order = byLengthDescending(tokens);
  const passes: Indices[] = [];
  let tokensLeft = tokens.reduce((sum, length) => sum + length, 0);
  for (let start = 0; start < order.length; ) {
    // An even share of what is left: 300 and 300 tokens are faster than 512 and 88.
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
 * One single-threaded session a core where memory allows: there is no barrier between cores then.
 * Otherwise fewer sessions, with the cores divided among them.
 *
 * Threads of all models are bounded, not those of each: while few are left, a model gets what is left, and one at least.
 *
 * @param modelBytes size of the weights; see {@link sessionBytes}
 * @param wanted what the configuration fixes
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

/** Memory of a session: its weights one and a half times, for the runtime packs some, and 64 MiB to work in. */
export function sessionBytes(modelBytes: number): number {
  return modelBytes * 1.5 + 64 * 2 ** 20;
}

/** Two groups a worker at least, for with one a call's time is that of the slowest worker; as many for each worker. */
function groupCount(documents: number, { workers, maxDocuments }: GroupBounds): number {
  const minGroups = Math.max(Math.ceil(documents / maxDocuments), 2 * workers);
  return Math.ceil(minGroups / workers) * workers;
}

/** Places by falling length; equal lengths keep their order. */
function byLengthDescending(lengths: readonly number[]): number[] {
  return Array.from(lengths.keys()).sort((a, b) => lengths[b]! - lengths[a]!);
}
