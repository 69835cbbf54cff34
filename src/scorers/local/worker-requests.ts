/** Requests to an inference thread, and its answers. */
import type { Group, GroupScores } from "./group.ts";
import type { SplitRequest, SplitResult } from "./split.ts";

/** A request to an inference thread. */
export type WorkerRequest = Group | SplitRequest;

/** The answer to a request of the same kind. */
export type WorkerResponse = GroupScores | SplitResult;
