/** Who is at the other end of a connection, and whether what he says about others is believed. */
import { BlockList, isIP } from "node:net";
import type { TrustedPeer } from "../../../settings/trust.ts";
import type { Transport } from "./raw-socket.ts";

/** The other end of a connection. */
export interface Peer {
  /** IP address; empty for a Unix socket. */
  readonly address: string;
  readonly port: string;
  /** Address that the peer connected to, where a PROXY header said it; else empty. */
  readonly serverAddress: string;
  readonly serverPort: string;
  /** It is a trusted proxy, so what it says about its clients is believed. */
  readonly trusted: boolean;
}

/** A listening socket, as far as it tells about who connects to it. */
export interface ServerEnd {
  /** SERVER_PORT. */
  readonly port: string;
  /** Connections come over a Unix socket. */
  readonly local: boolean;
}

/** The trusted proxies of a server. */
export class TrustedProxies {
  readonly #any: boolean;
  readonly #unix: boolean;
  readonly #loopback: boolean;
  readonly #networks: BlockList | undefined;

  constructor(peers: readonly TrustedPeer[]) {
    const has = (kind: TrustedPeer["kind"]) => peers.some((peer) => peer.kind === kind);
    this.#any = has("any");
    this.#unix = this.#any || has("unix");
    this.#loopback = has("loopback");
    if (has("network")) this.#networks = new BlockList();
    for (const peer of peers) {
      if (peer.kind === "network")
        this.#networks?.addSubnet(peer.address, peer.prefix, familyName(peer.family));
    }
  }

  /** Whether an IP address is one of a trusted proxy; the empty one is a Unix socket's. */
  has(address: string): boolean {
    if (address === "") return this.#unix;
    if (this.#any) return true;
    if (this.#loopback && (address.startsWith("127.") || address === "::1")) return true;
    if (this.#networks === undefined) return false;
    const bare = withoutZone(address);
    const family = isIP(bare);
    return (family === 4 || family === 6) && this.#networks.check(bare, familyName(family));
  }

  /** The peer of a connection to a listening socket. */
  peerOf(socket: Transport, { port: serverPort, local }: ServerEnd): Peer {
    const address = plainAddress(socket.remoteAddress ?? "");
    const port = String(socket.remotePort ?? "");
    // A TCP client that is gone already has no address either.
    const trusted = (local || address !== "") && this.has(address);
    return { address, port, serverAddress: "", serverPort, trusted };
  }

  /**
   * The client that trusted proxies speak of: the last address that is none of theirs, since only what
   * stands behind it was written by one of them.
   * @param forwardedFor the value of X-Forwarded-For
   * @param peer the address of the connection's own peer
   */
  clientOf(forwardedFor: string, peer: string): string {
    let client = peer;
    let end = forwardedFor.length;
    while (end > 0 && this.has(client)) {
      const comma = forwardedFor.lastIndexOf(",", end - 1);
      const address = addressOf(forwardedFor.slice(comma + 1, end).trim());
      // "unknown", or nonsense: the proxy that wrote it is the last one that is known.
      if (address === undefined) break;
      client = address;
      end = comma;
    }
    return client;
  }
}

function familyName(family: 4 | 6): "ipv4" | "ipv6" {
  return family === 4 ? "ipv4" : "ipv6";
}

/** An IPv4 client on an IPv6 socket is an IPv4 client. */
function plainAddress(address: string): string {
  return address.startsWith("::ffff:") && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
}

/** `fe80::1%eth0` is fe80::1. */
function withoutZone(address: string): string {
  const zone = address.indexOf("%");
  return zone < 0 ? address : address.slice(0, zone);
}

/** An element of X-Forwarded-For; some proxies add the port. */
function addressOf(text: string): string | undefined {
  const bare =
    /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
  return isIP(bare) === 0 ? undefined : plainAddress(bare);
}
