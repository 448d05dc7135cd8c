/** From settings to a running server in this process, and back to nothing. */
import { join } from "node:path";
import { coresPerWorker } from "../../settings/engine.ts";
import type { Settings } from "../../settings/settings.ts";
import { type Log, openLog } from "../log.ts";
import { errorText, StartFailure, settingPlace, startMessage } from "../start-failure.ts";
import { serveStats } from "../stats-server.ts";
import type { Bound } from "./bind.ts";
import { configure } from "./configuration.ts";
import { applyLimits } from "./limits.ts";
import { startMaster } from "./master.ts";
import { HookExit, type PhaseContext, type PhaseEnd, runPhase, runSteps } from "./phase.ts";
import { masterTitle, removePidfile, writePidfile } from "./pidfile.ts";
import { dropOf, dropPrivileges, toBecome } from "./privileges.ts";
import { type ConfigurationSource, followConfiguration } from "./reread.ts";
import { heedSignals, type SignalCommand } from "./signals.ts";
import { openSite, type Site } from "./site.ts";
import { SocketBinder } from "./sockets.ts";
import { ownPrograms } from "./spawn.ts";
import { readTlsFiles, type TlsFiles } from "./tls-files.ts";
import { watchTouchHooks } from "./touch-hooks.ts";

/** Who waits for the server: the person at the terminal, or the process that started the daemon. */
export interface Audience {
  /** Requests are accepted. */
  readonly ready: () => void;
  /** Its `failed` shows where the log does when that is standard error, so once is enough. */
  readonly seesLog: boolean;
  /** The start failed or the server broke down, and why. */
  readonly failed: (text: string) => void;
  /** Calls back should nobody wait any more. */
  readonly whenGone: (tell: () => void) => void;
}

/** What was made for a server, in the order of making. */
interface Prepared {
  readonly log: Log;
  readonly site: Site;
  readonly sockets: readonly Bound[];
  readonly stats: Bound | undefined;
  readonly tls: TlsFiles;
}

/** A start under way. */
interface Start {
  readonly settings: Settings;
  readonly python: string;
  readonly undo: Undo[];
  readonly log: { current: Log };
  readonly phases: PhaseContext;
}

/** Undoes one thing; `keep` leaves what uWSGI leaves behind without vacuum. Returns a note for the log. */
type Undo = (keep: boolean) => string | undefined;

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
  const undo: Undo[] = [];
  const log: { current: Log } = { current: openLog(undefined) };
  // A signal must not end us between two things that are to be undone; it waits until the master runs.
  const early: SignalCommand[] = [];
  const stop = { current: new AbortController() };
  const heed = (command: SignalCommand) => {
    early.push(command);
    if (command.name === "stop" || command.name === "kill") stop.current.abort();
  };
  const unheed = heedSignals(heed, settings.hooks.signals);
  const phases = { python, log: () => log.current, stop: stop.current.signal };
  const start: Start = { settings, python, undo, log, phases };
  let wasPrepared = false;
  let wasReady = false;
  const report = (text: string) => {
    const seen = audience.seesLog && !log.current.elsewhere;
    if (wasReady || !seen) log.current.write(text);
    if (!wasReady) audience.failed(text);
  };
  try {
    const prepared = await prepare(start);
    wasPrepared = true;
    return await run(start, source, prepared, early, {
      ...audience,
      ready: () => {
        wasReady = true;
        audience.ready();
      },
      failed: report,
    });
  } catch (error) {
    if (!(error instanceof StartFailure || error instanceof HookExit)) throw error;
    report(error.message);
    return error instanceof HookExit ? error.code : 1;
  } finally {
    if (wasPrepared) await runAtExit(start, stop);
    for (const act of undo.reverse()) {
      const note = act(wasReady && !settings.vacuum);
      if (note) log.current.write(note);
    }
    await log.current.close();
    unheed();
  }
}

/**
 * Makes everything that is needed before the first process is started, and gives up root, in uWSGI's order
 * (core/uwsgi.c, uwsgi_setup and uwsgi_start): what a phase has made is there for what follows.
 * @throws StartFailure; what was made by then is in `undo`. HookExit
 */
async function prepare(start: Start): Promise<Prepared> {
  const { settings, python, undo, log, phases } = start;
  const { hooks } = settings;
  const drop = dropOf(settings);
  const writeNote = (note: string | undefined) => note !== undefined && log.current.write(note);
  const keepBound = (bound: Bound) => {
    undo.push((keep) => bound.release(!keep));
    return bound;
  };
  const binder = new SocketBinder(settings, python, keepBound);
  await runPhase(hooks, "asap", phases);
  log.current = openTarget(settings);
  takePidfile(start, "pidfile");
  await runPhase(hooks, "pre-jail", phases);
  await runPhase(hooks, "in-jail", phases);
  if (hooks.jailed) await runPhase(hooks, "post-jail", phases);
  for (const warning of applyLimits(settings, python)) writeNote(warning);
  // With these the sockets are there before the hooks of root, which may change them.
  if (drop !== "early") {
    await binder.bindPorts();
    await binder.bindPaths();
  }
  if (drop !== "imported") await runRootPhases(start);
  await binder.bindPorts();
  const tls = readTlsFiles(settings); // a key is often root's alone
  if (drop === "early" || drop === "bound") writeNote(dropPrivileges(settings));
  if (drop !== "imported") await runPhase(hooks, "as-user", phases, toBecome(settings) ?? null);
  await runPhase(hooks, "wait-socket", phases);
  // As in uWSGI it belongs to the user that the server runs as.
  if (drop !== "imported") takePidfile(start, "safePidfile");
  changeDirectory(settings);
  await binder.bindPaths();
  await binder.bindStats();
  // Late, because the processes that remove it should this one be killed come right after.
  const site = await openSite(settings, python);
  undo.push(() => quietly(site.close));
  const { sockets, stats } = binder;
  return { log: log.current, site, sockets, stats, tls };
}

/** What only root does, and what has to be there for it. */
async function runRootPhases({ settings, log, phases }: Start): Promise<void> {
  const { hooks } = settings;
  await runPhase(hooks, "wait", phases);
  if (process.getuid?.() === 0) await runPhase(hooks, "as-root", phases);
  else if (hooks.phases["as-root"].length > 0)
    log.current.write("warning: the hooks and commands of as-root are left out: this is not root");
}

/** With `drop-after-apps`: the application is imported, and no worker is there yet. */
async function giveUpLate(start: Start): Promise<PhaseEnd> {
  const { settings, log, phases } = start;
  if (dropOf(settings) !== "imported") return { is: "done" };
  try {
    await runRootPhases(start);
    const note = dropPrivileges(settings);
    if (note !== undefined) log.current.write(note);
    await runPhase(settings.hooks, "as-user", phases);
    takePidfile(start, "safePidfile");
    return { is: "done" };
  } catch (error) {
    if (error instanceof HookExit) return { is: "exit", ...error };
    if (error instanceof StartFailure) return { is: "failed", ...error };
    throw error;
  }
}

function takePidfile({ settings, undo, log }: Start, field: "pidfile" | "safePidfile"): void {
  const path = settings[field];
  if (path === undefined) return;
  const note = writePidfile(path, settingPlace(settings, field));
  if (note !== undefined) log.current.write(note);
  undo.push((keep) => (keep ? undefined : removePidfile(path)));
}

/** For an undo that has nothing to say. */
function quietly(act: () => void): undefined {
  act();
}

/** The log that was asked for. uWSGI opens logto and daemonize with the rights that it was started with. */
function openTarget(settings: Settings): Log {
  // A daemon's own file is its standard error already; see daemonize.ts.
  const own = settings.daemonize?.kind === "udp" ? settings.daemonize : undefined;
  const target = settings.logto ?? own;
  try {
    return openLog(target);
  } catch (error) {
    throw new StartFailure(
      `cannot open the log: ${errorText(error)}`,
      settingPlace(settings, "logto"),
    );
  }
}

function changeDirectory(settings: Settings): void {
  try {
    process.chdir(join(settings.privileges.chroot ?? "/", settings.chdir));
  } catch (error) {
    throw new StartFailure(`chdir: ${errorText(error)}`, settingPlace(settings, "chdir"));
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
  early: readonly SignalCommand[],
  audience: Audience,
): Promise<number> {
  const { settings, python, phases } = start;
  const { log, sockets, stats } = prepared;
  const first = configure({ ...prepared, settings, python });
  const master = startMaster({
    log,
    programs: ownPrograms,
    first,
    reread: (present) => followConfiguration(source, present, log),
    imported: () => giveUpLate(start),
    ready: (interpreter) => {
      log.write(readyLine(settings, sockets, interpreter));
      audience.ready();
      void masterStart();
    },
    failed: audience.failed,
  });
  const masterStart = async () => {
    const steps = settings.hooks.phases["master-start"];
    const end = await runSteps(steps, "master-start", phases, null);
    if (end.is === "done") return;
    const { reason, place } = end;
    master.notify({ type: "give-up", reason, place, code: end.is === "exit" ? end.code : 1 });
  };
  const unwatch = watchTouchHooks(settings.hooks.touches, phases);
  for (const { name, by } of early) master.notify({ type: "command", name, by });
  audience.whenGone(() => master.notify({ type: "starter-gone" }));
  if (stats) {
    const problem = serveStats(stats, { master, sockets });
    if (problem)
      log.write(startMessage(`stats server: ${problem}`, settingPlace(settings, "stats")));
  }
  const code = await master.ended;
  unwatch();
  return code;
}

function readyLine(settings: Settings, bound: readonly Bound[], interpreter: string): string {
  const { processes, engine } = settings;
  const kind = engine.kind === "threads" ? "thread" : `${engine.kind} greenlet`;
  const sockets = settings.sockets.map(
    ({ protocol, text }, index) => `${protocol} ${bound[index]?.name ?? text}`,
  );
  const workers = `${count(processes, "worker")} with ${count(coresPerWorker(settings), kind)} each`;
  return `tsuwsgi is ready: ${sockets.join(", ")}; ${workers}; ${interpreter}; pid ${process.pid}`;
}

function count(number: number, noun: string): string {
  return number === 1 ? `1 ${noun}` : `${number} ${noun}s`;
}
