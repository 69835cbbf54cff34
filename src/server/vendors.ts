/** Groups paths by vendor and names them, for the page at /docs. */
import type { Vendor } from "../dialects/definition.ts";
import type { Dialect } from "./dialect.ts";

/** The vendor whose prefix a path has; undefined if it has none. */
export function vendorAt(path: string, vendors: readonly Vendor[]): Vendor | undefined {
  const [, segment] = path.split("/");
  return vendors.find(({ prefix }) => prefix !== undefined && prefix === segment);
}

/** The vendor under which a path is shown: the one whose prefix it has, else the vendor of its first dialect. */
export function vendorOf(path: string, dialects: readonly Dialect[]): string {
  const own = dialects.flatMap(({ vendors }) => vendorAt(path, vendors) ?? []);
  return [...own, ...dialects[0]!.vendors][0]!.name;
}

/** Names a path for people: `Cohere: v2 rerank`. */
export function nameOf(path: string, dialects: readonly Dialect[]): string {
  const segments = path.split("/").slice(1);
  const isOwn = dialects.some(({ vendors }) => vendorAt(path, vendors) !== undefined);
  const call = (isOwn ? segments.slice(1) : segments).join(" ");
  return `${vendorOf(path, dialects)}: ${call}${isOwn ? "" : " at the root"}`;
}
