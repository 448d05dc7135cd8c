/** Peers whose word about their clients is believed: reading `trusted-proxy`. */
import { isIPv4, isIPv6 } from "../options/address.ts";
import type { Parsed } from "../options/value.ts";
import { expected, parsed } from "../options/value.ts";

/** One element of the list of trusted proxies. */
export type TrustedPeer =
  /** Every peer. */
  | { readonly kind: "any" }
  /** Peers on a Unix socket. */
  | { readonly kind: "unix" }
  /** 127.0.0.0/8 and ::1. */
  | { readonly kind: "loopback" }
  /** The addresses that have the first `prefix` bits of `address`; a single one has all. */
  | {
      readonly kind: "network";
      readonly family: 4 | 6;
      readonly address: string;
      readonly prefix: number;
    };

/** Who is believed where `trusted-proxy` is not given: whoever is on this machine. */
export const defaultTrust: readonly TrustedPeer[] = [{ kind: "unix" }, { kind: "loopback" }];

/** Reads `unix`, `loopback`, `*`, an IP address or a network in CIDR notation. */
export function parseTrustedPeer(text: string): Parsed<TrustedPeer> {
  if (text === "*") return parsed({ kind: "any" });
  if (text === "unix" || text === "loopback") return parsed({ kind: text });
  const [address = "", bits, ...more] = text.split("/");
  if (isIPv4(address)) return network(4, address, more.length > 0 ? "" : bits);
  // What comes over IPv6 sockets from such an address is taken for IPv4.
  if (/^::ffff:.*\./i.test(address)) return expected("the IPv4 address without `::ffff:`");
  if (isIPv6(address)) return network(6, address, more.length > 0 ? "" : bits);
  return expected(
    "an IP address, a network such as `10.0.0.0/8`, `unix`, `loopback` or `*`, one on each line",
  );
}

function network(family: 4 | 6, address: string, bits: string | undefined): Parsed<TrustedPeer> {
  const most = family === 4 ? 32 : 128;
  if (bits === undefined) return parsed({ kind: "network", family, address, prefix: most });
  const prefix = Number(bits);
  if (!/^\d{1,3}$/.test(bits) || prefix > most) {
    return expected(`a number from 0 to ${most} after the \`/\``);
  }
  return parsed({ kind: "network", family, address, prefix });
}

/** Whether an element covers addresses anywhere. */
export function trustsEverybody(peer: TrustedPeer): boolean {
  return peer.kind === "any" || (peer.kind === "network" && peer.prefix === 0);
}
