/** Settings of listening sockets: what is the same for all of them, and how the sockets come from their options. */
import type { Address, ListenAddress } from "../options/address.ts";
import type { Place } from "../source.ts";
import type { SocketProtocol, SocketSetting } from "./settings.ts";

/** What is asked of the system for every socket. Numbers in bytes where not said otherwise. */
export interface SocketOptions {
  /** What sockets speak whose option does not say it, and those of systemd. */
  readonly protocol: SocketProtocol;
  /** Owner of Unix sockets; undefined keeps whoever starts the server. */
  readonly owner: { readonly uid: number; readonly gid: number | undefined } | undefined;
  /** SO_REUSEPORT: other programs that ask for it as well may listen on the same port. */
  readonly reusePort: boolean;
  /** IP_FREEBIND: an address that no interface has, yet, is good. */
  readonly freebind: boolean;
  /** SO_KEEPALIVE: the kernel looks whether idle peers are still there. */
  readonly keepalive: boolean;
  /** TCP_FASTOPEN: connections that may wait with data in their first packet; 0 switches it off. */
  readonly fastOpen: number;
  /** SO_SNDBUF and SO_RCVBUF; 0 leaves the system's. */
  readonly sendBuffer: number;
  readonly receiveBuffer: number;
}

/** Options of sockets while they are read. */
export interface SocketOptionsDraft {
  protocol: SocketProtocol;
  owner: SocketOptions["owner"];
  reusePort: boolean;
  freebind: boolean;
  keepalive: boolean;
  fastOpen: number;
  sendBuffer: number;
  receiveBuffer: number;
  /** Unix sockets have abstract names. */
  abstract: boolean;
  /** Sockets that others name by `=N`. */
  shared: SharedSocket[];
}

/** `shared-socket = ADDRESS` */
export interface SharedSocket {
  readonly address: ListenAddress;
  readonly text: string;
  readonly place: Place;
}

/** A socket as its option says it. */
export interface SocketDraft extends Omit<SocketSetting, "protocol" | "address"> {
  /** Undefined: what `protocol` says. */
  readonly protocol: SocketProtocol | undefined;
  readonly address: ListenAddress | { readonly kind: "shared"; readonly index: number };
}

/** Nothing is asked for. */
export function noSocketOptions(): SocketOptionsDraft {
  return {
    owner: undefined,
    reusePort: false,
    freebind: false,
    keepalive: false,
    fastOpen: 0,
    sendBuffer: 0,
    receiveBuffer: 0,
    protocol: "uwsgi",
    abstract: false,
    shared: [],
  };
}

/** What stays of the options once the sockets are made of them. */
export function finishSocketOptions(draft: SocketOptionsDraft): SocketOptions {
  const { abstract: _abstract, shared: _shared, ...options } = draft;
  return options;
}

/**
 * The sockets to listen on. A reference to a shared socket that there is not gives none; the cross-check
 * reports it.
 */
export function finishSockets(
  sockets: readonly SocketDraft[],
  options: SocketOptionsDraft,
  inChdir: (path: string) => string,
): SocketSetting[] {
  return sockets.flatMap(({ protocol = options.protocol, address, text, place, ...rest }) => {
    const of = address.kind === "shared" ? options.shared[address.index] : { address, text, place };
    if (of === undefined) return [];
    const where = finishAddress(of.address, options.abstract, inChdir);
    return [{ ...rest, ...of, protocol, address: where }];
  });
}

/** An address with its path made absolute, or abstract: that is its name as it was written then. */
export function finishAddress<T extends ListenAddress>(
  address: T,
  abstract: boolean,
  inChdir: (path: string) => string,
): T | Address {
  if (address.kind !== "unix") return address;
  return abstract
    ? { kind: "abstract", name: address.path }
    : { kind: "unix", path: inChdir(address.path) };
}
