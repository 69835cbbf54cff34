/** What `serve` tells people on a terminal; its log is for machines. */

/** Told where others than this machine may call, and need no key. */
export const openWarning =
  "anybody who reaches this address may use the server, for it needs no key. Set --api-key-file, or listen on 127.0.0.1";

/** Whether machines other than this one may reach an address. */
export function isOpenToOthers({ host = "127.0.0.1", socket }: { host?: string; socket?: string }): boolean {
  return socket === undefined && !/^(?:127(?:\.\d{1,3}){3}|localhost|(?:.+\.)?localhost|\[?::1\]?)$/i.test(host);
}

/** One line on where a server listens, and where its page is. @param url `http://…`, `https://…` or `unix:/path` */
export function describeAddress(url: string, state: "loading" | "ready"): string {
  const isSocket = url.startsWith("unix:");
  const what = state === "loading" ? `listening on ${url}, loading the models` : `ready at ${url}`;
  const page = isSocket ? "" : ` To read about the API and try it: ${browserUrl(url)}/docs.`;
  return state === "loading" ? `${what} …` : `${what}.${page} Ctrl-C stops the server.`;
}

/** An address that stands for all of a machine's is none that a browser can open. */
function browserUrl(url: string): string {
  return url.replace(/^(https?:\/\/)(?:0\.0\.0\.0|\[::\])(?=:)/, "$1localhost");
}
