/** How much memory workers use, from /proc. What cannot be read is 0. */
import { closeSync, openSync, readFileSync, readSync } from "node:fs";

/** Pages of Linux, on the processors that Node runs on. */
const PAGE_BYTES = 4096;
/** Finding out what a worker shares takes the kernel a millisecond; what it said is good for so long. */
const SHARES_FOR_MS = 1_000;
/** Files that are kept open; workers are replaced, and what was theirs goes when there are more. */
const MOST_OPEN = 1_024;

/** Address space and resident memory, bytes. */
export interface MemoryUse {
  readonly vsz: number;
  readonly rss: number;
}

/** Memory that nobody else has, and the share of that which others have too; bytes. */
export interface MemoryShares {
  readonly uss: number;
  readonly pss: number;
}

/** Looks it up. */
export class WorkerMemory {
  readonly #files = new Map<number, number>();
  readonly #shares = new Map<number, MemoryShares & { readonly at: number }>();
  readonly #buffer = Buffer.alloc(128);

  /** What a process uses now. */
  of(pid: number): MemoryUse {
    try {
      const size = readSync(this.#file(pid), this.#buffer, 0, this.#buffer.length, 0);
      const [vsz = 0, rss = 0] = this.#buffer.toString("latin1", 0, size).split(" ", 2).map(Number);
      return { vsz: vsz * PAGE_BYTES, rss: rss * PAGE_BYTES };
    } catch {
      this.#forget(pid); // It has ended.
      return { vsz: 0, rss: 0 };
    }
  }

  /** What it has alone, and shares, as it was up to a second ago. */
  sharesOf(pid: number): MemoryShares {
    const known = this.#shares.get(pid);
    const at = performance.now();
    if (known && at - known.at < SHARES_FOR_MS) return known;
    const found = { ...readShares(pid), at };
    if (this.#shares.size >= MOST_OPEN) this.#shares.clear();
    this.#shares.set(pid, found);
    return found;
  }

  #file(pid: number): number {
    const known = this.#files.get(pid);
    if (known !== undefined) return known;
    for (const old of this.#files.size >= MOST_OPEN ? [...this.#files.keys()] : [])
      this.#forget(old);
    const file = openSync(`/proc/${pid}/statm`, "r");
    this.#files.set(pid, file);
    return file;
  }

  #forget(pid: number): void {
    const file = this.#files.get(pid);
    this.#files.delete(pid);
    if (file !== undefined) closeSync(file);
  }
}

function readShares(pid: number): MemoryShares {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, "latin1");
    const bytes = (name: string) =>
      Number(new RegExp(`^${name}: +(\\d+) kB`, "m").exec(text)?.[1] ?? 0) * 1024;
    return { uss: bytes("Private_Clean") + bytes("Private_Dirty"), pss: bytes("Pss") };
  } catch {
    return { uss: 0, pss: 0 };
  }
}
