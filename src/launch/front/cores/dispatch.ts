/**
 * Which core gets which request. Rules:
 *
 * - A request goes to an idle core, of the worker that has the fewest others busy; else to the core with
 *   the fewest in hand, up to CORE_DEPTH; else it waits, first come first served, in a queue that is bounded
 *   in number and bytes.
 * - A core that is slow with what it has gets no more, and what it has not begun is taken back, so one
 *   slow request holds up nobody.
 * - A worker of greenlets that is stuck in one of them gets no more either, and what its others have not
 *   begun goes to other workers.
 * - What a worker had begun when it died is answered 502 and never repeated; what it had not begun goes
 *   to another core, before what came later.
 */

import { CLIENT_LEFT } from "../exchange/access-record.ts";
import type { BodyRules, Exchange } from "../exchange/exchange.ts";
import type { Core, CoreOwner } from "./core.ts";
import { CorePool } from "./core-pool.ts";
import type { CoreWorker } from "./core-worker.ts";
import { type HarakiriOptions, HarakiriWatch } from "./harakiri.ts";
import type { WorkerLimits } from "./limits.ts";
import { StallWatch } from "./stalls.ts";

/** A core that is at one request for this long gets no more, and what is queued behind it is moved. */
const SLOW_MS = 4;
const TAKE_BACK_EVERY_MS = 1;
/** Bounds of what may wait for a core; beyond them the answer is 503. */
export const MAX_WAITING = 8192;
const MAX_WAITING_BYTES = 256 * 1024 * 1024;

/** What the dispatcher is told once. */
export interface DispatchOptions extends HarakiriOptions {
  /** Whether unsafe methods may be queued and taken back too; see protocol/counters.ts. */
  readonly moveUnsafe: boolean;
  /** When a worker has served enough. */
  readonly limits: WorkerLimits;
  /** Cores are greenlets: a worker that is stuck in one request takes no other. */
  readonly greenlets: boolean;
}

/** What the dispatcher tells of workers. */
export interface DispatchEvents {
  /** A request took too long: the worker is to be killed. */
  harakiri(worker: CoreWorker, exchange: Exchange | undefined): void;
  /** A request took too long and is to end alone; `signal` follows. */
  overdue(worker: CoreWorker, exchange: Exchange): void;
  /** The worker is to be signalled: it ends what is overdue. */
  signal(worker: CoreWorker): void;
  /** A request has a limit of its own: `checkHarakiri` must be called from here on. */
  limited(): void;
  /** A request came, the first to wait, and there is no worker to be had. */
  starved(): void;
  /** It should be replaced, and why; `urgent`: however young it is. */
  worn(worker: CoreWorker, reason: string, urgent: boolean): void;
}

/** The queue and the cores. */
export class Dispatcher implements CoreOwner {
  rejected = 0;
  /** Requests that came. */
  submitted = 0;
  /** How bodies are kept until a core gets the request. */
  bodies: BodyRules | undefined;
  readonly #options: DispatchOptions;
  readonly #events: DispatchEvents;
  readonly #pool = new CorePool();
  /** Cores with more than one request in hand. */
  #stacked: Core[] = [];
  readonly #stalls = new StallWatch();
  readonly #harakiri: HarakiriWatch;
  readonly #limited: boolean;
  #waiting: Exchange[] = [];
  #head = 0;
  #bytes = 0;
  #paused = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: DispatchOptions, events: DispatchEvents) {
    this.#options = options;
    this.#events = events;
    this.#limited = options.limits.active;
    this.#harakiri = new HarakiriWatch(options, this.#pool, {
      kill: (worker, exchange) => events.harakiri(worker, exchange),
      end: (worker, exchange) => events.overdue(worker, exchange),
      signal: (worker) => events.signal(worker),
      worn: (worker, reason) => this.#wear(worker, reason, true),
      takeBack: (core, least) => this.#return(core.takeBack(this.#movable, least)),
    });
  }

  /** Requests that no core holds. */
  get queued(): number {
    return this.#waiting.length - this.#head;
  }

  /** Requests that were not begun: in the queue, or behind others of a core. */
  get waiting(): number {
    let behind = 0;
    for (const { cores } of this.#pool.workers)
      for (const { inFlight } of cores) behind += Math.max(0, inFlight - 1);
    return this.queued + behind;
  }

  /** Takes a request; refuses it with 503 when too much is waiting. */
  submit(exchange: Exchange): void {
    this.submitted++;
    if (exchange.info !== undefined) exchange.submittedAt = performance.now();
    if (this.queued >= MAX_WAITING || this.#bytes + exchange.held > MAX_WAITING_BYTES) {
      this.rejected++;
      exchange.refuse(503);
      return;
    }
    if (this.queued === 0) {
      const core = this.#pick(exchange);
      if (core) {
        this.#give(core, exchange);
        return;
      }
    }
    this.#bytes += exchange.held;
    this.#waiting.push(exchange);
    if (this.queued === 1 && this.#pool.workers.length === 0) this.#events.starved();
  }

  /** Drops a waiting request, whose client has gone. */
  forget(exchange: Exchange): void {
    const at = this.#waiting.indexOf(exchange, this.#head);
    if (at < 0) return;
    this.#waiting.splice(at, 1);
    this.#bytes -= exchange.held;
  }

  /** A core is ready for requests. */
  attach(core: Core): void {
    const { worker } = core;
    this.#pool.add(core);
    if (worker.leaving) {
      // It had to connect again while the worker was about to go, so nobody has told it.
      if (worker.quitting) core.quit();
      else this.#letGo(worker);
    }
    this.#pump();
  }

  /** A core's connection is closed. */
  detach(core: Core): void {
    this.#pool.remove(core);
    const { begun, others } = core.lost();
    for (const exchange of begun) {
      exchange.departed?.(502, 0);
      if (exchange.abandoned || exchange.answered) continue;
      // Killed at the end of its time, because a sibling could not be ended.
      exchange.refuse(core.worker.cores.some(({ overdue }) => overdue) ? 504 : 502);
    }
    this.#return(others);
    this.#pump();
  }

  progressed(core: Core): void {
    this.#pool.progressed(core);
    if (core.worker.leaving) this.#letGo(core.worker);
    else if (this.queued > 0) this.#pump();
  }

  returned(exchange: Exchange): void {
    this.#return([exchange]);
  }

  finished(core: Core, microseconds: number): void {
    const { worker } = core;
    worker.requests++;
    worker.runningTime += microseconds;
    worker.averageTime = (worker.averageTime + microseconds) / 2; // as uWSGI's avg_rt
    if (!this.#limited || worker.worn) return;
    this.#options.limits.afterRequest(worker, core.since, this.#outworn);
  }

  worn(worker: CoreWorker, reason: string): void {
    this.#wear(worker, reason, false);
  }

  /** The worker has failed outside of the application: it should go, however young it is. */
  failed(worker: CoreWorker): void {
    this.#wear(worker, "one of its cores has failed", true);
  }

  /** Ends requests that run for too long; to be called a few times a second. */
  checkHarakiri(now: number): void {
    this.#harakiri.check(now, this.waiting);
    this.#pump();
  }

  deadline(exchange: Exchange, seconds: number): void {
    this.#limit(exchange, seconds, performance.now());
  }

  /** A route gives a request so many seconds, from when it begins. */
  limit(exchange: Exchange, seconds: number): void {
    this.#limit(exchange, seconds, undefined);
  }

  #limit(exchange: Exchange, seconds: number, from: number | undefined): void {
    this.#harakiri.limit(exchange, seconds, from);
    if (seconds > 0) this.#events.limited();
  }

  /** A worker takes no more requests, and leaves when it has answered what it began. */
  retire(worker: CoreWorker): void {
    if (worker.leaving) return;
    worker.leaving = true;
    for (const core of worker.cores) this.#return(core.takeBack(this.#movable));
    this.#letGo(worker);
    this.#pump();
  }

  /** Begins no request, or goes on. */
  pause(on: boolean): void {
    this.#paused = on;
    this.#pump();
  }

  /** Tells all workers to go; to be called when nothing is in hand. */
  quit(): void {
    this.#harakiri.killStuck();
    for (const { cores } of this.#pool.workers) for (const core of cores) core.quit();
  }

  readonly #outworn = (worker: CoreWorker, reason: string): void =>
    this.#wear(worker, reason, false);

  readonly #movable = (exchange: Exchange): boolean => exchange.safe || this.#options.moveUnsafe;

  #pick(exchange: Exchange): Core | undefined {
    if (this.#paused) return undefined;
    const idle = this.#pool.idle();
    if (idle !== undefined) return idle;
    // Behind another it must be possible to take it back.
    if (exchange.streamed || !this.#movable(exchange)) return undefined;
    return this.#pool.shortest(performance.now() - SLOW_MS);
  }

  #give(core: Core, exchange: Exchange): void {
    this.#pool.use(core);
    core.give(exchange);
    if (core.inFlight < 2) {
      if (!this.#options.greenlets) return;
      this.#stalls.add(core);
    } else if (!core.stacked) {
      core.stacked = true;
      this.#stacked.push(core);
    }
    this.#timer ??= setInterval(() => this.#takeBack(), TAKE_BACK_EVERY_MS);
  }

  #pump(): void {
    while (this.#head < this.#waiting.length) {
      const exchange = this.#waiting[this.#head] as Exchange;
      const core = this.#pick(exchange);
      if (!core) break;
      this.#head++;
      this.#bytes -= exchange.held;
      this.#give(core, exchange);
    }
    if (this.#head === this.#waiting.length || this.#head > 1024) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Requests that were given but not begun go to the front of the queue. */
  #return(exchanges: Exchange[]): void {
    const kept = exchanges.filter((exchange) => !exchange.abandoned);
    if (kept.length < exchanges.length)
      for (const { departed } of exchanges) departed?.(CLIENT_LEFT, 0);
    if (kept.length === 0) return;
    for (const exchange of kept) this.#bytes += exchange.held;
    this.#waiting.splice(0, this.#head, ...kept);
    this.#head = 0;
  }

  /** Moves what is queued behind a slow request, or with a worker that is stuck. */
  #takeBack(): void {
    const now = performance.now();
    if (!this.#stalls.empty) this.#leaveStuck(now);
    const slowSince = now - SLOW_MS;
    const stacked = this.#stacked;
    this.#stacked = [];
    for (const core of stacked) {
      if (core.inFlight > 1 && core.since <= slowSince) this.#return(core.takeBack(this.#movable));
      core.stacked = core.inFlight > 1;
      if (core.stacked) this.#stacked.push(core);
    }
    this.#pump();
    if (this.#stacked.length === 0 && this.#stalls.empty) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  /** Takes from workers that are stuck what they have not begun, where others have room for it. */
  #leaveStuck(now: number): void {
    for (const core of this.#stalls.stuck(now)) {
      const { worker, current } = core;
      if (current === undefined || !this.#movable(current)) continue;
      worker.stuckAt = worker.progress;
      if (this.#pool.idle() !== undefined) this.#return(core.takeBack(this.#movable, 1));
    }
  }

  #wear(worker: CoreWorker, reason: string, urgent: boolean): void {
    if (worker.worn) return;
    worker.worn = true;
    this.#events.worn(worker, reason, urgent);
  }

  #letGo(worker: CoreWorker): void {
    const busy = (core: Core) => core.inFlight > 0 || core.lending > 0;
    if (worker.quitting || worker.cores.some(busy)) return;
    worker.quitting = true;
    for (const core of worker.cores) core.quit();
  }
}
