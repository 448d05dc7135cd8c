/**
 * The uwsgi protocol's request packet: a modifier, a u16 size, another modifier, then size bytes of
 * variables, each a u16 length and a name, a u16 length and a value, all little-endian.
 */
import type { CgiVariables } from "./cgi-variables.ts";

/** Bytes before the variables. */
export const PACKET_HEADER = 4;

/** What a packet's first four bytes say. */
export interface PacketHead {
  readonly modifier1: number;
  readonly modifier2: number;
  /** Bytes of variables. */
  readonly size: number;
}

/** Reads the first four bytes; undefined when they are not all there. */
export function packetHead(data: Buffer): PacketHead | undefined {
  if (data.length < PACKET_HEADER) return undefined;
  return {
    modifier1: data.readUInt8(0),
    size: data.readUInt16LE(1),
    modifier2: data.readUInt8(3),
  };
}

/** Whether four bytes are the beginning of an HTTP request line: someone took the wrong socket. */
export function looksLikeHttp(data: Buffer): boolean {
  return /^[A-Z]{3,4}|^[A-Z]{3} /.test(data.toString("latin1", 0, PACKET_HEADER));
}

/**
 * Reads a packet's variables.
 * @param block exactly the variables
 * @returns false when they are not well-formed
 */
export function readPacket(block: Buffer, variables: CgiVariables): boolean {
  variables.begin(block.length);
  let at = 0;
  while (at < block.length) {
    if (at + 2 > block.length) return false;
    const nameEnd = at + 2 + block.readUInt16LE(at);
    if (nameEnd + 2 > block.length) return false;
    const valueEnd = nameEnd + 2 + block.readUInt16LE(nameEnd);
    if (valueEnd > block.length) return false;
    if (!variables.add(block, at + 2, nameEnd, nameEnd + 2, valueEnd)) return false;
    at = valueEnd;
  }
  variables.complete();
  return true;
}
