/** How many connections there may be. */
import type { Attended } from "./connection.ts";

/** Connections that are looked at, at most, to find one that is idle. */
const LOOKS = 64;

/**
 * Keeps connections below what the descriptors allow. A new one takes the place of one that is idle, as
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

  /** Busy ones go to the back, so that the next search begins with others. */
  #makeRoom(): boolean {
    const connections = this.#connections;
    let looks = 0;
    for (const connection of connections) {
      if (connection.giveWay()) return true;
      if (++looks === LOOKS) return false;
      connections.delete(connection);
      connections.add(connection);
    }
    return false;
  }
}
