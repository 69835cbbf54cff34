/** Messages of `serve` for people at a terminal. Its log is for machines. */

/** Warning for an address that other machines can reach without a key. */
export const openWarning =
  "anybody who reaches this address may use the server, because it needs no key. Set --api-key-file, or listen on 127.0.0.1";

/** Whether other machines can reach an address. */
export function isOpenToOthers({ host = "127.0.0.1", socket }: { host?: string; socket?: string }): boolean {
  return socket === undefined && !/^(?:127(?:\.\d{1,3}){3}|localhost|(?:.+\.)?localhost|\[?::1\]?)$/i.test(host);
}

/** One line that says where the server listens and where its docs page is. @param url `http://…`, `https://…` or `unix:/path` */
export function describeAddress(url: string, state: "loading" | "ready"): string {
  const isSocket = url.startsWith("unix:");
  const what = state === "loading" ? `listening on ${url}, loading the models` : `ready at ${url}`;
  const page = isSocket ? "" : ` To read about the API and try it: ${browserUrl(url)}/docs.`;
  return state === "loading" ? `${what} …` : `${what}.${page} Ctrl-C stops the server.`;
}

/** A URL for a browser, which cannot open the wildcard addresses 0.0.0.0 and [::]. */
function browserUrl(url: string): string {
  return url.replace(/^(https?:\/\/)(?:0\.0\.0\.0|\[::\])(?=:)/, "$1localhost");
}
