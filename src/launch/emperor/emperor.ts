/**
 * The shell around machine.ts: files that are looked at, signals, processes and timers become events in one
 * queue; one loop takes them and does what the machine decides.
 */
import type { EmperorSettings } from "../../settings/emperor-settings.ts";
import type { Log } from "../log/log.ts";
import { errorCode, errorText } from "../start-failure.ts";
import { runCommand } from "./command.ts";
import { find, type Source } from "./find.ts";
import { nextDeadline, step } from "./machine.ts";
import {
  type EmperorAction,
  type EmperorEvent,
  type EmperorState,
  type FoundFile,
  initialState,
  type Plan,
} from "./state.ts";
import { startVassal, type VassalProcess } from "./vassal-process.ts";
import { vassalEnvironment } from "./vassal-start.ts";

/** A running emperor. */
export interface Emperor {
  /** Settles when all servers have ended, after a command to stop. */
  readonly ended: Promise<void>;
  readonly state: () => EmperorState;
  readonly notify: (event: EmperorEvent) => void;
}

/** What an emperor works with. */
export interface EmperorOrder {
  readonly settings: EmperorSettings;
  readonly sources: readonly Source[];
  readonly log: Log;
  /** Processors: more servers than these do not start at the same time. */
  readonly processors: number;
  /** Told once, when all sources were looked at. */
  readonly ready: () => void;
}

/** Even on one processor one server that hangs at its start must not hold up all others. */
const leastStartsAtOnce = 2;

/** Starts to look, and goes on until it is told to stop. */
export function startEmperor(order: EmperorOrder): Emperor {
  const loop = new Loop(order);
  loop.notify({ type: "command", name: "scan", by: "start" });
  return {
    ended: loop.ended,
    state: () => loop.state,
    notify: (event) => loop.notify(event),
  };
}

class Loop {
  state: EmperorState;
  readonly ended: Promise<void>;
  readonly #order: EmperorOrder;
  readonly #queue: EmperorEvent[] = [];
  #running = false;
  #over = false;
  #end: () => void = () => {};
  #wakeTimer: NodeJS.Timeout | undefined;
  #scanTimer: NodeJS.Timeout | undefined;
  #scanning = false;
  /** A look was asked for while another went on. */
  #scanAgain = false;
  /** The ready call, until it was made. */
  #ready: (() => void) | undefined;
  /** By the numbers of their runs. */
  readonly #vassals = new Map<number, VassalProcess>();
  /** Stop hooks that run. */
  readonly #hooks = new Set<Promise<unknown>>();

  constructor(order: EmperorOrder) {
    this.#order = order;
    this.#ready = order.ready;
    this.state = initialState(planOf(order.settings, order.processors));
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  notify(event: EmperorEvent): void {
    if (this.#over) return;
    this.#queue.push(event);
    if (this.#running) return; // An action brought this event about; the loop below takes it next.
    this.#running = true;
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      const { state, actions } = step(this.state, next, performance.now());
      this.state = state;
      for (const action of actions) this.#act(action);
    }
    this.#running = false;
    if (!this.#over) this.#sleep();
  }

  #sleep(): void {
    clearTimeout(this.#wakeTimer);
    const nowMs = performance.now();
    const dueMs = nextDeadline(this.state, nowMs);
    if (dueMs === undefined) return;
    // Rounded up: a timer that fires early would only be set again.
    const pauseMs = Math.min(Math.ceil(dueMs - nowMs), longestPauseMs);
    this.#wakeTimer = setTimeout(() => this.notify({ type: "wake" }), pauseMs);
  }

  #act(action: EmperorAction): void {
    switch (action.type) {
      case "start":
        this.#start(action.run, action.file);
        break;
      case "say":
        this.#vassals.get(action.run)?.say(action.order);
        break;
      case "kill":
        this.#vassals.get(action.run)?.kill();
        break;
      case "gone":
        this.#runStopHook(action.file);
        break;
      case "scan":
        void this.#scan();
        break;
      case "log":
        this.#order.log.write(action.text);
        break;
      case "end":
        this.#over = true;
        clearTimeout(this.#wakeTimer);
        clearTimeout(this.#scanTimer);
        void Promise.all(this.#hooks).then(this.#end);
        break;
    }
  }

  #start(run: number, file: FoundFile): void {
    const { settings, log } = this.#order;
    const vassal = startVassal(
      { file, settings, log },
      {
        started: (pid) => this.notify({ type: "started", run, pid }),
        said: (sign) => this.notify({ type: "said", run, sign }),
        silent: () => this.notify({ type: "silent", run }),
        exited: (status) => {
          this.#vassals.delete(run);
          this.notify({ type: "exited", run, status });
        },
      },
    );
    this.#vassals.set(run, vassal);
  }

  #runStopHook(file: FoundFile): void {
    const { settings, log } = this.#order;
    const { stopHook } = settings;
    if (stopHook === undefined) return;
    const env = vassalEnvironment(file, undefined);
    const hook = runCommand({ command: [stopHook, file.id], log, cwd: file.cwd, env }).then(
      (problem) => {
        this.#hooks.delete(hook);
        if (problem !== undefined)
          log.write(`[emperor] ${file.id}: stop hook ${stopHook}: ${problem}`);
      },
    );
    this.#hooks.add(hook);
  }

  /** One look at all sources, and the next when it is time. */
  async #scan(): Promise<void> {
    if (this.#scanning) {
      this.#scanAgain = true;
      return;
    }
    clearTimeout(this.#scanTimer);
    this.#scanning = true;
    for (const source of this.#order.sources) this.notify(await this.#look(source));
    this.#scanning = false;
    this.#ready?.();
    this.#ready = undefined;
    if (this.#over) return;
    const pauseMs = this.#scanAgain ? 0 : this.#order.settings.frequency * 1000;
    this.#scanAgain = false;
    this.#scanTimer = setTimeout(() => void this.#scan(), Math.min(pauseMs, longestPauseMs));
  }

  async #look(source: Source): Promise<EmperorEvent> {
    try {
      const files = await find(source, this.#order.settings);
      return { type: "found", source: source.number, files };
    } catch (error) {
      const reason = errorCode(error) || errorText(error);
      return { type: "unseen", source: source.number, name: source.name, reason };
    }
  }
}

/** Node's timers cannot be longer; milliseconds. */
const longestPauseMs = 2_147_483_647;

function planOf(settings: EmperorSettings, processors: number): Plan {
  return {
    startsAtOnce: Math.max(leastStartsAtOnce, processors),
    throttleMs: settings.throttle,
    maxThrottleMs: settings.maxThrottle,
    noBlacklist: settings.noBlacklist,
    heartbeatMs: settings.requiredHeartbeat * 1000,
    toleranceMs: settings.curseTolerance * 1000,
    tyrant: settings.tyrant,
  };
}
