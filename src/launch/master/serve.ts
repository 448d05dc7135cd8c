/** From settings to a running server in this process, and back to nothing. */
import { coresPerWorker } from "../../settings/engine.ts";
import { masterTitle } from "../../settings/name-settings.ts";
import type { Settings } from "../../settings/settings.ts";
import { Beside } from "../beside/beside.ts";
import { swear } from "../emperor/allegiance.ts";
import { plainLog, type ServerLog } from "../log/log.ts";
import { StartFailure, settingPlace, startMessage } from "../start-failure.ts";
import { serveStats } from "../stats-server.ts";
import type { Supervision } from "../systemd/environment.ts";
import { Notifier } from "../systemd/notifier.ts";
import { configure } from "./configuration.ts";
import { logStats, startControl } from "./control.ts";
import { startMaster } from "./master.ts";
import {
  heedSignals,
  type SignalCommand,
  type SignalTable,
  signalTable,
} from "./orders/signals.ts";
import { giveUpLate, nameMaster, type Prepared, prepare, type Start } from "./prepare.ts";
import { giveUpEvent, HookExit, runSteps } from "./programs/phase.ts";
import { toBecome } from "./programs/privileges.ts";
import { type ConfigurationSource, followConfiguration } from "./reread.ts";
import type { Bound } from "./sockets/bind.ts";
import { ownPrograms } from "./spawn.ts";

/** Who waits for the server: the person at the terminal, or the process that started the daemon. */
export interface Audience {
  /** Requests are accepted. */
  readonly ready: () => void;
  /** Its `failed` shows where the log does when that is standard error, so once is enough. */
  readonly seesLog: boolean;
  /** What there is to say before the log is open. */
  readonly note: (text: string) => void;
  /** The start failed or the server broke down, and why. */
  readonly failed: (text: string) => void;
  /** Calls back should nobody wait any more. */
  readonly whenGone: (tell: () => void) => void;
  readonly supervision: Supervision;
}

/** What was there before anything was prepared. */
interface Around {
  /** The signals that came before the master ran; from here on it gets them itself. */
  readonly early: () => readonly SignalCommand[];
  readonly signals: SignalTable;
  readonly notifier: Notifier;
  /** The settings that the server was left with. */
  readonly latest: { current: Settings };
}

/**
 * Runs the server in this process, as its master.
 * @param source where reloads read the configuration
 * @returns the exit code, when everything is gone: 0 after a stop, 22 when the application cannot be
 *   loaded (as uWSGI), 1 for anything else
 */
export async function serve(
  settings: Settings,
  python: string,
  source: ConfigurationSource,
  audience: Audience,
): Promise<number> {
  process.title = masterTitle;
  const log: { current: ServerLog } = { current: plainLog() };
  // A signal must not end us between two things that are to be undone; it waits until the master runs.
  let early: SignalCommand[] | undefined = [];
  const stop = { current: new AbortController() };
  const signals = signalTable(settings.instance.termReloads, settings.hooks.signals);
  const unheed = heedSignals(signals, (command) => {
    early?.push(command);
    if (command.name === "stop" || command.name === "kill") stop.current.abort();
  });
  const phases = { python, log: () => log.current, stop: stop.current.signal };
  const latest = { current: settings };
  const start: Start = { settings, python, undo: [], log, phases, tell: audience.note };
  let wasPrepared = false;
  let wasReady = false;
  audience.whenGone(() => {
    // Who started a daemon that serves is meant to go.
    if (!wasReady) stop.current.abort();
  });
  const notifier = new Notifier(audience.supervision, () => log.current);
  void notifier.connect(python);
  const report = (text: string) => {
    notifier.status(text);
    const seen = audience.seesLog && !log.current.elsewhere;
    if (wasReady || !seen) log.current.write(text, "error");
    if (!wasReady) audience.failed(text);
  };
  const ready = () => {
    wasReady = true;
    audience.ready();
  };
  try {
    const prepared = await prepare(start);
    wasPrepared = true;
    const takeEarly = () => {
      const all = early ?? [];
      early = undefined;
      return all;
    };
    const around = { early: takeEarly, signals, notifier, latest };
    return await run(start, source, prepared, around, { ...audience, ready, failed: report });
  } catch (error) {
    if (!(error instanceof StartFailure || error instanceof HookExit)) throw error;
    report(error.message);
    return error instanceof HookExit ? error.code : 1;
  } finally {
    if (wasPrepared) await runAtExit({ ...start, settings: latest.current }, stop);
    for (const act of start.undo.reverse()) {
      const note = act(wasReady && !settings.vacuum);
      if (note) log.current.write(note);
    }
    await log.current.close();
    notifier.close();
    unheed();
  }
}

/** The server has ended. Another signal while its last hooks are running ends those. */
async function runAtExit(
  { settings, phases, log }: Start,
  stop: { current: AbortController },
): Promise<void> {
  const steps = settings.hooks.phases["as-user-atexit"];
  stop.current = new AbortController();
  const context = { ...phases, stop: stop.current.signal };
  const end = await runSteps(steps, "as-user-atexit", context, toBecome(settings) ?? null);
  if (end.is === "failed") log.current.write(end.reason);
}

async function run(
  start: Start,
  source: ConfigurationSource,
  prepared: Prepared,
  { early, signals, notifier, latest }: Around,
  audience: Audience,
): Promise<number> {
  const { settings, python, phases } = start;
  const { log, sockets, stats, fifos } = prepared;
  const first = configure({ ...prepared, settings, python });
  const emperor = swear(settings, process.env, log);
  const beside = new Beside(log, (by) => master.notify({ type: "command", name: "stop", by }));
  let line = "";
  const master = startMaster({
    log,
    programs: ownPrograms,
    first,
    signals,
    obey: (name) => {
      if (name === "stats") void logStats(master, log);
      else if (name === "rotate-log") log.rotate();
      else log.reopen();
    },
    reread: (present) => followConfiguration(source, present, log),
    imported: () => giveUpLate(start),
    ready: (interpreter) => {
      line = readyLine(settings, sockets, interpreter);
      log.write(line);
      beside.configure(first);
      notifier.ready(line);
      notifier.watch(async () => (await master.frontStats()) !== undefined);
      audience.ready();
      emperor?.ready();
      void masterStart();
    },
    reloading: () => notifier.reloading(),
    reloaded: (configuration) => {
      latest.current = configuration.settings;
      beside.configure(configuration);
      control.follow();
      nameMaster(configuration.settings);
      notifier.ready(line);
      emperor?.reloaded();
    },
    stopping: () => notifier.stopping(),
    failed: audience.failed,
  });
  const masterStart = async () => {
    const steps = settings.hooks.phases["master-start"];
    const end = await runSteps(steps, "master-start", phases, null);
    if (end.is !== "done") master.notify(giveUpEvent(end));
  };
  const control = startControl({ master, log, fifos, phases });
  for (const { name, by } of early()) master.notify({ type: "command", name, by });
  emperor?.obey({
    command: (name) => master.notify({ type: "command", name, by: "emperor" }),
    alive: async () => (await master.frontStats()) !== undefined,
  });
  audience.whenGone(() => master.notify({ type: "starter-gone" }));
  if (stats) {
    const problem = serveStats(stats, { master, sockets, beside });
    if (problem)
      log.write(startMessage(`stats server: ${problem}`, settingPlace(settings, "stats")));
  }
  const code = await master.ended;
  // Requests in hand may have needed them.
  await beside.stop();
  control.close();
  return code;
}

function readyLine(settings: Settings, bound: readonly Bound[], interpreter: string): string {
  const { processes, engine, cheaper } = settings;
  const kind = engine.kind === "threads" ? "thread" : `${engine.kind} greenlet`;
  const sockets = settings.sockets.map(
    ({ protocol, text }, index) => `${protocol} ${bound[index]?.name ?? text}`,
  );
  const begun = cheaper.cheap ? 0 : (cheaper.initial ?? processes);
  const all = count(processes, "worker");
  const workers = `${begun < processes ? `${begun} of ${all}` : all} with ${count(coresPerWorker(settings), kind)} each`;
  return `tsuwsgi is ready: ${sockets.join(", ")}; ${workers}; ${interpreter}; pid ${process.pid}`;
}

function count(number: number, noun: string): string {
  return number === 1 ? `1 ${noun}` : `${number} ${noun}s`;
}
