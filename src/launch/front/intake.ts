/** What a request meets between its head and a core: answers that need no application. */

import { splitPath } from "../routing/script-name.ts";
import type { Arrival, RequestIntake } from "./exchange/arrival.ts";
import type { Router } from "./routing/router.ts";
import type { StaticFiles } from "./static/static.ts";

/** Looks at every request before the application; there is none where nothing is to be looked for. */
export class Intake implements RequestIntake {
  staticRequests = 0;
  readonly #statics: StaticFiles;
  readonly #mountpoints: readonly string[];
  readonly #router: Router | undefined;

  /**
   * @param mountpoints what is taken off a path before it means a file
   * @param router undefined without routes
   */
  constructor(statics: StaticFiles, mountpoints: readonly string[], router: Router | undefined) {
    this.#statics = statics;
    this.#mountpoints = mountpoints;
    this.#router = router;
  }

  consider(arrival: Arrival): void {
    const path = this.#router ? this.#router.consider(arrival) : this.#below(arrival.path);
    if (path === undefined) return;
    const { exchange } = arrival;
    const answer = this.#statics.serve(path === arrival.path ? arrival : { ...arrival, path });
    if (typeof answer !== "object") {
      if (answer === true) this.staticRequests++;
      return;
    }
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

  /** The path without its mountpoint. */
  #below(path: string): string {
    return splitPath(path, this.#mountpoints)?.pathInfo ?? path;
  }
}
