/** How options with an address set the draft. */

import type { Address } from "../../options/address.ts";
import { parseAddress } from "../../options/address.ts";
import type { Given } from "../draft.ts";
import type { Apply } from "../option.ts";
import type { SocketProtocol } from "../settings.ts";

/** One more listening socket. */
export function listeningSocket(protocol: SocketProtocol): Apply<string> {
  return (draft, value, given) => {
    const address = addressOf(value, given);
    if (address) draft.sockets.push({ protocol, address, text: value, place: given.place });
  };
}

/** `stats`: where the statistics are served. */
export const statsAddress: Apply<string> = (draft, value, given) => {
  draft.stats = addressOf(value, given);
  draft.places["stats"] = given.place;
};

/** The address that a value is, or a finding. */
export function addressOf(value: string, given: Given): Address | undefined {
  // uWSGI drops what follows the digits of a port; a typed value with a blank in it comes here only when lenient.
  const address = parseAddress(given.lenient ? value.replace(/^([^/]*:\d+)\s.*$/, "$1") : value);
  if (!address.ok) {
    given.report({
      rule: "invalid-address",
      severity: "error",
      message: `\`${given.entry.key} = ${value}\`: expected ${address.expected}`,
      span: given.span,
      help: value.includes("/") && !value.includes(":") ? shorterPath : anyAddress,
    });
    return undefined;
  }
  if (address.value.kind === "unix" && /^\d+$/.test(value)) looksLikePort(value, given);
  return address.value;
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
