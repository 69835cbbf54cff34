/** What an inference thread is asked: to score a group, or to divide texts. */
import type { Group, GroupScores } from "./group.ts";
import type { SplitRequest, SplitResult } from "./split.ts";

export type WorkerRequest = Group | SplitRequest;

/** The answer to a request of the same kind. */
export type WorkerResponse = GroupScores | SplitResult;
