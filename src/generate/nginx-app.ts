/** The location that hands requests to the application. */

/** nginx's modules that pass requests on; `proxy` speaks HTTP. */
export type PassModule = "proxy" | "uwsgi" | "fastcgi" | "scgi";

/** What the location depends on. */
export interface AppLocation {
  /** Name of the upstream. */
  readonly upstream: string;
  /** The module of nginx that speaks with the upstream. */
  readonly module: PassModule;
  /** HTTP over TLS. */
  readonly tls: boolean;
  /** The variable, or variables, for the Host header. */
  readonly host: string;
  /** Seconds that a request may take; 0 is no limit. */
  readonly harakiri: number;
}

/** `location / { … }` as lines, indented within. */
export function appLocation(location: AppLocation): string[] {
  const lines = location.module === "proxy" ? proxy(location) : gateway(location, location.module);
  return ["location / {", ...lines.map((line) => `    ${line};`), "}"];
}

function proxy({ upstream, tls, host, harakiri }: AppLocation): string[] {
  const header = (name: string, value: string) => `proxy_set_header ${name} ${value}`;
  return [
    `proxy_pass ${tls ? "https" : "http"}://${upstream}`,
    // The name decides which certificate the server shows.
    ...(tls ? ["proxy_ssl_server_name on", "proxy_ssl_name $host"] : []),
    "proxy_http_version 1.1",
    header("Connection", '""'),
    header("Host", host),
    header("X-Real-IP", "$remote_addr"),
    header("X-Forwarded-For", "$proxy_add_x_forwarded_for"),
    header("X-Forwarded-Proto", "$scheme"),
    ...claims.map((name) => header(name, '""')),
    "proxy_redirect off",
    ...timeouts("proxy", harakiri),
    // Only for an idle connection that broke; nginx does not repeat a POST that it has sent.
    "proxy_next_upstream error",
    ...responseBuffer("proxy"),
  ];
}

/**
 * Written out rather than `include uwsgi_params` and its like, which lie elsewhere in every distribution and
 * take the client's Host header as it is. A HTTP_* parameter replaces the client's header.
 */
function gateway(
  { upstream, host, harakiri }: AppLocation,
  module: Exclude<PassModule, "proxy">,
): string[] {
  const header = (name: string) => `HTTP_${name.toUpperCase().replaceAll("-", "_")}`;
  const params: readonly (readonly [string, string])[] = [
    ["QUERY_STRING", "$query_string"],
    ["REQUEST_METHOD", "$request_method"],
    ["CONTENT_TYPE", "$content_type"],
    // SCGI's length is nginx's own business: it sends the variable first.
    ...(module === "scgi"
      ? ([["SCGI", "1"]] as const)
      : ([["CONTENT_LENGTH", "$content_length"]] as const)),
    ["REQUEST_URI", "$request_uri"],
    ["PATH_INFO", "$document_uri"],
    ["DOCUMENT_ROOT", "$document_root"],
    ["SERVER_PROTOCOL", "$server_protocol"],
    ["REQUEST_SCHEME", "$scheme"],
    ["HTTPS", "$https if_not_empty"],
    ["REMOTE_ADDR", "$remote_addr"],
    ["REMOTE_PORT", "$remote_port"],
    ["SERVER_PORT", "$server_port"],
    ["SERVER_NAME", "$server_name"],
    ["HTTP_HOST", host],
    ["HTTP_X_REAL_IP", "$remote_addr"],
    ["HTTP_X_FORWARDED_FOR", "$proxy_add_x_forwarded_for"],
    ["HTTP_X_FORWARDED_PROTO", "$scheme"],
    ...claims.map((name) => [header(name), '"" if_not_empty'] as const),
  ];
  return [
    `${module}_pass ${upstream}`,
    ...params.map(([name, value]) => `${module}_param ${name} ${value}`),
    ...(module === "fastcgi" ? ["fastcgi_keep_conn on"] : []),
    ...timeouts(module, harakiri),
    // Only for an idle connection that broke: a FastCGI request is not repeated once it was sent.
    `${module}_next_upstream ${module === "fastcgi" ? "error" : "off"}`,
    ...responseBuffer(module),
  ];
}

/**
 * Headers that applications take for a proxy's word and that nginx does not set: dropped, or a client
 * could claim to come by https, or choose the proxy of the application's own requests (httpoxy).
 */
const claims = [
  "Forwarded",
  "X-Forwarded-Host",
  "X-Forwarded-Port",
  "X-Forwarded-Prefix",
  "X-Forwarded-Ssl",
  "X-Forwarded-Scheme",
  "Proxy",
];

/**
 * nginx gives up a little after harakiri, so that the server's own 504 arrives. Without harakiri
 * nginx's 60 seconds between two reads hold.
 */
function timeouts(module: PassModule, harakiri: number): string[] {
  const connect = `${module}_connect_timeout 5s`;
  if (harakiri === 0) return [connect];
  const seconds = harakiri + 5;
  return [connect, `${module}_send_timeout ${seconds}s`, `${module}_read_timeout ${seconds}s`];
}

/** Room for an answer's header fields; nginx's 4k makes a 502 of an answer with large cookies. */
function responseBuffer(module: PassModule): string[] {
  return [`${module}_buffer_size 16k`, `${module}_buffers 8 16k`];
}
