/**
 * Handles requests that use another format than their path's. The client must not get a reply that it reads as an empty list of results.
 * The error names the right path.
 */
import * as z from "zod/mini";
import type { Dialect } from "./dialect.ts";
import { nativeDialect } from "./native-dialect.ts";
import { allDialects, type Route, routes } from "./routes.ts";
import { type Failure, ServerError } from "./status.ts";
import { vendorAt } from "./vendors.ts";

/** Maximum number of paths that the error for an unknown path suggests. */
const maxPaths = 4;

/**
 * Refuses a body that only clients of another dialect send, even if the path's own schema would accept it.
 *
 * @throws ServerError 422
 */
export function refuseMisdirected(body: object, { dialects }: Route): void {
  const owner = ownerOf(body);
  if (owner === undefined || dialects.includes(owner)) return;
  throw new ServerError(422, "invalid-input", "body: this path does not speak its format.");
}

/** Adds the path of a dialect that accepts the body to a failure. Without such a dialect, and for a native body, returns it unchanged. */
export function withOwnPath(failure: Failure, body: object, { dialects }: Route, basePath: string): Failure {
  const others = allDialects.filter((dialect) => !dialects.includes(dialect));
  const isOwn = dialects.includes(nativeDialect) && "documents" in body;
  const owner = ownerOf(body) ?? (isOwn ? undefined : others.find(({ request }) => z.safeParse(request, body).success));
  if (owner === undefined || !others.includes(owner)) return failure;
  const { vendors, paths, name } = owner;
  const own = paths.find(({ path }) => vendorAt(path, [vendors[0]]) !== undefined) ?? paths.find(({ isMeant }) => isMeant === undefined);
  const advice = `Send requests in the format ${name} to ${basePath}${(own ?? paths[0]!).path}.`;
  // Some dialects tell the issues and no message.
  const issues = failure.issues?.map((issue, index) => (index === 0 ? { ...issue, message: `${issue.message}. ${advice}` } : issue));
  return { ...failure, message: `${failure.message} ${advice}`, ...(issues === undefined ? {} : { issues }) };
}

/** Paths in common use, for requests that are like none. */
const usualPaths: readonly string[] = ["/rerank", "/v1/rerank"];

/** What a request for a path that does not rank may have meant: the paths that have most segments in common with its end. */
export function pathsLike(path: string, basePath: string): string {
  const own = allDialects.flatMap(({ vendors }) => vendorAt(path, vendors) ?? [])[0];
  const candidates = routes
    .map((route) => ({
      path: basePath + route.path,
      // A vendor's name in front says more than the end.
      rank: commonEnd(route.path, path) + (own !== undefined && vendorAt(route.path, [own]) !== undefined ? path.length : 0),
    }))
    .filter(({ rank }) => rank > 0)
    .sort((left, right) => right.rank - left.rank);
  const names = candidates.slice(0, maxPaths).map((candidate) => candidate.path);
  return (names.length > 0 ? names : usualPaths.map((usual) => basePath + usual)).join(", ");
}

function ownerOf(body: object): Dialect | undefined {
  return allDialects.find((dialect) => dialect.isUnmistakable?.(body) === true);
}

/** Segments that a path has in common with the end of a route; a part in braces fits any, and does not count by itself. */
function commonEnd(route: string, path: string): number {
  const asked = path.split("/").reverse();
  let count = 0;
  for (const [index, segment] of route.split("/").reverse().entries()) {
    if (segment === "" || asked[index] === undefined) break;
    const [, end] = /^\{\w+\}(.*)$/.exec(segment) ?? [];
    if (end === undefined ? segment !== asked[index] : !asked[index].endsWith(end)) break;
    if (end !== "") count += 1;
  }
  return count;
}
