/** What has come of a request's body, until it goes to a core or to a file. */

/** Parts smaller than this are put together. */
const PART_BYTES = 16 * 1024;
const NO_SLAB = Buffer.alloc(0);

/** Parts of a body in their order. */
export class BodyParts {
  /** All together. */
  bytes = 0;
  #parts: Buffer[] = [];
  /** Where small parts go until they are many, and how much of it is in use. */
  #slab = NO_SLAB;
  #used = 0;

  /** Keeps a part, which is only lent. Small ones are put together, or a body that trickles in would cost many times its size. */
  add(part: Buffer): void {
    this.bytes += part.length;
    if (part.length > this.#slab.length - this.#used) {
      this.#seal();
      if (part.length >= PART_BYTES) {
        this.#parts.push(Buffer.from(part));
        this.#slab = NO_SLAB; // sealed: nothing may be written there again
        return;
      }
      // The first is just right for the small body that comes in one piece; more of them double.
      const size = Math.min(PART_BYTES, Math.max(part.length, 2 * this.#slab.length));
      this.#slab = Buffer.allocUnsafe(size);
    }
    part.copy(this.#slab, this.#used);
    this.#used += part.length;
  }

  /** The parts, which are the caller's from now on. */
  take(): Buffer[] {
    this.#seal();
    return this.#parts;
  }

  #seal(): void {
    if (this.#used > 0) this.#parts.push(this.#slab.subarray(0, this.#used));
    this.#used = 0;
  }
}
