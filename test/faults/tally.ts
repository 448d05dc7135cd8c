/** What became of the requests of a load. */

/** How one request ended, as its client sees it. */
export type Outcome =
  /** The status and the body that belong to this very request. */
  | { readonly is: "right" }
  /** 500, 502, 503 or 504: the client knows that it has to try again. */
  | { readonly is: "honest"; readonly status: number }
  /** No answer, or a part of one, or no connection to ask on. */
  | { readonly is: "lost"; readonly why: string }
  /** Anything else, e.g. the answer to somebody else's request. */
  | { readonly is: "wrong"; readonly why: string };

/** How the reason begins why a request could not even be sent. */
export const noConnection = "no connection";

/** Counts of outcomes. */
export interface Tally {
  readonly sent: number;
  readonly right: number;
  /** By status. */
  readonly honest: ReadonlyMap<number, number>;
  /** By what happened. */
  readonly lost: ReadonlyMap<string, number>;
  /** What was seen, each of them. */
  readonly wrong: readonly string[];
  /**
   * Connections that the server closed without a word (no `Connection: close`) between two requests, found
   * closed when the next request was due. HTTP allows it (RFC 9112 9.5), but over a slower network
   * that request would have been lost, so it is counted.
   */
  readonly raced: number;
}

/** Counts, and remembers since when all answers are right. */
export class Counter implements Tally {
  sent = 0;
  right = 0;
  raced = 0;
  readonly honest = new Map<number, number>();
  readonly lost = new Map<string, number>();
  readonly wrong: string[] = [];
  /** Requests of a row of right answers, and when the first of these was answered (performance.now()). */
  row = { answers: 0, sinceMs: 0 };

  /** Takes down how a request ended. */
  note(outcome: Outcome, nowMs: number): void {
    if (outcome.is === "right") {
      if (this.row.answers++ === 0) this.row.sinceMs = nowMs;
      this.right++;
      return;
    }
    this.breakRow();
    if (outcome.is === "honest") add(this.honest, outcome.status);
    else if (outcome.is === "lost") add(this.lost, outcome.why);
    else this.wrong.push(outcome.why);
  }

  /** The row of right answers begins anew. */
  breakRow(): void {
    this.row = { answers: 0, sinceMs: 0 };
  }
}

/** The sum of counts by key. */
export function total(counts: ReadonlyMap<unknown, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

function add<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
