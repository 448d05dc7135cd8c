/** How often a peer may do something: so many times at once, and so many more each second. */
export class Allowance {
  readonly #burst: number;
  readonly #perSecond: number;
  #left: number;
  #since: number;

  /** @param now Date.now() */
  constructor(burst: number, perSecond: number, now: number) {
    this.#since = now;
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#left = burst;
  }

  /**
   * Once more.
   * @param now Date.now()
   * @returns false when it was too often
   */
  take(now: number): boolean {
    // The system's clock may be set back; that earns nothing and costs nothing.
    const earned = (Math.max(0, now - this.#since) / 1000) * this.#perSecond;
    this.#since = now;
    this.#left = Math.min(this.#burst, this.#left + earned) - 1;
    return this.#left >= 0;
  }
}
