/** Which path speaks which dialect, made of what each dialect says of itself. A table of docs/server.md shows it, and a test asks every row. */
import type { RankingPath, Vendor } from "../dialects/definition.ts";
import { dialects } from "../dialects/dialects.ts";
import { codecDialect } from "./codec-dialect.ts";
import type { Dialect } from "./dialect.ts";
import { nativeDialect } from "./native-dialect.ts";
import { scoreDialect } from "./score-dialect.ts";
import { vendorAt } from "./vendors.ts";

/** One path for rankings. */
export interface Route {
  /** `{model}` stands for the name of the model, which may have slashes; a body's own counts before it. */
  path: string;
  /** All that it speaks; the first one answers bodies that are no JSON object. */
  dialects: readonly Dialect[];
  /** Whose clients ask there, for docs/server.md. */
  usedBy: string;
  /** Which of them a body is in. */
  choose(body: object): Dialect;
}

/** Every dialect, our own first. */
export const allDialects: readonly Dialect[] = [
  nativeDialect,
  ...dialects.map((definition) => ("codec" in definition ? codecDialect(definition) : scoreDialect(definition))),
];

/** Every vendor, crossrank first. */
export const vendors: readonly Vendor[] = [...new Set(allDialects.flatMap((dialect) => dialect.vendors))];

/** Every path that ranks, those at the root first. */
export const routes: readonly Route[] = createRoutes(allDialects);

/**
 * The routes of these dialects.
 *
 * @throws Error where no dialect of a path, or more than one, takes what the others do not
 */
export function createRoutes(spoken: readonly Dialect[]): readonly Route[] {
  const paths = [...new Set(spoken.flatMap((dialect) => dialect.paths.map(({ path }) => path)))];
  const isOwn = (path: string): boolean => spoken.some((dialect) => vendorAt(path, dialect.vendors) !== undefined);
  return [...paths.filter((path) => !isOwn(path)), ...paths.filter(isOwn)].map((path) => routeAt(path, spoken));
}

/** Whose words the other paths under a vendor's name speak: those that rank there; our own at the root. */
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
