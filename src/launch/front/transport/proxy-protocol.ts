/**
 * Connections that begin with a PROXY header: who the client is, then the client's own bytes. A peer that
 * is not trusted, or has no header to offer, is refused; the header's addresses are the client's from then on,
 * and whether *they* belong to a trusted proxy decides what its requests may claim.
 */
import type { Socket } from "node:net";
import { type ProxyHeader, parseProxyHeader } from "../../protocol/proxy.ts";
import type { Channel, ChannelUser } from "./channel.ts";
import type { Transport } from "./raw-socket.ts";
import type { Peer, ServerEnd, TrustedProxies } from "./trust.ts";

/** What waiting for a header needs to know. */
export interface ProxyGate {
  readonly trusted: TrustedProxies;
  /** The socket that connections come to. */
  readonly listener: ServerEnd;
  /** How long the header may take, milliseconds. */
  readonly headerMs: number;
  /** Logs why a connection was refused, for the person who configured it. */
  readonly complain: (message: string) => void;
}

/** Takes the client's end and the bytes that came behind the header, which are only lent. */
export type Admit = (peer: Peer, ahead: Buffer) => void;

/** Reads the header of a connection that is a channel; what is refused is closed. */
export function admitChannel(channel: Channel, gate: ProxyGate, admit: Admit): void {
  channel.use(new HeaderReader(channel.socket, gate, admit));
}

/**
 * Connections with a header before TLS. What TLS makes of a socket has no way back to it, but the same two
 * ends, which are no other connection's while it is open; so over TCP only.
 */
export class ProxiedSockets {
  readonly #gate: ProxyGate;
  readonly #peers = new Map<string, Peer>();

  constructor(gate: ProxyGate) {
    this.#gate = gate;
  }

  /** Reads the header of a socket that nobody reads yet; what is refused is closed, and `go` not called. */
  admit(socket: Socket, go: () => void): void {
    const ends = endsOf(socket);
    if (socket.remoteAddress === undefined) {
      this.#gate.complain("a PROXY header before TLS can be read on TCP sockets only");
      socket.destroy();
      return;
    }
    admitSocket(socket, this.#gate).then((found) => {
      if (found === undefined || socket.destroyed) return;
      this.#peers.set(ends, found.peer);
      socket.once("close", () => this.#peers.delete(ends));
      if (found.ahead.length > 0) socket.unshift(Buffer.from(found.ahead));
      go();
    });
  }

  /** Who is at the other end, by the header. */
  peerOf(secured: Socket): Peer | undefined {
    return this.#peers.get(endsOf(secured));
  }
}

function endsOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort} ${socket.localAddress} ${socket.localPort}`;
}

/**
 * Reads the header of a socket that nobody reads yet, e.g. before TLS. The socket is paused when it resolves:
 * put the bytes back (`unshift`) or use them first.
 * @returns undefined when the connection was refused, and closed
 */
export function admitSocket(
  socket: Socket,
  gate: ProxyGate,
): Promise<{ readonly peer: Peer; readonly ahead: Buffer } | undefined> {
  return new Promise((resolve) => {
    const reader = new HeaderReader(socket, gate, (peer, ahead) => {
      socket.pause();
      socket.off("data", take);
      socket.off("end", end);
      socket.off("close", closed);
      resolve({ peer, ahead });
    });
    const take = (data: Buffer) => reader.bytesCame(data);
    const end = () => reader.endCame();
    const closed = () => {
      reader.gone();
      resolve(undefined);
    };
    socket.on("error", ignore); // also between this and whoever goes on
    socket.on("data", take).on("end", end).on("close", closed);
  });
}

/** A reset: "close" follows and cleans up. */
function ignore(): void {}

/** Takes the bytes of a connection until its header is complete. */
class HeaderReader implements ChannelUser {
  readonly #socket: Transport;
  readonly #gate: ProxyGate;
  readonly #admit: Admit;
  /** The peer itself, not whom its header names. */
  readonly #own: Peer;
  readonly #timer: NodeJS.Timeout;
  #held: Buffer | undefined;

  constructor(socket: Transport, gate: ProxyGate, admit: Admit) {
    this.#socket = socket;
    this.#gate = gate;
    this.#admit = admit;
    this.#own = gate.trusted.peerOf(socket, gate.listener);
    this.#timer = setTimeout(() => this.#refuse("no PROXY header in time"), gate.headerMs);
  }

  bytesCame(data: Buffer): void {
    const own = this.#own;
    if (this.#socket.destroyed) return;
    if (!own.trusted) {
      this.#refuse(
        `a PROXY header is believed from trusted proxies only; if it is one, add \`trusted-proxy = ${own.address || "unix"}\``,
      );
      return;
    }
    const held = this.#held;
    const all = held === undefined ? data : Buffer.concat([held, data]);
    const header = parseProxyHeader(all);
    if (header === undefined) this.#held = held === undefined ? Buffer.from(all) : all;
    else if (typeof header === "string") this.#refuse(header);
    else {
      clearTimeout(this.#timer);
      this.#admit(peerOf(header, own, this.#gate.trusted), all.subarray(header.size));
    }
  }

  endCame(): void {
    // A port scan, or a load balancer that looks whether somebody listens, is no fault.
    if (this.#held !== undefined) this.#refuse("half a PROXY header");
    else this.#socket.destroy();
  }

  someTaken(): void {}

  allTaken(): void {}

  gone(): void {
    clearTimeout(this.#timer);
  }

  #refuse(message: string): void {
    const from = this.#own.address || "a Unix socket";
    this.#gate.complain(`a connection of ${from} was closed: ${message}`);
    this.#socket.destroy();
  }
}

function peerOf(header: ProxyHeader, own: Peer, trusted: TrustedProxies): Peer {
  const { kind, ends } = header;
  if (kind === "local") return own;
  // A client without an address, on the proxy's machine and not on ours.
  if (ends === undefined) return { ...own, address: "", port: "", trusted: false };
  return {
    address: ends.source,
    port: ends.sourcePort,
    serverAddress: ends.destination,
    serverPort: ends.destinationPort,
    trusted: trusted.has(ends.source),
  };
}
