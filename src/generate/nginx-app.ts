/** The location that hands requests to the application. */

/** What the location depends on. */
export interface AppLocation {
  /** Name of the upstream. */
  readonly upstream: string;
  /** The upstream speaks HTTP; else the uwsgi protocol. */
  readonly http: boolean;
  /** HTTP over TLS. */
  readonly tls: boolean;
  /** The variable, or variables, for the Host header. */
  readonly host: string;
  /** Seconds that a request may take; 0 is no limit. */
  readonly harakiri: number;
}

/** `location / { … }` as lines, indented within. */
export function appLocation(location: AppLocation): string[] {
  const lines = location.http ? proxy(location) : uwsgi(location);
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
 * Written out rather than `include uwsgi_params`, which lies elsewhere in every distribution and
 * which takes the client's Host header as it is. A HTTP_* parameter replaces the client's header.
 */
function uwsgi({ upstream, host, harakiri }: AppLocation): string[] {
  const header = (name: string) => `HTTP_${name.toUpperCase().replaceAll("-", "_")}`;
  const params: readonly (readonly [string, string])[] = [
    ["QUERY_STRING", "$query_string"],
    ["REQUEST_METHOD", "$request_method"],
    ["CONTENT_TYPE", "$content_type"],
    ["CONTENT_LENGTH", "$content_length"],
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
    `uwsgi_pass ${upstream}`,
    ...params.map(([name, value]) => `uwsgi_param ${name} ${value}`),
    ...timeouts("uwsgi", harakiri),
    "uwsgi_next_upstream off",
    ...responseBuffer("uwsgi"),
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
function timeouts(module: "proxy" | "uwsgi", harakiri: number): string[] {
  const connect = `${module}_connect_timeout 5s`;
  if (harakiri === 0) return [connect];
  const seconds = harakiri + 5;
  return [connect, `${module}_send_timeout ${seconds}s`, `${module}_read_timeout ${seconds}s`];
}

/** Room for an answer's header fields; nginx's 4k makes a 502 of an answer with large cookies. */
function responseBuffer(module: "proxy" | "uwsgi"): string[] {
  return [`${module}_buffer_size 16k`, `${module}_buffers 8 16k`];
}
