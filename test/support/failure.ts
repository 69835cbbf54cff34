import { RerankError } from "../../src/errors.ts";

/** The error of work that must fail. */
export async function failureOf(work: Promise<unknown>): Promise<RerankError> {
  const error: unknown = await work.then(
    () => new Error("it succeeded"),
    (reason: unknown) => reason,
  );
  if (!RerankError.is(error)) throw error;
  return error;
}
