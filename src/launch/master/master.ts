/**
 * The shell around machine.ts: real signals, children and timers become events in one queue; one loop
 * takes them and does what the machine decides. It sleeps until something happens or is due.
 */

import type { Place } from "../../source.ts";
import type { Log } from "../log/log.ts";
import type { FrontConfig, FrontStats, LoadFailure, ZygoteConfig } from "../messages.ts";
import { errorCode, startMessage } from "../start-failure.ts";
import type { MasterAction, MasterEvent } from "./event.ts";
import { nextDeadline, step } from "./machine.ts";
import { heedSignals } from "./signals.ts";
import {
  type FrontProcess,
  type Programs,
  spawnFront,
  spawnZygote,
  type ZygoteProcess,
} from "./spawn.ts";
import { initialState, type MasterState, type Plan } from "./state.ts";

/** All that a master works with, made before it starts. */
export interface MasterOrder {
  readonly plan: Plan;
  readonly log: Log;
  readonly programs: Programs;
  readonly python: string;
  readonly frontConfig: FrontConfig;
  readonly zygoteConfig: ZygoteConfig;
  readonly cwd: string;
  readonly env: readonly { readonly name: string; readonly value: string | undefined }[];
  readonly coresFd: number;
  readonly countersFd: number;
  readonly listenerFds: readonly number[];
  /** Where the application is configured, for messages about it. */
  readonly appPlace: Place | undefined;
  /** The same of each mount. */
  readonly mountPlaces: readonly (Place | undefined)[];
  /** Told once, when requests are accepted. */
  readonly ready: (python: string) => void;
  /** Told why the server ends with something other than 0. */
  readonly failed: (text: string) => void;
}

/** A running master. */
export interface Master {
  /** The exit code, when all processes are gone. */
  readonly ended: Promise<number>;
  readonly state: () => MasterState;
  /** The front's counts; undefined when it does not answer within a second. */
  readonly frontStats: () => Promise<FrontStats | undefined>;
  readonly notify: (event: MasterEvent) => void;
}

/** How long a front may take to count, milliseconds. */
const statsTimeoutMs = 1_000;

/** Starts all processes and keeps them as they should be until the server ends. */
export function startMaster(order: MasterOrder): Master {
  const loop = new Loop(order);
  loop.notify({ type: "wake" });
  return {
    ended: loop.ended,
    state: () => loop.state,
    frontStats: () => loop.frontStats(),
    notify: (event) => loop.notify(event),
  };
}

class Loop {
  state: MasterState;
  readonly ended: Promise<number>;
  private readonly order: MasterOrder;
  private readonly queue: MasterEvent[] = [];
  private running = false;
  private timer: NodeJS.Timeout | undefined;
  private front: FrontProcess | undefined;
  private zygote: ZygoteProcess | undefined;
  private end: (code: number) => void = () => {};
  private readonly unheed: () => void;
  private serial = 0;
  private readonly asked = new Map<number, (stats: FrontStats | undefined) => void>();

  constructor(order: MasterOrder) {
    this.order = order;
    this.state = initialState(order.plan);
    this.ended = new Promise((resolve) => {
      this.end = resolve;
    });
    this.unheed = heedSignals((name) => this.notify({ type: "signal", name }));
  }

  notify(event: MasterEvent): void {
    this.queue.push(event);
    if (this.running) return; // An action brought this event about; the loop below takes it next.
    this.running = true;
    for (let next = this.queue.shift(); next; next = this.queue.shift()) {
      const { state, actions } = step(this.state, next, performance.now());
      this.state = state;
      for (const action of actions) this.act(action);
    }
    this.running = false;
    this.sleep();
  }

  frontStats(): Promise<FrontStats | undefined> {
    const { front } = this;
    if (!front || this.state.front.stage !== "ready") return Promise.resolve(undefined);
    const serial = ++this.serial;
    return new Promise((resolve) => {
      const settle = (stats: FrontStats | undefined) => {
        clearTimeout(timer);
        this.asked.delete(serial);
        resolve(stats);
      };
      const timer = setTimeout(() => settle(undefined), statsTimeoutMs);
      this.asked.set(serial, settle);
      front.say({ type: "stats", serial });
    });
  }

  /** One timer for the nearest deadline; none when nothing is due. */
  private sleep(): void {
    clearTimeout(this.timer);
    const dueMs = nextDeadline(this.state);
    if (dueMs === undefined) return;
    const wake = () => this.notify({ type: "wake" });
    // Rounded up: a timer that fires early would only be set again.
    this.timer = setTimeout(wake, Math.max(0, Math.ceil(dueMs - performance.now())));
  }

  private act(action: MasterAction): void {
    const { log } = this.order;
    switch (action.type) {
      case "spawn-front":
        this.startFront();
        break;
      case "spawn-zygote":
        this.startZygote();
        break;
      case "tell-front":
        this.front?.say(action.word);
        break;
      case "tell-zygote":
        this.zygote?.say(action.order);
        break;
      case "kill-front":
        this.front?.kill();
        break;
      case "kill-zygote":
        this.zygote?.kill();
        break;
      case "kill-process":
        killProcess(action.pid);
        break;
      case "log":
        log.write(action.text);
        break;
      case "log-failure":
        log.write(this.failureText(action.failure), "error");
        break;
      case "ready":
        this.order.ready(action.python);
        break;
      case "report":
        this.order.failed(
          action.failure ? this.failureText(action.failure) : startMessage(action.text, undefined),
        );
        break;
      case "end":
        clearTimeout(this.timer);
        this.unheed();
        this.end(action.code);
        break;
    }
  }

  private failureText({ message, traceback, mount, others = [] }: LoadFailure): string {
    const { appPlace, mountPlaces } = this.order;
    const place = mount === undefined ? appPlace : mountPlaces[mount];
    const text = startMessage(`the application cannot be loaded: ${message}`, place);
    const own = traceback === "" ? text : `${text}\n${traceback.trimEnd()}`;
    return [own, ...others.map((other) => this.failureText(other))].join("\n");
  }

  private startFront(): void {
    const { order } = this;
    this.front = spawnFront(
      {
        program: order.programs.front,
        log: order.log,
        config: order.frontConfig,
        coresFd: order.coresFd,
        countersFd: order.countersFd,
        listenerFds: order.listenerFds,
      },
      {
        said: (word) => {
          if (word.type === "stats") this.asked.get(word.serial)?.(word.stats);
          else this.notify({ type: "front-said", word });
        },
        exited: (status) => {
          for (const settle of this.asked.values()) settle(undefined);
          this.notify({ type: "front-exited", status });
        },
      },
    );
  }

  private startZygote(): void {
    const { order } = this;
    this.zygote = spawnZygote(
      {
        program: order.programs.zygote,
        log: order.log,
        config: order.zygoteConfig,
        python: order.python,
        countersFd: order.countersFd,
        cwd: order.cwd,
        env: order.env,
      },
      {
        said: (word) => this.notify({ type: "zygote-said", word }),
        exited: (status) => this.notify({ type: "zygote-exited", status }),
      },
    );
  }
}

/** SIGKILL; a process that is gone, even if its number is another user's by now, is what was wanted. */
function killProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!["ESRCH", "EPERM"].includes(errorCode(error))) throw error;
  }
}
