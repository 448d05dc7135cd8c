/** Which timed commands are to be run: what happened and what time it is -> what to do. Pure. */
import type { CronSetting } from "../../settings/beside-settings.ts";

/** A moment as cron sees it. Months and days count from 1, Sunday is 0. */
export interface CronTime {
  /** Minutes since 1970, which tell one minute from all others. */
  readonly number: number;
  readonly minute: number;
  readonly hour: number;
  readonly day: number;
  readonly month: number;
  readonly week: number;
}

/** One command, and the minute for which it was run last. */
export interface CronJob {
  readonly id: number;
  readonly setting: CronSetting;
  ranAt: number | undefined;
}

/** A command that runs. Times are milliseconds of the monotonic clock. */
export interface CronRun {
  readonly id: number;
  readonly job: number;
  readonly command: string;
  readonly startedMs: number;
  /** 0: it could not be started. */
  pid: number;
  /** When it has had its time. */
  killMs: number | undefined;
}

export interface CronState {
  jobs: CronJob[];
  runs: CronRun[];
  lastId: number;
}

/** One thing that happened. */
export type CronEvent =
  | { readonly type: "configured"; readonly settings: readonly CronSetting[] }
  /** A minute has begun, or a run is due to be killed. `harakiri` is that of `cron-harakiri`, seconds. */
  | { readonly type: "wake"; readonly time: CronTime; readonly harakiri: number }
  | { readonly type: "started"; readonly run: number; readonly pid: number }
  | { readonly type: "ended"; readonly run: number; readonly status: string };

/** One thing to do. */
export type CronAction =
  | { readonly type: "run"; readonly run: number; readonly command: string }
  /** SIGKILL, to the process group. */
  | { readonly type: "kill"; readonly pid: number }
  | { readonly type: "log"; readonly text: string };

/** Runs of one command at a time; it is started no more until one of them has ended. */
const mostRuns = 100;

interface Turn {
  readonly state: CronState;
  readonly actions: CronAction[];
  readonly nowMs: number;
}

/** No commands. */
export function noCrons(): CronState {
  return { jobs: [], runs: [], lastId: 0 };
}

/**
 * One step.
 * @param nowMs monotonic milliseconds
 * @returns the next state (the one given is left as it is) and what to do, in order
 */
export function stepCrons(
  state: CronState,
  event: CronEvent,
  nowMs: number,
): { state: CronState; actions: readonly CronAction[] } {
  const turn: Turn = { state: structuredClone(state), actions: [], nowMs };
  switch (event.type) {
    case "configured":
      configure(turn.state, event.settings);
      break;
    case "wake":
      for (const run of turn.state.runs) killWhenDue(turn, run);
      for (const job of turn.state.jobs) runWhenDue(turn, job, event.time, event.harakiri);
      break;
    case "started": {
      const run = turn.state.runs.find(({ id }) => id === event.run);
      if (run) run.pid = event.pid;
      break;
    }
    case "ended":
      noteEnd(turn, event.run, event.status);
      break;
  }
  return turn;
}

/** When a run is to be killed, the nearest; undefined when none is. */
export function cronDeadline({ runs }: CronState): number | undefined {
  const due = runs.flatMap(({ killMs }) => killMs ?? []);
  return due.length > 0 ? Math.min(...due) : undefined;
}

/**
 * Whether a time is one of a command's, as uWSGI decides it (uwsgi_cron_task_needs_execution): a field below
 * 0 fits every so many, counted from 0 also where the field itself begins at 1; where day and weekday
 * are both told one of them is enough.
 */
export function isTime(setting: CronSetting, time: CronTime): boolean {
  const fits = (wanted: number, now: number) => (wanted < 0 ? now % -wanted === 0 : now === wanted);
  const { minute, hour, day, month, week } = setting;
  const onDay = fits(day, time.day);
  const onWeekday = fits(week === 7 ? 0 : week, time.week);
  return (
    fits(minute, time.minute) &&
    fits(hour, time.hour) &&
    fits(month, time.month) &&
    (day >= 0 && week >= 0 ? onDay || onWeekday : onDay && onWeekday)
  );
}

/** Commands that stay remember when they ran; so a reload does not run one twice in a minute. */
function configure(state: CronState, settings: readonly CronSetting[]): void {
  const before = [...state.jobs];
  state.jobs = settings.map((setting) => {
    const at = before.findIndex((job) => identity(job.setting) === identity(setting));
    const [same] = at < 0 ? [] : before.splice(at, 1);
    return same ?? { id: ++state.lastId, setting, ranAt: undefined };
  });
}

function identity({ place: _place, ...setting }: CronSetting): string {
  return JSON.stringify(setting);
}

function runWhenDue(turn: Turn, job: CronJob, time: CronTime, harakiri: number): void {
  const { state, actions, nowMs } = turn;
  const { setting, ranAt } = job;
  // A clock that was put back a little must not run a command a second time.
  const wasRun = ranAt !== undefined && time.number <= ranAt && time.number >= ranAt - 1;
  if (wasRun || !isTime(setting, time)) return;
  const running = state.runs.filter((run) => run.job === job.id);
  if (setting.unique && running.length > 0) return;
  job.ranAt = time.number;
  if (running.length >= mostRuns) {
    const text = `it is not started, because it runs ${mostRuns} times already`;
    actions.push({ type: "log", text: `cron "${setting.command}": ${text}` });
    return;
  }
  const seconds = setting.harakiri ?? harakiri;
  const id = ++state.lastId;
  state.runs.push({
    ...{ id, job: job.id, command: setting.command, startedMs: nowMs, pid: 0 },
    killMs: seconds > 0 ? nowMs + seconds * 1000 : undefined,
  });
  actions.push({ type: "run", run: id, command: setting.command });
}

function killWhenDue({ actions, nowMs }: Turn, run: CronRun): void {
  if (run.killMs === undefined || nowMs < run.killMs || run.pid === 0) return;
  run.killMs = undefined;
  const seconds = ((nowMs - run.startedMs) / 1000).toFixed(0);
  const text = `HARAKIRI: cron "${run.command}" (pid ${run.pid}) is killed after ${seconds} s`;
  actions.push({ type: "log", text }, { type: "kill", pid: run.pid });
}

function noteEnd({ state, actions, nowMs }: Turn, id: number, status: string): void {
  const run = state.runs.find((one) => one.id === id);
  if (!run) return;
  state.runs = state.runs.filter((one) => one !== run);
  const seconds = ((nowMs - run.startedMs) / 1000).toFixed(1);
  const text = `cron "${run.command}" (pid ${run.pid}): ended after ${seconds} s: ${status}`;
  actions.push({ type: "log", text });
}
