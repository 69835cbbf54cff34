import type { Network } from "./request.ts";

/** A global fetch and no environment: browsers and edge runtimes. fetch is looked up at each request, so a polyfill may be installed later. */
export const webNetwork: Network = {
  fetch: (resource, options) => globalThis.fetch(resource, options),
  readVariable: () => undefined,
  hasEnvironment: false,
};
