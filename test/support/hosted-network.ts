/** Surroundings for tests of hosted models: a chosen environment, and hosts of the internet played by a server of this machine. */

import type { Network } from "../../src/http/request.ts";
import type { ScoreCall } from "../../src/scorer.ts";
import { documents, query, secret } from "./hosted-exchanges.ts";

/** A network with only these variables, in which every file holds the secret. */
export function networkWith(variables: Readonly<Record<string, string>>): Network {
  return {
    fetch: (resource, options) => fetch(resource, options),
    readVariable: (name) => variables[name],
    readFile: async () => `${secret}\n`,
    hasEnvironment: true,
  };
}

/** A network in which every host is the server at `url`; `asked` collects the URLs as they were. */
export function networkAt(url: string, variables: Readonly<Record<string, string>>): Network & { asked: string[] } {
  const asked: string[] = [];
  return {
    ...networkWith(variables),
    asked,
    fetch(resource, options) {
      asked.push(String(resource));
      const { pathname, search } = new URL(String(resource));
      return fetch(`${url}${pathname}${search}`, options);
    },
  };
}

/** The call that the recorded exchanges answer. */
export const recordedCall: ScoreCall = { query, texts: documents, truncation: "longest_first", specialTokens: "neutralize", batchSize: 32 };
