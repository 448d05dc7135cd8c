/**
 * Requests that take too long. Rules:
 *
 * - The client is answered 504 at once.
 * - Where a worker has one core, the worker is killed. Where it has several, the request is ended alone; when
 *   that has not helped in time, the worker is replaced: the others of it finish first, and then it is killed.
 * - What was not begun because the worker is stuck in something else did nothing wrong, and goes elsewhere.
 * - A time in which this process itself stood still (a suspended machine, a frozen container) does not count.
 */
import type { Core, CoreWorker } from "./core.ts";
import type { CorePool } from "./core-pool.ts";
import type { Exchange } from "./exchange.ts";

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
  /** The master is to kill the worker. */
  kill(worker: CoreWorker, exchange: Exchange): void;
  /** The master is to signal the worker, which ends what is overdue. */
  end(worker: CoreWorker, exchange: Exchange): void;
  /** The worker should be replaced, and why. */
  worn(worker: CoreWorker, reason: string): void;
  /** Takes back what a core has not begun. */
  takeBack(core: Core): void;
}

/** A request that was told to end, and until when that may take (performance.now()). */
interface Ending {
  readonly core: Core;
  readonly exchange: Exchange;
  until: number;
}

/** Looks after the requests of all cores; `check` is to be called a few times a second. */
export class HarakiriWatch {
  readonly #options: HarakiriOptions;
  readonly #pool: CorePool;
  readonly #actions: HarakiriActions;
  /** Limits that applications set for single requests (performance.now()). */
  readonly #own = new Map<Exchange, { readonly core: Core; until: number }>();
  #endings: Ending[] = [];
  /** The last check (performance.now()). */
  #checkedAt: number | undefined;

  constructor(options: HarakiriOptions, pool: CorePool, actions: HarakiriActions) {
    this.#options = options;
    this.#pool = pool;
    this.#actions = actions;
  }

  /** The application gave its request so many seconds from now; 0 takes that back. */
  limit(core: Core, exchange: Exchange, seconds: number): void {
    if (seconds === 0) this.#own.delete(exchange);
    else this.#own.set(exchange, { core, until: performance.now() + seconds * 1000 });
  }

  /** Ends what has taken too long. */
  check(now: number, waiting: number): void {
    const sinceLast = now - (this.#checkedAt ?? now);
    this.#checkedAt = now;
    if (sinceLast > STANDSTILL_MS) this.#forgive(sinceLast, now);
    this.#checkEndings(now);
    for (const [exchange, { core, until }] of this.#own) {
      if (core.current !== exchange || !core.running) this.#own.delete(exchange);
      else if (now >= until) {
        this.#own.delete(exchange);
        this.#end(core, exchange, now);
      }
    }
    const { harakiri, harakiriQueue } = this.#options;
    if (harakiri === 0 || waiting < harakiriQueue) return;
    let next: Core | undefined;
    for (let core = this.#pool.oldest; core !== undefined; core = next) {
      next = core.newer;
      if (now - core.since < harakiri * 1000) break;
      if (core.current && !core.overdue) this.#end(core, core.current, now);
    }
  }

  /** The server stops: workers with a request that cannot be ended would not go. */
  killStuck(): void {
    for (const { core, exchange } of this.#endings)
      if (core.overdue && !core.worker.killed) this.#kill(core.worker, exchange);
  }

  #end(core: Core, exchange: Exchange, now: number): void {
    const { worker } = core;
    if (worker.killed) return;
    const claimed = core.currentClaimed();
    if (claimed && !exchange.abandoned && !exchange.answered) exchange.refuse(504);
    this.#actions.takeBack(core);
    const { harakiriGraceful } = this.#options;
    if (harakiriGraceful > 0 && worker.cores.length > 1 && claimed) {
      // Paused for a slow client, it would not get as far as to end.
      core.resume();
      core.endCurrent();
      this.#endings.push({ core, exchange, until: now + harakiriGraceful * 1000 });
      this.#actions.end(worker, exchange);
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
    for (const own of this.#own.values()) own.until += standstill;
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

  #kill(worker: CoreWorker, exchange: Exchange): void {
    worker.killed = true;
    // Paused for a slow client, nothing would be seen of the worker's end.
    for (const other of worker.cores) other.resume();
    this.#actions.kill(worker, exchange);
  }
}
