/**
 * How many workers there are to be: uWSGI's algorithms (core/master_utils.c, plugins/cheaper_busyness), as
 * functions of what the front counted. `Backlog` there is the kernel's queue; here the front has accepted
 * the connections, and what waits is requests.
 */
import type { CheaperSettings } from "../../../settings/cheaper-settings.ts";
import type { FrontLoad } from "../../messages.ts";

/** What the front counted, and what the workers weigh. */
export interface Load extends FrontLoad {
  /** Memory of all of them, bytes; 0 when nobody asked. */
  readonly rss: number;
}

/** What the algorithms remember. Times are milliseconds of the monotonic clock. */
export interface CheaperState {
  overloadCount: number;
  idleCount: number;
  busyness: BusynessState;
}

interface BusynessState {
  /** When the last cycle ended. */
  checkedMs: number;
  /** By process id, at the end of the last cycle. */
  runningTimes: { [pid: string]: number };
  /** By process id: how often in this cycle it was seen busy. */
  seenBusy: { [pid: string]: number };
  multiplier: number;
  lastCheapedMs: number;
  nextCheapMs: number;
  lastAction: "none" | "spawn" | "cheap";
  tolerance: number;
  emergencies: number;
  /** Since when requests have been waiting; undefined: none are. */
  waitingSinceMs: number | undefined;
}

/** A verdict: workers to start, or -1 for one to go, and lines for the log. */
export interface Verdict {
  readonly change: number;
  readonly lines: readonly string[];
}

/** Before anything was counted. */
export function initialCheaper(settings: CheaperSettings, nowMs: number): CheaperState {
  return {
    overloadCount: 0,
    idleCount: 0,
    busyness: {
      checkedMs: nowMs,
      runningTimes: {},
      seenBusy: {},
      multiplier: settings.busynessMultiplier,
      lastCheapedMs: Number.NEGATIVE_INFINITY,
      nextCheapMs: nowMs + settings.overload * settings.busynessMultiplier * 1000,
      lastAction: "none",
      tolerance: 0,
      emergencies: 0,
      waitingSinceMs: undefined,
    },
  };
}

/**
 * What to do about the number of workers.
 * @param state is changed
 * @param spare seats that are empty
 */
export function decide(
  settings: CheaperSettings,
  state: CheaperState,
  load: Load,
  spare: number,
  nowMs: number,
): Verdict {
  const active = load.workers.length;
  const { rssSoft, rssHard } = settings;
  if (rssHard > 0 && active > 1 && load.rss >= rssHard) {
    const line = `cheaper: ${load.rss} bytes of memory reach cheaper-rss-limit-hard, one of ${active} workers goes`;
    return { change: -1, lines: [line] };
  }
  const mayStart = rssSoft === 0 || load.rss < rssSoft;
  const room = mayStart ? spare : 0;
  switch (settings.algorithm) {
    case "spare":
      return { change: byIdleness(settings, state, load, room), lines: [] };
    case "spare2":
      return { change: bySpares(settings, state, load, room), lines: [] };
    case "backlog":
    case "backlog2":
      return { change: byBacklog(settings, load, room), lines: [] };
    case "busyness":
      return new Busyness(settings, state.busyness, load, room, nowMs).decide();
    case "manual":
      return { change: 0, lines: [] };
  }
}

/** `spare`: keeps one worker idle. */
function byIdleness(
  { least, step, overload }: CheaperSettings,
  state: CheaperState,
  { workers }: Load,
  room: number,
): number {
  const idle = workers.filter(({ busy }) => !busy).length;
  if (idle > 0) state.overloadCount = Math.max(0, state.overloadCount - 1);
  else {
    state.overloadCount++;
    state.idleCount = 0;
  }
  if (room > 0 && state.overloadCount >= overload) {
    state.overloadCount = 0;
    return Math.min(step, room);
  }
  if (state.overloadCount > 0 || idle === 1) return 0;
  state.idleCount++;
  return workers.length > least && state.idleCount % overload === 0 ? -1 : 0;
}

/** `spare2`: keeps as many workers idle as `cheaper` says. */
function bySpares(
  { least, step, idle: patience }: CheaperSettings,
  state: CheaperState,
  { workers }: Load,
  room: number,
): number {
  const idle = workers.filter(({ busy }) => !busy).length;
  if (idle <= least) {
    state.idleCount = 0;
    return Math.min(least - idle, room, step);
  }
  if (++state.idleCount < patience) return 0;
  state.idleCount = 0;
  return -1;
}

/** `backlog`: by what waits. */
function byBacklog(
  { least, step, overload }: CheaperSettings,
  { waiting, workers }: Load,
  room: number,
): number {
  if (waiting > overload) return Math.min(step, room);
  return waiting < overload && workers.length > least ? -1 : 0;
}

/** `busyness`: by the share of their time that workers are busy, and by what waits. */
class Busyness {
  readonly #settings: CheaperSettings;
  readonly #state: BusynessState;
  readonly #load: Load;
  readonly #room: number;
  readonly #nowMs: number;
  readonly #lines: string[] = [];

  constructor(
    settings: CheaperSettings,
    state: BusynessState,
    load: Load,
    room: number,
    nowMs: number,
  ) {
    this.#settings = settings;
    this.#state = state;
    this.#load = load;
    this.#room = room;
    this.#nowMs = nowMs;
  }

  decide(): Verdict {
    const state = this.#state;
    for (const { pid, busy } of this.#load.workers)
      state.seenBusy[pid] = (state.seenBusy[pid] ?? 0) + (busy ? 1 : 0);
    const cycleMs = this.#settings.overload * 1000;
    const ended = this.#nowMs - state.checkedMs >= cycleMs;
    const change = ended ? this.#endCycle() : this.#watchBacklog();
    return { change, lines: this.#lines };
  }

  #endCycle(): number {
    const { busynessMax, busynessMin } = this.#settings;
    const active = this.#load.workers.length;
    const average = this.#measure();
    this.#explain(`average busyness of ${active} workers is ${average}%`);
    if (average > busynessMax) return this.#more(average);
    if (this.#isBacklogged()) return this.#emergency();
    if (average < busynessMin) return this.#fewer(average);
    return this.#wait();
  }

  /** The mean share of the cycle that the workers were busy, per cent; begins the next cycle. */
  #measure(): number {
    const { workers } = this.#load;
    const state = this.#state;
    const cycleUs = this.#settings.overload * 1_000_000;
    const shares = workers.map(({ pid, runningTime }) => {
      const spent = runningTime - (state.runningTimes[pid] ?? 0);
      // A request that is longer than a cycle shows in no running time until it ends.
      if (spent === 0) return (state.seenBusy[pid] ?? 0) > 0 ? 100 : 0;
      return Math.min(100, Math.trunc((spent * 100) / cycleUs));
    });
    state.checkedMs = this.#nowMs;
    state.seenBusy = {};
    state.runningTimes = Object.fromEntries(workers.map((one) => [one.pid, one.runningTime]));
    const sum = shares.reduce((total, share) => total + share, 0);
    return workers.length === 0 ? 0 : Math.trunc(sum / workers.length);
  }

  #more(average: number): number {
    const state = this.#state;
    const { step, overload, busynessPenalty } = this.#settings;
    state.tolerance = 0;
    const started = Math.min(step, this.#room);
    if (started === 0) {
      this.#explain(`average busyness is ${average}%, and no more workers may be started`);
      return 0;
    }
    state.lastAction = "spawn";
    if ((this.#nowMs - state.lastCheapedMs) / 1000 / overload <= state.multiplier) {
      state.multiplier += busynessPenalty;
      this.#say(`a worker is missed soon after it went: the multiplier is ${state.multiplier}`);
    } else this.#relax();
    this.#setNextCheap();
    this.#say(`average busyness is ${average}%, starting ${started} more`);
    return started;
  }

  #fewer(average: number): number {
    const state = this.#state;
    const active = this.#load.workers.length;
    if (active === 1) return 0;
    state.tolerance = 0;
    if (active <= this.#settings.least || this.#nowMs < state.nextCheapMs) return 0;
    if (state.lastAction === "cheap") this.#relax();
    this.#setNextCheap();
    this.#say(`average busyness is ${average}%, one of ${active} workers goes`);
    state.lastCheapedMs = this.#nowMs;
    state.lastAction = "cheap";
    state.emergencies = Math.max(0, state.emergencies - 1);
    return -1;
  }

  /** Neither too busy nor too idle: idle cycles count from the beginning again after three of these. */
  #wait(): number {
    const state = this.#state;
    if (this.#load.workers.length === 1) return 0;
    state.emergencies = Math.max(0, state.emergencies - 1);
    if (++state.tolerance >= 3) this.#setNextCheap();
    else state.nextCheapMs += this.#settings.overload * 1000;
    return 0;
  }

  #watchBacklog(): number {
    const state = this.#state;
    if (this.#isBacklogged()) return this.#emergency();
    if (this.#load.waiting === 0) {
      state.waitingSinceMs = undefined;
      return 0;
    }
    state.waitingSinceMs ??= this.#nowMs;
    const waitedMs = this.#nowMs - state.waitingSinceMs;
    if (this.#room === 0 || waitedMs < this.#settings.backlogNonzero * 1000) return 0;
    state.waitingSinceMs = this.#nowMs;
    return this.#emergency();
  }

  #isBacklogged(): boolean {
    return this.#room > 0 && this.#load.waiting > this.#settings.backlogAlert;
  }

  #emergency(): number {
    const state = this.#state;
    const { busynessMultiplier, backlogStep } = this.#settings;
    state.multiplier = busynessMultiplier;
    state.lastAction = "spawn";
    const started = Math.min(backlogStep, this.#room);
    this.#setNextCheap();
    state.emergencies += started;
    this.#say(`${this.#load.waiting} requests are waiting, starting ${started} more at once`);
    return started;
  }

  /** After an emergency workers go sooner. */
  #setNextCheap(): void {
    const { overload, backlogMultiplier } = this.#settings;
    const state = this.#state;
    const times = state.emergencies > 0 ? backlogMultiplier : state.multiplier;
    state.nextCheapMs = this.#nowMs + overload * times * 1000;
  }

  #relax(): void {
    const state = this.#state;
    if (state.multiplier > this.#settings.busynessMultiplier) state.multiplier--;
  }

  #say(text: string): void {
    this.#lines.push(`busyness: ${text}`);
  }

  #explain(text: string): void {
    if (this.#settings.busynessVerbose) this.#say(text);
  }
}
