/**
 * The PROXY protocol's header, versions 1 and 2, with which a proxy says who its client is before it passes
 * the client's own bytes on (HAProxy's proxy-protocol.txt). Whoever expects one must not guess: what is not a
 * header to the letter is refused, at the first byte that cannot be one.
 */
import { isIPv4, isIPv6 } from "../../options/address.ts";

/** The two ends of a connection, as the proxy saw it. */
export interface ProxiedEnds {
  /** IP addresses as text; an IPv4 address that came as an IPv6 one is IPv4. */
  readonly source: string;
  readonly sourcePort: string;
  readonly destination: string;
  readonly destinationPort: string;
}

/** What a header says. */
export interface ProxyHeader {
  /** Bytes of the header: the client's own follow. */
  readonly size: number;
  /**
   * `proxied`: the ends are the client's. `local`: the proxy speaks for itself, or does not know, so the
   * connection's own ends count. `unix`: the client came over a Unix socket, so that it has no address.
   */
  readonly kind: "proxied" | "local" | "unix";
  /** With `proxied` only. */
  readonly ends: ProxiedEnds | undefined;
}

/** The longest line of version 1, bytes, with its CRLF. */
export const MAX_V1_BYTES = 107;
/** Bytes that a header of version 2 may have behind its first 16: addresses, and extensions, which are skipped. */
export const MAX_V2_REST_BYTES = 4096;

const SIGNATURE_1 = Buffer.from("PROXY ");
const SIGNATURE_2 = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");
/** The signature, version and command, family and transport, a u16 length. */
const START_2 = 16;
/** Bytes of addresses by family and transport; only streams, because this is one. */
const ADDRESS_BYTES: ReadonlyMap<number, number> = new Map([
  [0x00, 0],
  [0x11, 12],
  [0x21, 36],
  [0x31, 216],
]);

/**
 * Reads the header at the start of `data`.
 * @returns undefined when more bytes are needed; a text that says what is wrong when none can help
 */
export function parseProxyHeader(data: Buffer): ProxyHeader | string | undefined {
  if (begins(data, SIGNATURE_1)) return data.length < 6 ? undefined : lineHeader(data);
  if (begins(data, SIGNATURE_2)) return data.length < START_2 ? undefined : binaryHeader(data);
  return "no PROXY header";
}

/** Whether the bytes that are there are those of `signature`, as far as both go. */
function begins(data: Buffer, signature: Buffer): boolean {
  const size = Math.min(data.length, signature.length);
  return data.compare(signature, 0, size, 0, size) === 0;
}

/** Version 1: `PROXY TCP4 source destination port port CRLF`, or `PROXY UNKNOWN`, anything, CRLF. */
function lineHeader(data: Buffer): ProxyHeader | string | undefined {
  const lf = data.subarray(0, MAX_V1_BYTES).indexOf(0x0a);
  if (lf < 0) return data.length < MAX_V1_BYTES ? undefined : "a PROXY line without end";
  const size = lf + 1;
  const line = data.toString("latin1", SIGNATURE_1.length, size);
  if (/^UNKNOWN(?: [^\r\n]*)?\r\n$/.test(line)) return { size, kind: "local", ends: undefined };
  const [, family, source = "", destination = "", sourcePort = "", destinationPort = ""] =
    /^TCP([46]) ([0-9a-fA-F:.]+) ([0-9a-fA-F:.]+) (\d{1,5}) (\d{1,5})\r\n$/.exec(line) ?? [];
  const isAddress = family === "4" ? isIPv4 : isIPv6;
  if (
    family === undefined ||
    !(isAddress(source) && isAddress(destination)) ||
    !(isPort(sourcePort) && isPort(destinationPort))
  ) {
    return "a malformed PROXY line";
  }
  const ends = { source: unmapped(source), sourcePort, destination, destinationPort };
  return { size, kind: "proxied", ends: { ...ends, destination: unmapped(destination) } };
}

/** As it is written without zeros in front. */
function isPort(text: string): boolean {
  return String(Number(text)) === text && Number(text) <= 0xffff;
}

function unmapped(address: string): string {
  return /^::ffff:[\d.]+$/i.test(address) ? address.slice(7) : address;
}

/** Version 2: a fixed start, addresses in binary, extensions. */
function binaryHeader(data: Buffer): ProxyHeader | string | undefined {
  const command = data.readUInt8(12);
  if (command !== 0x20 && command !== 0x21)
    return "a PROXY header of an unknown version or command";
  const family = data.readUInt8(13);
  const rest = data.readUInt16BE(14);
  if (rest > MAX_V2_REST_BYTES) return `a PROXY header of ${START_2 + rest} bytes`;
  const addressBytes = ADDRESS_BYTES.get(family);
  const local = command === 0x20;
  // A proxy that speaks for itself may write any family, and nothing of it counts.
  if (!local && addressBytes === undefined) return "a PROXY header of an unknown family";
  if (!local && rest < (addressBytes ?? 0)) return "a PROXY header that is too short";
  const size = START_2 + rest;
  if (data.length < size) return undefined;
  if (local || family === 0x00) return { size, kind: "local", ends: undefined };
  if (family === 0x31) return { size, kind: "unix", ends: undefined };
  return {
    size,
    kind: "proxied",
    ends: family === 0x11 ? ends(data, 4, ipv4) : ends(data, 16, ipv6),
  };
}

function ends(data: Buffer, bytes: number, text: (address: Buffer) => string): ProxiedEnds {
  const ports = START_2 + 2 * bytes;
  return {
    source: text(data.subarray(START_2, START_2 + bytes)),
    destination: text(data.subarray(START_2 + bytes, ports)),
    sourcePort: String(data.readUInt16BE(ports)),
    destinationPort: String(data.readUInt16BE(ports + 2)),
  };
}

function ipv4(address: Buffer): string {
  return address.join(".");
}

/** In the short form of RFC 5952, as URLs have it. */
function ipv6(address: Buffer): string {
  const mapped = address.subarray(0, 12).equals(MAPPED);
  if (mapped) return ipv4(address.subarray(12));
  const groups = Array.from({ length: 8 }, (_, i) => address.readUInt16BE(2 * i).toString(16));
  return new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1);
}

/** ::ffff:0:0/96 */
const MAPPED = Buffer.concat([Buffer.alloc(10), Buffer.from([0xff, 0xff])]);
