/**
 * Requests that take too long. Rules:
 *
 * - The client is answered 504 at once.
 * - Where the request may be ended alone, that is tried; when it has not helped in time, the worker is replaced:
 *   its other requests finish first, and then it is killed. Else it is killed at once.
 * - What was not begun because the worker is stuck in something else did nothing wrong, and goes elsewhere. The
 *   worker is killed for it only when nothing else of it is to end, or would be ended in its own time.
 * - A time in which this process itself stood still (a suspended machine, a frozen container) does not count.
 */

import type { Exchange } from "../exchange/exchange.ts";
import type { Core } from "./core.ts";
import type { CorePool } from "./core-pool.ts";
import type { CoreWorker } from "./core-worker.ts";

/** A check that comes so long after the one before, milliseconds: not only requests stood still meanwhile. */
const STANDSTILL_MS = 1_000;

/** How requests are bounded. */
export interface HarakiriOptions {
  /** Seconds a request may run; 0 is no limit. */
  readonly harakiri: number;
  /** Seconds that a request has to end alone before its worker has to go; 0: the worker goes at once. */
  readonly harakiriGraceful: number;
  /** While fewer requests wait, none is ended; 0: always. */
  readonly harakiriQueue: number;
}

/** What the watch has done by others. */
export interface HarakiriActions {
  /** The master is to kill the worker; for a request, or because it does not even begin one. */
  kill(worker: CoreWorker, exchange: Exchange | undefined): void;
  /** A request of the worker is to end alone; `signal` follows. */
  end(worker: CoreWorker, exchange: Exchange): void;
  /** The master is to signal the worker, which writes its stacks and ends what is overdue. */
  signal(worker: CoreWorker): void;
  /** The worker should be replaced, and why. */
  worn(worker: CoreWorker, reason: string): void;
  /** Takes back what a core has not begun, if it has so many in hand. */
  takeBack(core: Core, least: number): void;
}

/** A request that was told to end, and until when that may take (performance.now()). */
interface Ending {
  readonly core: Core;
  readonly exchange: Exchange;
  until: number;
}

/** The limit of a single request, set by the application or a route. */
interface OwnLimit {
  readonly seconds: number;
  /** From when on they count (performance.now()); undefined: from when a core has begun the request. */
  from: number | undefined;
}

/** Looks after the requests of all cores; `check` is to be called a few times a second. */
export class HarakiriWatch {
  readonly #options: HarakiriOptions;
  readonly #pool: CorePool;
  readonly #actions: HarakiriActions;
  readonly #own = new Map<Exchange, OwnLimit>();
  #endings: Ending[] = [];
  /** To be signalled at the end of a check: once, for a signal writes the stacks of all threads. */
  #signalled: CoreWorker[] = [];
  /** The last check (performance.now()). */
  #checkedAt: number | undefined;

  constructor(options: HarakiriOptions, pool: CorePool, actions: HarakiriActions) {
    this.#options = options;
    this.#pool = pool;
    this.#actions = actions;
  }

  /**
   * Gives a request so many seconds; 0 takes that back.
   * @param from when they begin (performance.now()); undefined: when a core begins the request
   */
  limit(exchange: Exchange, seconds: number, from: number | undefined): void {
    if (seconds === 0) this.#own.delete(exchange);
    else this.#own.set(exchange, { seconds, from });
  }

  /** Ends what has taken too long. */
  check(now: number, waiting: number): void {
    const sinceLast = now - (this.#checkedAt ?? now);
    this.#checkedAt = now;
    if (sinceLast > STANDSTILL_MS) this.#forgive(sinceLast, now);
    this.#checkAll(now, waiting);
    for (const worker of this.#signalled) if (!worker.killed) this.#actions.signal(worker);
    this.#signalled = [];
  }

  #checkAll(now: number, waiting: number): void {
    this.#checkEndings(now);
    if (this.#own.size > 0) this.#checkOwn(now);
    const { harakiri, harakiriQueue } = this.#options;
    if (harakiri === 0 || waiting < harakiriQueue) return;
    let next: Core | undefined;
    for (let core = this.#pool.oldest; core !== undefined; core = next) {
      next = core.newer;
      if (now - core.since < harakiri * 1000) break;
      if (core.current && !core.overdue) this.#end(core, core.current, now);
      else if (core.deserted) this.#endDeserted(core);
    }
  }

  /** Others have answered what this core did not even begin; a worker with nothing else in hand is stuck. */
  #endDeserted({ worker }: Core): void {
    if (worker.killed || isBusy(worker)) return;
    worker.leaving = true;
    this.#kill(worker, undefined);
  }

  /** The server stops: workers with a request that cannot be ended would not go. */
  killStuck(): void {
    for (const { core, exchange } of this.#endings)
      if (core.overdue && !core.worker.killed) this.#kill(core.worker, exchange);
  }

  #checkOwn(now: number): void {
    const busy = new Set<Exchange>();
    let next: Core | undefined;
    for (let core = this.#pool.oldest; core !== undefined; core = next) {
      next = core.newer;
      const { current } = core;
      const limit = current && this.#own.get(current);
      if (current === undefined || limit === undefined) continue;
      busy.add(current);
      if (now - (limit.from ?? core.since) < limit.seconds * 1000) continue;
      this.#own.delete(current);
      if (!core.overdue) this.#end(core, current, now);
    }
    for (const exchange of this.#own.keys())
      if (!busy.has(exchange) && (exchange.answered || exchange.abandoned))
        this.#own.delete(exchange);
  }

  #end(core: Core, exchange: Exchange, now: number): void {
    const { worker } = core;
    if (worker.killed) return;
    const { harakiriGraceful } = this.#options;
    const claimed = core.currentClaimed();
    if (claimed && !exchange.abandoned && !exchange.answered) exchange.refuse(504);
    this.#actions.takeBack(core, claimed ? 2 : 1);
    if (!claimed && harakiriGraceful > 0 && isBusy(worker)) return;
    if (harakiriGraceful > 0 && claimed) {
      // Paused for a slow client, it would not get as far as to end.
      core.resume();
      core.endCurrent();
      this.#endings.push({ core, exchange, until: now + harakiriGraceful * 1000 });
      this.#actions.end(worker, exchange);
      if (!this.#signalled.includes(worker)) this.#signalled.push(worker);
      return;
    }
    worker.leaving = true;
    this.#kill(worker, exchange);
  }

  /** So much time is taken off all that is measured; answers that came in it are read before the next check. */
  #forgive(standstill: number, now: number): void {
    // In the list's order, which this keeps.
    for (let core = this.#pool.oldest; core !== undefined; core = core.newer)
      core.since = core.rank = Math.min(core.since + standstill, now);
    for (const limit of this.#own.values())
      if (limit.from !== undefined) limit.from = Math.min(limit.from + standstill, now);
    for (const ending of this.#endings) ending.until += standstill;
  }

  /** Gives up on requests that were told to end and did not. */
  #checkEndings(now: number): void {
    this.#endings = this.#endings.filter(({ core, exchange, until }) => {
      const { worker } = core;
      if (!core.overdue || core.current !== exchange || !core.running || worker.killed)
        return false;
      if (now < until) return true;
      this.#actions.worn(worker, "harakiri: a request of it cannot be ended");
      const others = worker.cores.some((one) => one.inFlight > 0 && !one.overdue);
      // Its successor takes requests by now; nobody but the stuck ones is left.
      if (worker.leaving && !others) this.#kill(worker, exchange);
      return true;
    });
  }

  #kill(worker: CoreWorker, exchange: Exchange | undefined): void {
    worker.killed = true;
    // Paused for a slow client, nothing would be seen of the worker's end.
    for (const other of worker.cores) other.resume();
    this.#actions.kill(worker, exchange);
  }
}

/** Whether a worker has begun a request that is in hand. */
function isBusy({ cores }: CoreWorker): boolean {
  return cores.some((core) => core.currentClaimed());
}
