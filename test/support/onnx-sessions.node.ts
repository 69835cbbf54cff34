/** Sessions of the tiny models, for tests that run a graph as it is published and rewritten. */
import { afterAll } from "vitest";
import { type OnnxSession, openSession } from "../../src/scorers/local/session.node.ts";

export const onCpu = { threads: 1, provider: "cpu", deviceId: 0 } as const;

/** References to the tensors of a file beside the rewritten one. */
export const besideModel = { own: "model.onnx", of: (location: string): string => location };

/** Like `openSession`, for sessions that are closed when the file's tests are over. */
export function sessionOpener(): typeof openSession {
  const sessions: OnnxSession[] = [];
  afterAll(() => {
    for (const session of sessions) session.close();
  });
  return (...parameters) => {
    const session = openSession(...parameters);
    sessions.push(session);
    return session;
  };
}

/** Ids below 200, which are in the vocabulary of every tiny model, spread over it without a pattern. */
export function spreadIds(length: number, seed: number): Int32Array {
  return Int32Array.from({ length }, (_, index) => 5 + ((index * 37 + seed * 101) % 190));
}
