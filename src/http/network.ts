import type { Network } from "./request.ts";

/** Surroundings with a global fetch and no environment: browsers, edge runtimes. Read at each request, so that a polyfill may come later. */
export const webNetwork: Network = {
  fetch: (resource, options) => globalThis.fetch(resource, options),
  readVariable: () => undefined,
  hasEnvironment: false,
};
