/** How much all connections together hold for peers that are slow. */

/** Bytes of answers that wait for clients, and of bodies that are being gathered, of all connections. */
export const MEMORY_BYTES = 256 * 1024 * 1024;

/**
 * A sum with a bound. It refuses nothing: who adds to it asks `full`, and then lets its peer wait instead of
 * holding more.
 */
export class Memory {
  bytes = 0;
  readonly limit: number;

  constructor(limit = MEMORY_BYTES) {
    this.limit = limit;
  }

  /** Nothing more should be held. */
  get full(): boolean {
    return this.bytes > this.limit;
  }
}
