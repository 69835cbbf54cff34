/**
 * Whether a request means this server: a page of any origin can have its own name resolved to 127.0.0.1 (DNS rebinding), and would then be
 * of the same origin as a server there. The `Host` header still tells the page's name.
 *
 * @see https://owasp.org/www-community/attacks/DNS_Rebinding
 */

/** @returns the name that a request called the server by, if it is not among those that are allowed */
export type HostCheck = (host: string) => string | undefined;

/**
 * Allows local names, and others by list.
 *
 * @param allowed names without a port; `.example.com` stands for itself and all below it, `*` for all
 */
export function createHostCheck(allowed: readonly string[]): HostCheck {
  const names = allowed.map((name) => name.toLowerCase());
  const isAllowed = (name: string): boolean =>
    isLocal(name) || names.some((known) => known === "*" || known === name || (known.startsWith(".") && `.${name}`.endsWith(known)));
  return (host) => {
    const name = nameOf(host);
    return isAllowed(name) ? undefined : name;
  };
}

/** Whether it is a name or an address, with a port or without. */
export function isHost(host: string): boolean {
  return /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d*)?$/i.test(host) && URL.canParse(`http://${host}`);
}

/** Names that no name server outside of this machine is asked for. */
export function isLocal(name: string): boolean {
  return name === "localhost" || name.endsWith(".localhost") || /^127(?:\.\d{1,3}){3}$/.test(name) || name === "[::1]" || name === "::1";
}

/** Without the port, and without the dot that ends a full name. */
function nameOf(host: string): string {
  return host.toLowerCase().replace(/:\d*$/, "").replace(/\.$/, "");
}
