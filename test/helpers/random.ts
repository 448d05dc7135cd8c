/**
 * Random choices that can be repeated. `DIFFERENTIAL_SEED` chooses other ones, `DIFFERENTIAL_RUNS` how many:
 * per cent of the usual number.
 */

/** The seed of all generated cases. */
export const seed = Number(process.env["DIFFERENTIAL_SEED"] ?? 20);

/** How many cases to run where `usual` are enough for every day. */
export function runs(usual: number): number {
  return Math.ceil((usual * Number(process.env["DIFFERENTIAL_RUNS"] ?? 100)) / 100);
}

/** A generator of its own for one purpose (mulberry32). */
export class Random {
  #state: number;

  constructor(number: number) {
    this.#state = Math.imul(number + 1, 0x9e3779b1);
  }

  /** An integer from 0 on, below `bound`. */
  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * bound);
  }

  /** True once in `often` times. */
  once(often: number): boolean {
    return this.below(often) === 0;
  }

  pick<T>(list: readonly [T, ...T[]]): T;
  pick<T>(list: readonly T[]): T;
  pick<T>(list: readonly T[]): T {
    const at = this.below(list.length);
    const found = list[at];
    if (found === undefined) throw new Error("nothing to pick from");
    return found;
  }
}

/**
 * Bytes with some of them changed, lost, repeated, or replaced by a word.
 * @param words what the parser under test understands
 */
export function mutate(random: Random, bytes: Buffer, words: readonly string[]): Buffer {
  let text = bytes.toString("latin1");
  for (let n = 1 + random.below(4); n > 0; n--) {
    const at = random.below(text.length + 1);
    const end = Math.min(text.length, at + random.below(random.once(4) ? text.length + 1 : 8));
    const change = [
      () => String.fromCharCode(random.below(256)),
      () => "",
      () => text.slice(at, end).repeat(2),
      () => random.pick(words),
      () => text.slice(at, end) + random.pick(words),
      () => random.pick(words) + text.slice(at, end),
    ];
    const into = random.once(4) ? at : end;
    text = text.slice(0, at) + random.pick(change)() + text.slice(into);
  }
  return Buffer.from(text, "latin1");
}

/** The shortest part of a failing case that one finds by leaving out pieces. */
export async function shrink(
  bytes: Buffer,
  fails: (smaller: Buffer) => boolean | Promise<boolean>,
): Promise<Buffer> {
  let least = bytes;
  for (let size = bytes.length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at + size <= least.length; ) {
      const smaller = Buffer.concat([least.subarray(0, at), least.subarray(at + size)]);
      if (await fails(smaller)) least = smaller;
      else at += size;
    }
  }
  return least;
}
