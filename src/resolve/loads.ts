/** The files that are being read: none includes itself, and there are not too many. */
import type { Report } from "../diagnostic.ts";
import type { Span } from "../source.ts";

/** One section of one file. */
export interface Load {
  /** The same for the same section of the same file. */
  readonly key: string;
  /** What messages call it. */
  readonly shown: string;
}

/** Includes inside includes: more is no configuration that anyone could follow. */
const maxDepth = 32;
/** Files read in all, each time counted: two includes a file double at every level. */
const maxLoads = 1000;

const rule = "include-cycle";

/** Keeps count. */
export class Loads {
  readonly #report: Report;
  /** Outermost first. */
  readonly #open: Load[] = [];
  #count = 0;

  constructor(report: Report) {
    this.#report = report;
  }

  /**
   * Begins to read a file, unless that would not end; then it is reported.
   * @param place where the file was named
   * @returns whether it may be read; `leave` is to be called after it then
   */
  enter(load: Load, place: Span | undefined): boolean {
    const problem = this.#problem(load);
    if (problem === undefined) {
      this.#open.push(load);
      return true;
    }
    if (problem !== "") this.#report({ rule, severity: "error", message: problem, span: place });
    return false;
  }

  leave(): void {
    this.#open.pop();
  }

  #problem(load: Load): string | undefined {
    const chain = (loads: readonly Load[]) => loads.map(({ shown }) => shown).join(" > ");
    if (this.#open.some(({ key }) => key === load.key)) {
      return `a file that includes itself never ends: ${chain([...this.#open, load])}`;
    }
    if (this.#open.length >= maxDepth) {
      return `more than ${maxDepth} files include each other: ${chain(this.#open)}`;
    }
    if (++this.#count <= maxLoads) return undefined;
    // Once is enough: every further include would say the same.
    return this.#count === maxLoads + 1 ? `more than ${maxLoads} files are included` : "";
  }
}
