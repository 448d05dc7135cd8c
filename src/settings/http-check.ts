/** Faults of HTTP's options that show only when several are looked at together. */

import type { Draft } from "./draft.ts";
import type { SayOne } from "./say.ts";
import { finishSockets } from "./socket-settings.ts";
import { trustsEverybody } from "./trust.ts";

/** Says what is contradictory or without an object. */
export function checkHttp(draft: Draft, warn: SayOne): void {
  checkRouterOptions(draft, warn);
  checkTimeout(draft, warn);
  checkTrust(draft, warn);
}

type RouterField =
  | "timeout"
  | "headersTimeout"
  | "keepalive"
  | "expectLimit"
  | "autoGzip"
  | "hostAsServerName"
  | "routerProxyProtocol";

/** Options of uWSGI's router, with what does the same for the other sockets. */
const ofTheRouter: readonly [field: RouterField, name: string, other: string][] = [
  ["timeout", "http-timeout", "write `socket-timeout`"],
  ["headersTimeout", "http-headers-timeout", "write `socket-timeout`"],
  ["keepalive", "http-keepalive", "take it out"],
  ["expectLimit", "http-manage-expect", "write `limit-post`"],
  ["autoGzip", "http-auto-gzip", "write `http` for the socket"],
  ["hostAsServerName", "http-server-name-as-http-host", "write `http` for the socket"],
  ["routerProxyProtocol", "http-enable-proxy-protocol", "write `enable-proxy-protocol`"],
];

function checkRouterOptions(draft: Draft, warn: SayOne): void {
  const { sockets, places } = draft;
  if (sockets.length === 0 || sockets.some(({ protocol }) => isRouter(protocol))) return;
  for (const [field, name, other] of ofTheRouter) {
    const place = places[`http.${field}`];
    if (!draft.http[field]) continue;
    warn("no-effect", place, `\`${name}\` is for sockets of \`http\`, and there is none`, other);
  }
}

/** uWSGI's router serves them; `http-socket` and the like belong to its workers. */
function isRouter(protocol = ""): boolean {
  return protocol.startsWith("http") && !protocol.endsWith("-socket");
}

function checkTimeout({ http, harakiri, sockets, places }: Draft, warn: SayOne): void {
  const { timeout } = http;
  if (timeout === 0 || harakiri <= timeout) return;
  if (!sockets.some(({ protocol }) => isRouter(protocol))) return;
  const message = `a request may take \`harakiri = ${harakiri}\` seconds, but when nothing has come for \`http-timeout = ${timeout}\` seconds its client gets 504`;
  warn(
    "timeout-below-harakiri",
    places["http.timeout"],
    message,
    `write \`http-timeout = ${harakiri + 1}\` or more`,
  );
}

function checkTrust({ http, sockets: drafts, socketOptions, places }: Draft, warn: SayOne): void {
  http.trusted.forEach((peer, index) => {
    if (!trustsEverybody(peer)) return;
    warn(
      "trusts-everybody",
      places[`http.trusted.${index}`],
      "every client is a trusted proxy, so each may claim any address and scheme",
      "name the proxies, unless nobody else can reach the sockets",
    );
  });
  if (http.trusted.length > 0) return;
  const field = http.proxyProtocol ? "proxyProtocol" : "routerProxyProtocol";
  if (!http[field]) return;
  const sockets = finishSockets(drafts, socketOptions, (path) => path);
  const far = sockets.find(
    ({ protocol, address }) =>
      protocol.startsWith("http") &&
      (http.proxyProtocol || isRouter(protocol)) &&
      address.kind === "tcp" &&
      !/^(127\.|::1$|localhost$)/.test(address.host),
  );
  if (far === undefined) return;
  warn(
    "trusts-nobody",
    places[`http.${field}`],
    `\`${far.text}\` expects PROXY headers, and only those of proxies on this machine are believed`,
    "name the others with `trusted-proxy = ADDRESS`",
  );
}
