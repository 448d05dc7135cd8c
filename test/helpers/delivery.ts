/** The same bytes in every way that a socket may hand them over: a parser must not tell them apart. */

/** One way of handing bytes over. */
export interface Delivery {
  readonly name: string;
  readonly pieces: readonly Buffer[];
  /** Bytes of a next request follow the last one's. */
  readonly trailing: boolean;
}

/**
 * The ways that every parser is tested in: whole, byte by byte, with trailing bytes, and those byte by
 * byte as well.
 * @param next what a peer may send behind `bytes`, e.g. its next request
 */
export function deliveries(bytes: Buffer, next: Buffer): Delivery[] {
  const both = Buffer.concat([bytes, next]);
  return [
    { name: "whole", pieces: [bytes], trailing: false },
    { name: "byte by byte", pieces: single(bytes), trailing: false },
    { name: "with trailing bytes", pieces: [both], trailing: true },
    { name: "byte by byte with trailing bytes", pieces: single(both), trailing: true },
  ];
}

/** Pieces of one byte each. */
export function single(bytes: Buffer): Buffer[] {
  return Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
}

/**
 * Hands pieces to a reader that may keep none of them: each lies in memory that is overwritten when the
 * call is over, as a socket's buffer is.
 */
export function lend(pieces: readonly Buffer[], take: (piece: Buffer) => void): void {
  for (const piece of pieces) {
    const lent = Buffer.from(piece);
    take(lent);
    lent.fill(0xee);
  }
}
