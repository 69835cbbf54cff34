/**
 * Protects against DNS rebinding. A page of any origin can let its own host name resolve to 127.0.0.1, and then has the same origin as a
 * server there. But the `Host` header still contains the page's name.
 *
 * @see https://owasp.org/www-community/attacks/DNS_Rebinding
 */

/** @returns the host name of the request if it is not allowed, else undefined */
export type HostCheck = (host: string) => string | undefined;

/**
 * Allows local names and the names of a list.
 *
 * @param allowed names without a port; `.example.com` allows itself and all its subdomains, `*` allows every name
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

/** Whether it is a host name or an address, with or without a port. */
export function isHost(host: string): boolean {
  return /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d*)?$/i.test(host) && URL.canParse(`http://${host}`);
}

/** Whether this machine resolves the name itself, without an external name server. */
export function isLocal(name: string): boolean {
  return name === "localhost" || name.endsWith(".localhost") || /^127(?:\.\d{1,3}){3}$/.test(name) || name === "[::1]" || name === "::1";
}

/** The name without its port and without the final dot of a fully qualified name. */
function nameOf(host: string): string {
  return host.toLowerCase().replace(/:\d*$/, "").replace(/\.$/, "");
}
