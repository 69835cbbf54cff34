/** Maps paths to dialects. Made from the dialects' own files. docs/server.md shows it as a table, and a test requests every row. */
import type { RankingPath, Vendor } from "../dialects/definition.ts";
import { dialects } from "../dialects/dialects.ts";
import { codecDialect } from "./codec-dialect.ts";
import type { Dialect } from "./dialect.ts";
import { nativeDialect } from "./native-dialect.ts";
import { scoreDialect } from "./score-dialect.ts";
import { vendorAt } from "./vendors.ts";

/** One path that ranks or scores. */
export interface Route {
  /** `{model}` matches the name of a model, which may contain slashes. A model in the body overrides it. */
  path: string;
  /** The dialects of the path. The first one answers bodies that are not JSON objects. */
  dialects: readonly Dialect[];
  /** Which clients use the path, for docs/server.md. */
  usedBy: string;
  /** Chooses the dialect of a body. */
  choose(body: object): Dialect;
}

/** All dialects, the native one first. */
export const allDialects: readonly Dialect[] = [
  nativeDialect,
  ...dialects.map((definition) => ("codec" in definition ? codecDialect(definition) : scoreDialect(definition))),
];

/** All vendors, crossrank first. */
export const vendors: readonly Vendor[] = [...new Set(allDialects.flatMap((dialect) => dialect.vendors))];

/** All paths that rank or score, those at the root first. */
export const routes: readonly Route[] = createRoutes(allDialects);

/**
 * Creates the routes of dialects.
 *
 * @throws Error if not exactly one dialect of a path accepts the bodies that the others do not
 */
export function createRoutes(spoken: readonly Dialect[]): readonly Route[] {
  const paths = [...new Set(spoken.flatMap((dialect) => dialect.paths.map(({ path }) => path)))];
  const isOwn = (path: string): boolean => spoken.some((dialect) => vendorAt(path, dialect.vendors) !== undefined);
  return [...paths.filter((path) => !isOwn(path)), ...paths.filter(isOwn)].map((path) => routeAt(path, spoken));
}

/** Chooses the dialect for failures at any other path: under a vendor's prefix the vendor's, elsewhere the native one. */
export function dialectAt(path: string): Dialect {
  return allDialects.find((dialect) => vendorAt(path, dialect.vendors) !== undefined) ?? nativeDialect;
}

function routeAt(path: string, spoken: readonly Dialect[]): Route {
  const claims = spoken.flatMap((dialect) =>
    dialect.paths.filter((claim) => claim.path === path).map((claim): RankingPath & { dialect: Dialect } => ({ ...claim, dialect })),
  );
  const [usual, second] = claims.filter(({ isMeant }) => isMeant === undefined);
  if (usual === undefined || second !== undefined) {
    const names = claims.map(({ dialect }) => dialect.name).join(", ");
    throw new Error(`${path}: of its dialects (${names}), exactly one must have no isMeant: it takes what no other one takes`);
  }
  return {
    path,
    dialects: claims.map(({ dialect }) => dialect),
    usedBy: claims.flatMap(({ usedBy }) => usedBy ?? []).join("; "),
    choose: (body) => (claims.find(({ isMeant }) => isMeant?.(body) === true) ?? usual).dialect,
  };
}
