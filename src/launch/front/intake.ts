/** What a request meets between its head and a core: answers that need no application. */
import type { Exchange } from "./exchange.ts";
import type { FileSink } from "./file-answer.ts";
import type { StaticFiles } from "./static.ts";

/** A request whose head is known, the same for every protocol. */
export interface Arrival {
  readonly method: string;
  /** PATH_INFO, decoded, one character a byte. */
  readonly path: string;
  readonly exchange: Exchange;
  /** Where the bytes of a file would go. */
  readonly sink: FileSink;
}

/** Looks at every request before the application; there is none where nothing is to be looked for. */
export class Intake {
  /** Requests that were answered with a file. */
  staticRequests = 0;
  readonly #statics: StaticFiles;

  constructor(statics: StaticFiles) {
    this.#statics = statics;
  }

  /**
   * Answers a request, holds it until it is known whether to answer it, or leaves it alone. To be called
   * before its body is read.
   */
  consider(arrival: Arrival): void {
    const answer = this.#statics.serve(arrival);
    if (typeof answer !== "object") {
      if (answer === true) this.staticRequests++;
      return;
    }
    const { exchange } = arrival;
    exchange.hold();
    answer.then(
      (served) => {
        if (served) this.staticRequests++;
        else exchange.release();
      },
      // The file is there and cannot be had just now. What was begun is broken off.
      () => {
        if (exchange.abandoned) return;
        exchange.claim();
        exchange.waiting.fail(503);
      },
    );
  }
}
