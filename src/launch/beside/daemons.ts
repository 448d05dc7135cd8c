/** The shell around daemon-machine.ts: real processes, pidfiles and timers. */
import { readFileSync, type StatsListener, unwatchFile, watchFile } from "node:fs";
import type { DaemonSetting } from "../../settings/beside-settings.ts";
import type { DaemonFacts } from "../stats.ts";
import {
  attach,
  groupLives,
  processLives,
  type Surroundings,
  signalGroup,
  signalProgram,
} from "./attach.ts";
import { daemonsDeadline, stepDaemons } from "./daemon-machine.ts";
import { type DaemonAction, type DaemonEvent, noDaemons } from "./daemon-state.ts";

/** How often touched files are looked at, milliseconds; uWSGI does once a second. */
const touchLookMs = 1_000;

/** The programs beside one server. */
export class Daemons {
  #state = noDaemons();
  #surroundings: Surroundings;
  readonly #endServer: (by: string) => void;
  readonly #queue: DaemonEvent[] = [];
  #running = false;
  #timer: NodeJS.Timeout | undefined;
  #unwatch: (() => void)[] = [];
  #stopped: () => void = () => {};

  /** @param endServer has the server end gracefully, and says by whom for the log */
  constructor(surroundings: Surroundings, endServer: (by: string) => void) {
    this.#surroundings = surroundings;
    this.#endServer = endServer;
  }

  /**
   * Starts what is to be there; after a reload restarts it, and ends what is not to be there any more.
   * @param mercyMs how long a program may take to end
   */
  configure(
    settings: readonly DaemonSetting[],
    mercyMs: number,
    surroundings = this.#surroundings,
  ): void {
    this.#surroundings = surroundings;
    this.#notify({ type: "configured", settings, mercyMs });
  }

  /** Ends what ends with the server, and waits for it. */
  async stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#stopped = resolve;
      this.#notify({ type: "stop" });
    });
    clearTimeout(this.#timer);
    this.#watch();
  }

  /** For the statistics. */
  facts(): DaemonFacts[] {
    return this.#state.daemons.map(({ setting: { command }, pid, spawns }) => {
      return { command, pid, spawns };
    });
  }

  #notify(event: DaemonEvent): void {
    this.#queue.push(event);
    if (this.#running) return;
    this.#running = true;
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      const { state, actions } = stepDaemons(this.#state, next, performance.now());
      this.#state = state;
      for (const action of actions) this.#act(action);
    }
    this.#running = false;
    this.#sleep();
  }

  #sleep(): void {
    clearTimeout(this.#timer);
    const dueMs = daemonsDeadline(this.#state);
    if (dueMs === undefined) return;
    const wake = () => this.#notify({ type: "wake" });
    this.#timer = setTimeout(wake, Math.max(0, Math.ceil(dueMs - performance.now())));
  }

  #act(action: DaemonAction): void {
    switch (action.type) {
      case "spawn":
        this.#spawn(action.id, action.setting);
        break;
      case "signal":
        if (action.to === "group") signalGroup(action.pid, action.signal);
        else signalProgram(action.pid, action.signal);
        break;
      case "look-at-pidfile":
        this.#notify({ type: "pidfile", id: action.id, pid: livingPid(action.path) });
        break;
      case "look-at-group":
        this.#notify({ type: "group", id: action.id, lives: groupLives(action.pid) });
        break;
      case "log":
        this.#surroundings.log.write(action.text);
        break;
      case "changed":
        this.#watch();
        break;
      case "end-server":
        this.#endServer(action.by);
        break;
      case "stopped":
        this.#stopped();
        break;
    }
  }

  #spawn(id: number, setting: DaemonSetting): void {
    const order = { ...setting, bound: setting.pidfile === undefined };
    const exited = (status: string) => this.#notify({ type: "exited", id, status });
    const pid = attach(order, this.#surroundings, exited);
    const { command, uid, gid } = setting;
    const who = `uid ${uid || process.getuid?.()}, gid ${gid || process.getgid?.()}`;
    if (pid > 0) this.#surroundings.log.write(`daemon "${command}" (pid ${pid}): started, ${who}`);
    this.#notify({ type: "spawned", id, pid });
  }

  /** Watches the files that restart a daemon; those of before no longer. */
  #watch(): void {
    for (const unwatch of this.#unwatch.splice(0)) unwatch();
    if (this.#state.stopping) return;
    for (const { id, setting } of this.#state.daemons) {
      for (const path of setting.touch) {
        const touched: StatsListener = (now, before) => {
          // 0: there is no such file.
          if (now.mtimeMs === before.mtimeMs || now.mtimeMs === 0) return;
          this.#notify({ type: "touched", id, path });
        };
        watchFile(path, { interval: touchLookMs, persistent: false }, touched);
        this.#unwatch.push(() => unwatchFile(path, touched));
      }
    }
  }
}

/** The process that a pidfile names, if there is one; else 0. As uWSGI, only the digits in front count. */
function livingPid(path: string): number {
  let text: string;
  try {
    text = readFileSync(path, "latin1");
  } catch {
    return 0; // Not written yet, or not for us: either way it names no process.
  }
  const pid = Number(/^\s*(\d{1,9})/.exec(text)?.[1] ?? 0);
  return pid > 0 && processLives(pid) ? pid : 0;
}
