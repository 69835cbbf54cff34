/** An HTTP proxy on this machine: tunnels to TLS, forwards what is not, as Squid does by default. */
import { createServer, type IncomingMessage, type ServerResponse, request as send } from "node:http";
import { type AddressInfo, connect } from "node:net";

/** How a proxy is started. */
export interface ProxyOptions {
  /** `user:password`; who has no such credentials is answered 407. @default everybody is let in */
  credentials?: string;
  /** Ports that tunnels may go to. @default none, as Squid refuses tunnels to what is no TLS */
  tunnelPorts?: readonly number[];
}

/** A running proxy. */
export interface ProxyServer {
  /** Without credentials. */
  url: string;
  /** Hosts with ports that tunnels went to. */
  tunnels: string[];
  /** URLs that were forwarded. */
  forwarded: string[];
  close(): void;
}

/** Starts a proxy on a free port of 127.0.0.1. */
export async function startProxy({ credentials, tunnelPorts = [] }: ProxyOptions = {}): Promise<ProxyServer> {
  const tunnels: string[] = [];
  const forwarded: string[] = [];
  const isAllowed = ({ headers }: IncomingMessage): boolean =>
    credentials === undefined || headers["proxy-authorization"] === `Basic ${Buffer.from(credentials).toString("base64")}`;
  const server = createServer((request, response) => {
    if (!isAllowed(request)) return refuse(response, 407);
    forwarded.push(request.url ?? "");
    forward(request, response);
  });
  server.on("connect", (request, client, head) => {
    const { hostname, port } = new URL(`http://${request.url}`);
    const isTunnel = tunnelPorts.includes(Number(port));
    if (!isAllowed(request) || !isTunnel) return client.end(`HTTP/1.1 ${isTunnel ? 407 : 403} No\r\nconnection: close\r\n\r\n`);
    tunnels.push(request.url ?? "");
    const target = connect(Number(port), hostname, () => {
      client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      target.write(head);
      target.pipe(client).pipe(target);
    });
    target.on("error", () => client.destroy());
    client.on("error", () => target.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tunnels,
    forwarded,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function forward(request: IncomingMessage, response: ServerResponse): void {
  const { "proxy-authorization": _credentials, ...headers } = request.headers;
  const onward = send(request.url ?? "", { method: request.method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on("error", () => refuse(response, 502));
  request.pipe(onward);
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status);
  response.end();
}
