/** How many connections there may be. */
import type { Attended } from "./attended.ts";

/** Connections that are looked at, at most, to find one that is idle. */
const LOOKS = 64;

/**
 * Keeps connections below what the descriptors allow. A new one takes the place of one that has not said
 * anything yet, so that silent clients are in each other's way only; without such, of one that is idle, as
 * keep-alive permits (RFC 9112 9.5); without such it is closed.
 */
export class Admission {
  readonly #limit: number;
  readonly #connections: Set<Attended>;
  readonly #complain: (message: string) => void;

  constructor(limit: number, connections: Set<Attended>, complain: (message: string) => void) {
    this.#limit = limit;
    this.#connections = connections;
    this.#complain = complain;
  }

  /** Whether there is, or will be at once, room for another. */
  admits(): boolean {
    if (this.#connections.size < this.#limit || this.#makeRoom()) return true;
    this.#complain(
      `no more than ${this.#limit} connections, for want of descriptors: raise the limit (ulimit -n, LimitNOFILE)`,
    );
    return false;
  }

  #makeRoom(): boolean {
    return this.#oneGivesWay(({ silent }) => silent) || this.#oneGivesWay(() => true);
  }

  /** Those looked at in vain go to the back, so that the next search begins with others. */
  #oneGivesWay(may: (connection: Attended) => boolean): boolean {
    const connections = this.#connections;
    let looks = Math.min(LOOKS, connections.size);
    for (const connection of connections) {
      if (may(connection) && connection.giveWay()) return true;
      connections.delete(connection);
      connections.add(connection);
      if (--looks === 0) return false;
    }
    return false;
  }
}
