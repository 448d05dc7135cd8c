/**
 * The shell around machine.ts: real signals, children and timers become events in one queue; one loop
 * takes them and does what the machine decides. It sleeps until something happens or is due.
 */

import type { Settings } from "../../settings/settings.ts";
import type { Log } from "../log/log.ts";
import type { FrontLoad, FrontStats, LoadFailure } from "../messages.ts";
import { errorText, startMessage } from "../start-failure.ts";
import type { Configuration } from "./configuration.ts";
import type { Load } from "./machine/cheaper.ts";
import type { MasterAction, MasterEvent, ZygoteWord } from "./machine/event.ts";
import { nextDeadline, step } from "./machine/machine.ts";
import { initialState, type MasterState } from "./machine/state.ts";
import { currentFront, currentZygote } from "./machine/turn.ts";
import { changeText, ModuleWatch } from "./orders/module-watch.ts";
import { kernelFacts, residentBytes } from "./orders/process-facts.ts";
import { heedSignals, type SignalTable } from "./orders/signals.ts";
import { killOwn } from "./programs/kill-own.ts";
import { giveUpEvent, type PhaseEnd } from "./programs/phase.ts";
import { toBecome } from "./programs/privileges.ts";
import {
  type Becoming,
  type FrontProcess,
  type Programs,
  spawnFront,
  spawnZygote,
  type ZygoteProcess,
} from "./spawn.ts";

/** What came of reading the configuration again: the one to go on with, or why there is none. */
export type Following =
  | { readonly next: Configuration; readonly newFront: boolean }
  | { readonly reason: string };

/** All that a master works with, made before it starts. */
export interface MasterOrder {
  readonly log: Log;
  readonly programs: Programs;
  readonly first: Configuration;
  readonly signals: SignalTable;
  /** Reads the configuration for a reload. */
  readonly reread: (present: Configuration) => Promise<Following>;
  /** Does what concerns the log. */
  readonly obey: (name: "stats" | "reopen-log" | "rotate-log") => void;
  /** What has to be done between the first import and the first worker. */
  readonly imported: () => Promise<PhaseEnd>;
  /** Told once, when requests are accepted. */
  readonly ready: (python: string) => void;
  /** Told when a reload begins, and when it is over with the configuration that is in use then. */
  readonly reloading: () => void;
  readonly reloaded: (configuration: Configuration) => void;
  /** Told once, when the server begins to end. */
  readonly stopping: () => void;
  /** Told why the server ends with something other than 0. */
  readonly failed: (text: string) => void;
}

/** A running master. */
export interface Master {
  /** The exit code, when all processes are gone. */
  readonly ended: Promise<number>;
  readonly state: () => MasterState;
  /** The configuration in use. */
  readonly configuration: () => Configuration;
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
    configuration: () => loop.configuration,
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
  /** By their ids in the state. */
  private readonly fronts = new Map<number, FrontProcess>();
  private readonly zygotes = new Map<number, ZygoteProcess>();
  /** By their numbers; those that nothing uses any more are dropped. */
  private readonly configurations = new Map<number, Configuration>();
  private lastConfiguration = 0;
  private end: (code: number) => void = () => {};
  private readonly unheed: () => void;
  private readonly modules = new ModuleWatch((files) =>
    this.notify({ type: "command", name: "reload", by: changeText(files) }),
  );
  private serial = 0;
  private imported = false;
  private readonly asked = new Map<number, (stats: FrontStats | undefined) => void>();

  constructor(order: MasterOrder) {
    this.order = order;
    this.configurations.set(0, order.first);
    this.state = initialState(order.first.plan);
    this.ended = new Promise((resolve) => {
      this.end = resolve;
    });
    this.unheed = heedSignals(order.signals, ({ name, by }) =>
      this.notify({ type: "command", name, by }),
    );
  }

  get configuration(): Configuration {
    return this.configurationOf(currentZygote(this.state).configuration);
  }

  notify(event: MasterEvent): void {
    this.queue.push(event);
    if (this.running) return; // An action brought this event about; the loop below takes it next.
    this.running = true;
    for (let next = this.queue.shift(); next; next = this.queue.shift()) {
      const { state, actions } = step(this.state, next, performance.now());
      if (isEnding(state) && !isEnding(this.state)) this.order.stopping();
      this.state = state;
      for (const action of actions) this.act(action);
      this.tidy();
    }
    this.running = false;
    this.sleep();
  }

  frontStats(): Promise<FrontStats | undefined> {
    const { id, stage } = currentFront(this.state);
    const front = this.fronts.get(id);
    if (!front || stage !== "ready") return Promise.resolve(undefined);
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
        this.startFront(action.front, this.configurationOf(action.configuration));
        break;
      case "spawn-zygote":
        this.startZygote(action.zygote, this.configurationOf(action.configuration));
        break;
      case "tell-front":
        this.fronts.get(action.front)?.say(action.word);
        break;
      case "tell-zygote":
        this.zygotes.get(action.zygote)?.say(action.order);
        break;
      case "kill-front":
        this.fronts.get(action.front)?.kill();
        break;
      case "kill-zygote":
        this.zygotes.get(action.zygote)?.kill();
        break;
      case "kill-process":
        killOwn(action.pid, this.configuration.settings);
        break;
      case "log":
        log.write(action.text);
        break;
      case "log-failure":
        log.write(failureText(this.configurationOf(action.configuration), action.failure), "error");
        break;
      case "ready":
        this.order.ready(action.python);
        break;
      case "overdue":
        if (!this.configuration.settings.limits.harakiriVerbose) break;
        for (const fact of kernelFacts(action.pid))
          log.write(`HARAKIRI: pid ${action.pid}: ${fact}`);
        break;
      case "reread":
        void this.reread();
        break;
      case "reloading":
        this.order.reloading();
        break;
      case "reloaded":
        this.order.reloaded(this.configurationOf(action.configuration));
        break;
      case "do":
        this.order.obey(action.name);
        break;
      case "report": {
        const { configuration, failure, text, place } = action;
        const reason = failure && failureText(this.configurationOf(configuration), failure);
        this.order.failed(reason ?? startMessage(text, place));
        break;
      }
      case "end":
        clearTimeout(this.timer);
        this.unheed();
        this.modules.close();
        for (const { site } of this.configurations.values()) site.close();
        this.end(action.code);
        break;
    }
  }

  private configurationOf(number: number): Configuration {
    const configuration = this.configurations.get(number);
    if (configuration === undefined) throw new Error(`configuration ${number} was dropped`);
    return configuration;
  }

  private async reread(): Promise<void> {
    this.order.log.reloaded();
    const present = this.configuration;
    let following: Following;
    try {
      following = await this.order.reread(present);
    } catch (error) {
      following = { reason: errorText(error) };
    }
    if ("reason" in following) {
      this.notify({ type: "reread", result: { is: "failed", reason: following.reason } });
      return;
    }
    const { next, newFront } = following;
    const configuration = ++this.lastConfiguration;
    this.configurations.set(configuration, next);
    this.notify({
      type: "reread",
      result: { is: "read", configuration, plan: next.plan, newFront },
    });
  }

  /** Drops the configurations that no process has any more, and the sites that are theirs alone. */
  private tidy(): void {
    const { fronts, zygotes } = this.state;
    const used = new Set([...fronts, ...zygotes].map(({ configuration }) => configuration));
    const dropped = [...this.configurations].filter(([number]) => !used.has(number));
    for (const [number] of dropped) this.configurations.delete(number);
    const sites = new Set([...this.configurations.values()].map(({ site }) => site));
    for (const [, { site }] of dropped) if (!sites.has(site)) site.close();
  }

  private startFront(id: number, configuration: Configuration): void {
    const { programs, log } = this.order;
    const { frontConfig, site, sockets, settings, python } = configuration;
    const front = spawnFront(
      {
        program: programs.front,
        python,
        becoming: becomingOf(settings),
        log,
        config: frontConfig,
        coresFd: site.cores.handle.fd,
        countersFd: site.run.countersFd,
        listenerFds: sockets.map(({ handle }) => handle.fd),
      },
      {
        said: (word) => {
          if (word.type === "stats") this.asked.get(word.serial)?.(word.stats);
          else if (word.type === "load")
            this.notify({ type: "load", front: id, load: this.weighed(word.load) });
          else this.notify({ type: "front-said", front: id, word });
        },
        exited: (status) => {
          this.fronts.delete(id);
          for (const settle of this.asked.values()) settle(undefined);
          this.notify({ type: "front-exited", front: id, status });
        },
      },
    );
    this.fronts.set(id, front);
  }

  /** Nothing follows the word of a zygote that has loaded before it gets an order. */
  private async hear(zygote: number, word: ZygoteWord): Promise<void> {
    if (word.is === "loaded" && !this.imported) {
      this.imported = true;
      const end = await this.order.imported();
      if (end.is !== "done") this.notify(giveUpEvent(end));
    }
    this.notify({ type: "zygote-said", zygote, word });
  }

  /** The workers' memory is looked at where it counts. */
  private weighed(load: FrontLoad): Load {
    const { rssSoft } = this.state.plan.cheaper;
    if (rssSoft === 0) return { ...load, rss: 0 };
    return { ...load, rss: load.workers.reduce((sum, { pid }) => sum + residentBytes(pid), 0) };
  }

  private startZygote(id: number, configuration: Configuration): void {
    const { programs, log } = this.order;
    const { settings, python, pythonFlags, zygoteConfig, site } = configuration;
    this.modules.every(settings.python.autoReload);
    const zygote = spawnZygote(
      {
        program: programs.zygote,
        becoming: zygoteConfig.confinement === null ? becomingOf(settings) : undefined,
        log,
        config: zygoteConfig,
        python,
        pythonFlags,
        countersFd: site.run.countersFd,
        cwd: settings.privileges.chroot ?? settings.chdir,
        stdin: settings.control.honourStdin ? "inherit" : "ignore",
        env: settings.env,
      },
      {
        said: (word) => {
          this.modules.heard(id, word);
          if (word.is !== "imported") void this.hear(id, word);
        },
        exited: (status) => {
          this.zygotes.delete(id);
          this.modules.gone(id);
          this.notify({ type: "zygote-exited", zygote: id, status });
        },
      },
    );
    this.zygotes.set(id, zygote);
  }
}

function isEnding({ stage }: MasterState): boolean {
  return stage === "draining" || stage === "killing";
}

/** Undefined where nothing has to be given up. */
function becomingOf(settings: Settings): Becoming | undefined {
  const identity = toBecome(settings);
  return identity && { identity, capabilities: settings.privileges.capabilities };
}

function failureText(configuration: Configuration, failure: LoadFailure): string {
  const { settings } = configuration;
  const { message, traceback, mount, others = [] } = failure;
  const place = settings.places[mount === undefined ? "app" : `mounts.${mount}`];
  const text = startMessage(`the application cannot be loaded: ${message}`, place);
  const own = traceback === "" ? text : `${text}\n${traceback.trimEnd()}`;
  return [own, ...others.map((other) => failureText(configuration, other))].join("\n");
}
