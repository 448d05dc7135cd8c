/** SETTINGS -> the part of an nginx configuration that puts nginx in front of the server. */
import type { Address } from "../options/address.ts";
import type { Settings, SocketSetting } from "../settings/settings.ts";
import type { Place } from "../source.ts";
import { appLocation, type PassModule } from "./nginx-app.ts";
import { expiresMaps } from "./nginx-expires.ts";
import { staticLocations } from "./nginx-static.ts";
import { nginxComment, nginxQuote } from "./quote.ts";

/** What the settings do not say. */
export interface NginxOptions {
  /** Host names of a whole server block, separated by spaces; without, only its inside is written. */
  readonly serverName?: string;
  /** Where the server block listens: a port, `host:port` or `[v6]:port`; 80 if absent. */
  readonly listen?: string;
}

/** The text, or why there is none. */
export type NginxResult =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "problem"; readonly problem: GenerateProblem };

/** Why nothing can be generated; `message` and `help` are sentences without a final full stop. */
export interface GenerateProblem {
  readonly message: string;
  readonly help: string;
  /** Where the setting at fault was written; undefined for faults of the command line. */
  readonly place: Place | undefined;
}

/**
 * An upstream for the first socket, locations for the application and its static files, and limits
 * and timeouts that fit the settings. The socket's protocol says which of nginx's modules passes
 * requests on: uwsgi_pass, fastcgi_pass, scgi_pass, or proxy_pass for HTTP, over TLS or not. nginx is
 * taken to be the first server that a request meets, so it sets the X-Forwarded
 * headers itself and drops what a client claims.
 * @returns text for nginx 1.18 and later that ends in a line feed
 */
export function nginx(settings: Settings, options: NginxOptions = {}): NginxResult {
  // What only sends clients on is not for a proxy.
  const socket = settings.sockets.find(({ protocol }) => protocol !== "http-to-https");
  const found = socket ? upstreamServer(socket) : noSocket;
  if (typeof found !== "string") return { kind: "problem", problem: found };
  const fault = optionFault(options) ?? proxyHeaderFault(settings, socket);
  if (fault) return { kind: "problem", problem: fault };
  const upstream = upstreamName(found);
  const module = socket ? passModule(socket) : "proxy";
  if (typeof module !== "string") return { kind: "problem", problem: module };
  const expires = expiresMaps(settings.statics.expires, upstream);
  const inside = [
    ...limits(settings),
    "",
    ...appLocation({
      ...{ upstream, module, tls: socket?.tls !== undefined },
      ...{ host: hostVariable(options), harakiri: settings.harakiri },
    }),
    ...staticLocations(settings.statics, expires.variable),
  ];
  const server = options.serverName === undefined ? bare(inside) : whole(inside, options);
  const origin = nginxComment(`nginx in front of the socket ${socket?.text ?? ""}`);
  const lines = [
    origin,
    ...upstreamBlock(upstream, found, idleSeconds(settings, socket, module)),
    ...expires.lines,
    "",
    ...server,
  ];
  return { kind: "text", text: `${lines.join("\n")}\n` };
}

const noSocket: GenerateProblem = {
  message: "no socket is configured, so nginx has nothing to connect to",
  help: "add e.g. socket = /run/app/app.sock",
  place: undefined,
};

/** The `server` parameter of the upstream, not quoted, or why nginx cannot connect there. */
function upstreamServer(socket: SocketSetting): string | GenerateProblem {
  const { address, place } = socket;
  if (socket.tls?.identity.clientCa?.required) {
    return {
      message: `${socket.text} takes only clients with a certificate, and nginx has none`,
      help: "take the `!` off its client CA, or add a socket for nginx before it",
      place,
    };
  }
  switch (address.kind) {
    case "unix":
      return `unix:${address.path}`;
    case "abstract": {
      const option = optionOf(socket);
      return {
        message: `nginx cannot connect to the abstract socket ${socket.text}`,
        help: `use a path (${option} = /run/app/app.sock) or a port (${option} = 127.0.0.1:8000)`,
        place,
      };
    }
    case "fd":
      return {
        message: `the address of ${socket.text} is known only to whoever starts the server, so nginx cannot know it`,
        help: "write the address of that socket into nginx's configuration by hand",
        place,
      };
    case "tcp":
      if (address.host.includes("*")) {
        return {
          message: `the address of ${socket.text} is chosen at the start, so nginx cannot know it`,
          help: "write the whole address",
          place,
        };
      }
      if (address.port !== 0) return `${reachableHost(address)}:${address.port}`;
      return {
        message: `the port of ${socket.text} is chosen anew at every start, so nginx cannot know it`,
        help: "name a port",
        place,
      };
  }
}

/** The module of nginx that speaks a socket's protocol, or why there is none. */
function passModule(socket: SocketSetting): PassModule | GenerateProblem {
  switch (socket.protocol) {
    case "http":
    case "http-socket":
    case "https":
    case "https-socket":
    case "http-to-https":
      return "proxy";
    case "uwsgi":
    case "fastcgi":
    case "scgi":
      return socket.protocol;
    case "scgi-nph":
      return "scgi"; // nginx takes either beginning of an answer
    case "fastcgi-nph":
      return {
        message: `nginx does not take the status line of HTTP that ${socket.text} answers with`,
        help: "write `fastcgi-socket`",
        place: socket.place,
      };
  }
}

/** The option that makes a socket of this protocol. */
function optionOf({ protocol }: SocketSetting): string {
  if (protocol === "uwsgi") return "socket";
  return protocol.startsWith("http") ? protocol : `${protocol}-socket`;
}

/** The host to connect to for an address to listen on: loopback where that is every address. */
function reachableHost(address: Address & { kind: "tcp" }): string {
  const host = address.host.replace(/^\[|\]$/g, "");
  if (["", "0.0.0.0", "::", "*"].includes(host))
    return address.family === 6 ? "[::1]" : "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}

/** A name of its own for every socket, so that the texts of several applications go together. */
function upstreamName(server: string): string {
  const words = server.replace(/^unix:/, "").replace(/[^A-Za-z0-9]+/g, "_");
  return `tsuwsgi_${words.replace(/^_|_$/g, "")}`;
}

/** @param idle how long connections are kept, seconds; undefined where the protocol keeps none */
function upstreamBlock(name: string, server: string, idle: number | undefined): string[] {
  return [
    `upstream ${name} {`,
    // The only server must never be taken for down: the default is ten seconds after one failure.
    `    server ${nginxQuote(server)} fail_timeout=0;`,
    ...(idle === undefined ? [] : ["    keepalive 32;", `    keepalive_timeout ${idle}s;`]),
    "}",
  ];
}

/** Where `http-keepalive` says nothing, and at most. */
const upstreamIdleSeconds = 60;

/**
 * How long nginx keeps an idle connection to the server, seconds. Shorter than the server does
 * (75 s, or `http-keepalive`), or nginx would now and then send a request into a connection that is just
 * being closed.
 */
function idleSeconds(
  { http }: Settings,
  socket: SocketSetting | undefined,
  module: PassModule,
): number | undefined {
  if (module === "uwsgi" || module === "scgi") return undefined;
  if (socket?.protocol !== "http" || http.keepalive === 0) return upstreamIdleSeconds;
  return Math.min(upstreamIdleSeconds, Math.floor(0.8 * http.keepalive));
}

/** nginx sends PROXY headers from its stream module only. */
function proxyHeaderFault(
  { http, places }: Settings,
  socket: SocketSetting | undefined,
): GenerateProblem | undefined {
  const wanted = http.proxyProtocol || (socket?.protocol === "http" && http.routerProxyProtocol);
  if (!socket?.protocol.startsWith("http") || !wanted) return undefined;
  return {
    message: `${socket.text} expects PROXY headers, which nginx does not send with proxy_pass`,
    help: "leave the PROXY protocol out: nginx tells who the client is in X-Forwarded-For",
    place: places[http.proxyProtocol ? "http.proxyProtocol" : "http.routerProxyProtocol"],
  };
}

/**
 * What belongs to the server block, because nginx does not take it in a location. A header buffer
 * holds whole lines: what the server would take in one line passes, what is longer is refused here.
 * Two are the least that works for pipelined requests; 512 bytes are the least that nginx takes.
 */
function limits(settings: Settings): string[] {
  return [
    `client_max_body_size ${settings.limitPost};`,
    `large_client_header_buffers 2 ${Math.max(512, settings.bufferSize)};`,
  ];
}

/**
 * The host that the application sees. `$http_host` is whatever the client says, even when the
 * request line names another host; `$host` is checked, but has no port.
 */
function hostVariable({ serverName, listen = "80" }: NginxOptions): string {
  const port = /(\d+)$/.exec(listen)?.[1];
  return serverName === undefined || port === "80" ? "$host" : "$host:$server_port";
}

function whole(
  inside: readonly string[],
  { serverName = "", listen = "80" }: NginxOptions,
): string[] {
  return [
    "server {",
    `    listen ${listen};`,
    `    server_name ${serverName.trim().split(/\s+/).join(" ")};`,
    ...inside.map((line) => (line === "" ? "" : `    ${line}`)),
    "}",
  ];
}

function bare(inside: readonly string[]): string[] {
  return [
    nginxComment("The rest belongs into the server block, the upstream before it."),
    ...inside,
  ];
}

function optionFault(options: NginxOptions): GenerateProblem | undefined {
  const { serverName, listen = "80" } = options;
  if (options.listen !== undefined && serverName === undefined) {
    return {
      message: "an address to listen on belongs to a whole server block, and none was asked for",
      help: "name the server with `--server-name` as well, or leave `--listen` out",
      place: undefined,
    };
  }
  if (serverName !== undefined && !serverName.trim().split(/\s+/).every(isServerName)) {
    return {
      message: `server name ${JSON.stringify(serverName)} is not a host name`,
      help: "write one or more names such as example.org or *.example.org, separated by spaces",
      place: undefined,
    };
  }
  const port = /^(?:(?:[\w.*-]+|\[[0-9A-Fa-f:.]+\]):)?(\d{1,5})$/.exec(listen)?.[1];
  if (port !== undefined && Number(port) >= 1 && Number(port) <= 65535) return undefined;
  return {
    message: `${JSON.stringify(listen)} is nothing that nginx can listen on`,
    help: "write a port (8080), host:port (127.0.0.1:8080) or [address]:port ([::1]:8080)",
    place: undefined,
  };
}

/** A host name, with a wildcard at one end at most; no regular expression. */
function isServerName(name: string): boolean {
  const label = "[\\w-]+";
  const dotted = `${label}(\\.${label})*`;
  return new RegExp(`^((\\*?\\.)?${dotted}\\.?|${dotted}\\.\\*)$`).test(name);
}
