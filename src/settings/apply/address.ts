/** How options with an address set the draft. */

import type { ListenAddress } from "../../options/address.ts";
import { parseAddress, parseListenAddress } from "../../options/address.ts";
import type { Parsed } from "../../options/value.ts";
import type { Given } from "../draft.ts";
import type { Apply } from "../option.ts";
import type { SocketProtocol } from "../settings.ts";
import type { SocketDraft } from "../socket-settings.ts";

/**
 * One more listening socket: an address, or `=N` for the shared socket of that number.
 * @param protocol undefined is what the option `protocol` says, wherever it stands
 */
export function listeningSocket(protocol: SocketProtocol | undefined): Apply<string> {
  return (draft, value, given) => {
    const address = listeningAddress(value, given);
    if (address) draft.sockets.push({ protocol, address, text: value, place: given.place });
  };
}

/** Where an option listens: an address, or `=N` for a shared socket; what is neither is reported. */
export function listeningAddress(value: string, given: Given): SocketDraft["address"] | undefined {
  const reference = /^=(\d{1,4})$/.exec(value)?.[1];
  if (reference === undefined) return addressOf(value, given, parseListenAddress);
  return { kind: "shared", index: Number(reference) };
}

/** `shared-socket`: bound here, served by the option that names its number. */
export const sharedSocket: Apply<string> = (draft, value, given) => {
  const address = addressOf(value, given, parseListenAddress);
  // A place is kept for one that cannot be read, so that the others keep their numbers.
  const kept = address ?? { kind: "unix", path: value };
  draft.socketOptions.shared.push({ address: kept, text: value, place: given.place });
};

/** What `protocol` can say, and what that is here: HTTP/1.0 and 1.1 are one. */
export const protocolNames: Readonly<Record<string, SocketProtocol>> = {
  uwsgi: "uwsgi",
  http: "http-socket",
  http11: "http-socket",
  fastcgi: "fastcgi",
  "fastcgi-nph": "fastcgi-nph",
  scgi: "scgi",
  "scgi-nph": "scgi-nph",
};

/** `protocol`: what plain sockets speak. */
export const plainProtocol: Apply<string> = (draft, value, given) => {
  draft.socketOptions.protocol = protocolNames[value] ?? "uwsgi"; // The schema let only these names through.
  draft.places["socketOptions.protocol"] = given.place;
};

/** `stats`: where the statistics are served. */
export const statsAddress: Apply<string> = (draft, value, given) => {
  draft.stats = addressOf(value, given, parseAddress);
  draft.places["stats"] = given.place;
};

/** The address that a value is, or a finding. */
export function addressOf<T extends ListenAddress>(
  value: string,
  given: Given,
  parse: (text: string) => Parsed<T>,
): T | undefined {
  // uWSGI drops what follows the digits of a port; a typed value with a blank in it comes here only when lenient.
  const address = parse(given.lenient ? value.replace(/^([^/]*:\d+)\s.*$/, "$1") : value);
  if (!address.ok) {
    report(
      given,
      `\`${given.entry.key} = ${value}\`: expected ${address.expected}`,
      value.includes("/") && !value.includes(":") ? shorterPath : anyAddress,
    );
    return undefined;
  }
  if (address.value.kind === "unix" && /^\d+$/.test(value)) looksLikePort(value, given);
  return address.value;
}

function report(given: Given, message: string, help: string): void {
  given.report({
    rule: "invalid-address",
    severity: "error",
    message,
    span: given.span,
    help,
  });
}

const anyAddress =
  "write `host:port`, `:port`, `[IPv6]:port`, the path of a Unix socket, or `@name`";
const shorterPath = "choose a shorter directory, such as /run/app";

/** uWSGI takes everything without a colon for a path. */
function looksLikePort(value: string, given: Given): void {
  given.report({
    rule: "port-as-path",
    severity: "warning",
    message: `\`${given.entry.key} = ${value}\` makes a Unix socket in a file named \`${value}\``,
    span: given.span,
    help: `for the port write \`:${value}\`; for the file write \`./${value}\``,
  });
}
