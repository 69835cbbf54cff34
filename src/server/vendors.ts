/** Whose words each path speaks, for people: the page at /docs groups paths by vendor, under names that differ. */
import type { Vendor } from "../dialects/definition.ts";
import type { Dialect } from "./dialect.ts";

/** The vendor, of these, of whose own paths this is one. */
export function vendorAt(path: string, vendors: readonly Vendor[]): Vendor | undefined {
  const [, segment] = path.split("/");
  return vendors.find(({ prefix }) => prefix !== undefined && prefix === segment);
}

/** The vendor under which a path is shown: whose own path it is, else that of the first dialect it speaks. */
export function vendorOf(path: string, dialects: readonly Dialect[]): string {
  const own = dialects.flatMap(({ vendors }) => vendorAt(path, vendors) ?? []);
  return [...own, ...dialects[0]!.vendors][0]!.name;
}

/** A path in words: `Cohere: v2 rerank`. */
export function nameOf(path: string, dialects: readonly Dialect[]): string {
  const segments = path.split("/").slice(1);
  const isOwn = dialects.some(({ vendors }) => vendorAt(path, vendors) !== undefined);
  const call = (isOwn ? segments.slice(1) : segments).join(" ");
  return `${vendorOf(path, dialects)}: ${call}${isOwn ? "" : " at the root"}`;
}
