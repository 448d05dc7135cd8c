/**
 * Connections that begin with a PROXY header: who the client is, then the client's own bytes. A peer that
 * is not trusted, or has no header to offer, is refused; the header's addresses are the client's from then on,
 * and whether *they* belong to a trusted proxy decides what its requests may claim.
 */
import type { Socket } from "node:net";
import { type ProxyHeader, parseProxyHeader } from "../protocol/proxy.ts";
import type { Channel } from "./channel.ts";
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
  channel.receive = headerReader(channel.socket, gate, admit);
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
    const take = headerReader(socket, gate, (peer, ahead) => {
      socket.pause();
      socket.off("data", take);
      socket.off("close", closed);
      resolve({ peer, ahead });
    });
    const closed = () => resolve(undefined);
    socket.on("close", closed);
    socket.on("error", ignore); // also between this and whoever goes on
    socket.on("data", take);
  });
}

/** What takes the bytes of a connection until its header is complete. */
function headerReader(socket: Socket, gate: ProxyGate, admit: Admit): (data: Buffer) => void {
  const own = gate.trusted.peerOf(socket, gate.listener);
  let held: Buffer | undefined;
  const refuse = (message: string) => {
    release();
    gate.complain(`a connection of ${own.address || "a Unix socket"} was closed: ${message}`);
    socket.destroy();
  };
  const onEnd = () => {
    // A port scan, or a load balancer that looks whether somebody listens, is no fault.
    if (held === undefined) socket.destroy();
    else refuse("half a PROXY header");
  };
  const timer = setTimeout(() => refuse("no PROXY header in time"), gate.headerMs);
  const release = () => {
    clearTimeout(timer);
    socket.off("end", onEnd);
    socket.off("close", release);
    socket.off("error", ignore);
  };
  socket.on("end", onEnd);
  socket.on("close", release);
  socket.on("error", ignore);
  return (data) => {
    if (socket.destroyed) return;
    if (!own.trusted) {
      refuse(
        `a PROXY header is believed from trusted proxies only; if it is one, add \`trusted-proxy = ${own.address || "unix"}\``,
      );
      return;
    }
    const all = held === undefined ? data : Buffer.concat([held, data]);
    const header = parseProxyHeader(all);
    if (header === undefined) held = held === undefined ? Buffer.from(all) : all;
    else if (typeof header === "string") refuse(header);
    else {
      release();
      admit(peerOf(header, own, gate.trusted), all.subarray(header.size));
    }
  };
}

/** A reset: "close" follows and cleans up. */
function ignore(): void {}

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
