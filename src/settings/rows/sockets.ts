/** Rows of the option table. Listening sockets. */
import { chownSocket } from "../apply/account.ts";
import {
  listeningSocket,
  plainProtocol,
  protocolNames,
  sharedSocket,
  statsAddress,
} from "../apply/address.ts";
import { chmodSocket, umask } from "../apply/text.ts";
import type { HonouredOption } from "../option.ts";
import { flag, integer, text, within } from "../option.ts";
import type { SocketProtocol } from "../settings.ts";

/** What setsockopt(2) takes: an int of C. */
const largestInt = 2_147_483_647;

/** Each kind of socket: its option, what it speaks, and the summary's words for that. */
const kinds: readonly (readonly [string, SocketProtocol | undefined, string])[] = [
  ["http", "http", "HTTP"],
  ["http-socket", "http-socket", "HTTP"],
  ["http11-socket", "http-socket", "HTTP; the same as `http-socket`"],
  ["socket", undefined, "the protocol of `protocol`, uwsgi if it is not given"],
  ["uwsgi-socket", "uwsgi", "the uwsgi protocol"],
  ["fastcgi-socket", "fastcgi", "FastCGI"],
  ["fastcgi-nph-socket", "fastcgi-nph", "FastCGI, with a status line of HTTP in answers"],
  ["scgi-socket", "scgi", "SCGI"],
  ["scgi-nph-socket", "scgi-nph", "SCGI, with a status line of HTTP in answers"],
];

const address = "an address such as `127.0.0.1:8080`, `:8080` or a path";

/** In the order of the documentation. */
export const socketRows: readonly HonouredOption[] = [
  ...kinds.map(([name, protocol, speaks]) =>
    text({
      name,
      summary: `Address on which to serve ${speaks}.`,
      expected: `${address}, \`fd://N\` for an open descriptor, or \`=N\` for a shared socket`,
      repeats: true,
      apply: listeningSocket(protocol),
    }),
  ),
  text({
    name: "protocol",
    summary: "What `socket` and the sockets of systemd speak, wherever the line stands.",
    expected: `one of ${Object.keys(protocolNames)
      .map((name) => `\`${name}\``)
      .join(", ")}`,
    pattern: `^(${Object.keys(protocolNames).join("|")})$`,
    apply: plainProtocol,
  }),
  ...["shared-socket", "undeferred-shared-socket"].map((name) =>
    text({
      name,
      summary: "Address to bind for the option that names it by its number: `=0`, `=1` and so on.",
      expected: address,
      repeats: true,
      apply: sharedSocket,
    }),
  ),
  flag(
    "abstract-socket",
    within("socketOptions", "abstract"),
    "Make Unix sockets with abstract names (Linux) of the paths that are given.",
  ),
  ...["chmod-socket", "chmod"].map((name) =>
    text({
      name,
      summary: "Permissions of Unix sockets, three octal digits; `1` is 666.",
      expected: "three octal digits such as `660`",
      pattern: "^(1|[0-7]{3})$",
      bare: "1",
      apply: chmodSocket,
    }),
  ),
  text({
    name: "chown-socket",
    summary: "Owner of Unix sockets, a user or `user:group`.",
    expected: "a user, or `user:group`",
    pattern: "^[^:]+(:[^:]+)?$",
    apply: chownSocket,
  }),
  text({
    name: "umask",
    summary: "Permissions that new files and sockets do not get, three octal digits.",
    expected: "three octal digits such as `027`",
    pattern: "^0?[0-7]{3}$",
    apply: umask,
  }),
  integer(
    "listen",
    "listen",
    { minimum: 1, maximum: largestInt, default: 100 },
    "Connections that may wait to be accepted.",
  ),
  ...systemRows(),
  text({
    name: "stats",
    summary: "Address of the statistics server; implies master.",
    expected: "an address such as `127.0.0.1:9191` or a path",
    apply: statsAddress,
  }),
];

/** What is asked of the system for each socket. */
function systemRows(): HonouredOption[] {
  const fromZero = { minimum: 0, maximum: largestInt, default: 0 };
  return [
    flag(
      "reuse-port",
      within("socketOptions", "reusePort"),
      "Share ports with other programs that ask for it too (SO_REUSEPORT).",
    ),
    flag(
      "freebind",
      within("socketOptions", "freebind"),
      "Bind addresses that this machine does not have, or not yet (IP_FREEBIND).",
    ),
    flag(
      "so-keepalive",
      within("socketOptions", "keepalive"),
      "Let the kernel end connections whose peer is gone (SO_KEEPALIVE).",
    ),
    integer(
      "socket-sndbuf",
      within("socketOptions", "sendBuffer"),
      fromZero,
      "Bytes that the kernel holds of what is sent on a connection (SO_SNDBUF); 0 is the system's.",
      "bytes",
    ),
    integer(
      "socket-rcvbuf",
      within("socketOptions", "receiveBuffer"),
      fromZero,
      "Bytes that the kernel holds of what comes on a connection (SO_RCVBUF); 0 is the system's.",
      "bytes",
    ),
    integer(
      "tcp-fast-open",
      within("socketOptions", "fastOpen"),
      fromZero,
      "Connections that may wait with data in their first packet (TCP_FASTOPEN); 0 is none.",
    ),
  ];
}
