/** The shell around cron-machine.ts: the clock, and real processes. */
import type { CronSetting } from "../../settings/beside-settings.ts";
import type { CronFacts } from "../stats.ts";
import { attach, groupLives, plainOrder, type Surroundings, signalGroup } from "./attach.ts";
import {
  type CronAction,
  type CronEvent,
  type CronTime,
  cronDeadline,
  noCrons,
  stepCrons,
} from "./cron-machine.ts";

/** What time it is, and when there will be another minute. */
export interface CronClock {
  readonly now: () => CronTime;
  readonly untilNextMinuteMs: () => number;
}

/** Time between two looks whether it has. */
const lookMs = 50;
const minuteMs = 60_000;
/** A timer may fire a little early. */
const lateMs = 5;

const sigterm = 15;
const sigkill = 9;

/** The time of this machine, where its users are. */
export const localClock: CronClock = {
  now: () => {
    const date = new Date();
    return {
      number: Math.floor(date.getTime() / minuteMs),
      minute: date.getMinutes(),
      hour: date.getHours(),
      day: date.getDate(),
      month: date.getMonth() + 1,
      week: date.getDay(),
    };
  },
  untilNextMinuteMs: () => minuteMs - (Date.now() % minuteMs) + lateMs,
};

/** The timed commands of one server. */
export class Crons {
  #state = noCrons();
  #surroundings: Surroundings;
  #harakiri = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopping = false;
  readonly #clock: CronClock;

  constructor(surroundings: Surroundings, clock: CronClock = localClock) {
    this.#surroundings = surroundings;
    this.#clock = clock;
  }

  /**
   * What is to be run from now on; as in uWSGI a command whose minute it is runs at once.
   * @param harakiri seconds that a command may run that says nothing about it; 0 is no limit
   */
  configure(
    settings: readonly CronSetting[],
    harakiri: number,
    surroundings = this.#surroundings,
  ): void {
    this.#surroundings = surroundings;
    this.#harakiri = harakiri;
    this.#notify({ type: "configured", settings });
    this.#wake();
  }

  /** Starts nothing more, and ends what runs, which may take so long. */
  async stop(mercyMs: number): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    const pids = this.#state.runs.map(({ pid }) => pid).filter((pid) => pid > 0);
    for (const pid of pids) signalGroup(pid, sigterm);
    const untilMs = performance.now() + mercyMs;
    while (pids.some(groupLives) && performance.now() < untilMs)
      await new Promise((resolve) => setTimeout(resolve, lookMs));
    for (const pid of pids) signalGroup(pid, sigkill);
  }

  /** For the statistics. */
  facts(): CronFacts[] {
    const agoMs = Date.now() - performance.now();
    return this.#state.jobs.map(({ id, setting }) => {
      const run = this.#state.runs.findLast((one) => one.job === id);
      const startedAt = run ? Math.floor((agoMs + run.startedMs) / 1000) : 0;
      return { setting, pid: run?.pid ?? -1, startedAt };
    });
  }

  #wake(): void {
    if (this.#stopping) return;
    this.#notify({ type: "wake", time: this.#clock.now(), harakiri: this.#harakiri });
  }

  #notify(event: CronEvent): void {
    const { state, actions } = stepCrons(this.#state, event, performance.now());
    this.#state = state;
    for (const action of actions) this.#act(action);
    this.#sleep();
  }

  #sleep(): void {
    clearTimeout(this.#timer);
    const { jobs, runs } = this.#state;
    if (this.#stopping || (jobs.length === 0 && runs.length === 0)) return;
    const dueMs = cronDeadline(this.#state) ?? Number.POSITIVE_INFINITY;
    const waitMs = Math.min(this.#clock.untilNextMinuteMs(), dueMs - performance.now());
    this.#timer = setTimeout(() => this.#wake(), Math.max(0, Math.ceil(waitMs)));
  }

  #act(action: CronAction): void {
    switch (action.type) {
      case "run":
        this.#run(action.run, action.command);
        break;
      case "kill":
        signalGroup(action.pid, sigkill);
        break;
      case "log":
        this.#surroundings.log.write(action.text);
        break;
    }
  }

  #run(run: number, command: string): void {
    const ended = (status: string) => this.#notify({ type: "ended", run, status });
    const pid = attach(plainOrder(command), this.#surroundings, ended);
    if (pid > 0) this.#surroundings.log.write(`cron "${command}" (pid ${pid}): started`);
    this.#notify({ type: "started", run, pid });
  }
}
