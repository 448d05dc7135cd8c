/** From settings to a running server in this process, and back to nothing. */
import type { Address } from "../../options/address.ts";
import { coresPerWorker } from "../../settings/engine.ts";
import { masterTitle } from "../../settings/name-settings.ts";
import type { Settings } from "../../settings/settings.ts";
import { Beside } from "../beside/beside.ts";
import { swear, vassalName } from "../emperor/allegiance.ts";
import { plainLog, ServerLog } from "../log/log.ts";
import { errorText, StartFailure, settingPlace, startMessage } from "../start-failure.ts";
import { serveStats } from "../stats-server.ts";
import type { Supervision } from "../systemd/environment.ts";
import { Notifier } from "../systemd/notifier.ts";
import { type BindOrder, type Bound, bind } from "./bind.ts";
import { configure, namesOf } from "./configuration.ts";
import { logStats, startControl } from "./control.ts";
import { Fifos } from "./fifo.ts";
import { lockFile } from "./lock-file.ts";
import { startMaster } from "./master.ts";
import { pidfilesOf, removePidfile, writePidfile } from "./pidfile.ts";
import { dropPrivileges } from "./privileges.ts";
import { type ConfigurationSource, followConfiguration } from "./reread.ts";
import { heedSignals, type SignalCommand, type SignalTable, signalTable } from "./signals.ts";
import { openSite, type Site } from "./site.ts";
import { ownPrograms } from "./spawn.ts";
import { readTlsFiles, type TlsFiles } from "./tls-files.ts";

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

/** What was made for a server, in the order of making. */
interface Prepared {
  readonly log: ServerLog;
  readonly site: Site;
  readonly sockets: readonly Bound[];
  readonly stats: Bound | undefined;
  readonly tls: TlsFiles;
  readonly fifos: Fifos | undefined;
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
  const log: { current: ServerLog } = { current: plainLog() };
  // A signal must not end us between two things that are to be undone; it waits until the master runs.
  const early: SignalCommand[] = [];
  const stopped = new AbortController();
  const signals = signalTable(settings.instance.termReloads);
  const unheed = heedSignals(signals, (command) => {
    early.push(command);
    if (command.name === "stop" || command.name === "kill") stopped.abort();
  });
  audience.whenGone(() => stopped.abort());
  let wasReady = false;
  const notifier = new Notifier(audience.supervision, () => log.current);
  void notifier.connect(python);
  const report = (text: string) => {
    notifier.status(text);
    const seen = audience.seesLog && !log.current.elsewhere;
    if (wasReady || !seen) log.current.write(text, "error");
    if (!wasReady) audience.failed(text);
  };
  try {
    await takeLocks(settings, python, undo, stopped.signal);
    const prepared = await prepare(settings, python, undo, log, audience.note);
    return await run(
      settings,
      python,
      source,
      prepared,
      { early, signals, notifier },
      {
        ...audience,
        ready: () => {
          wasReady = true;
          audience.ready();
        },
        failed: report,
      },
    );
  } catch (error) {
    if (!(error instanceof StartFailure)) throw error;
    report(error.message);
    return 1;
  } finally {
    for (const act of undo.reverse()) {
      const note = act(wasReady && !settings.vacuum);
      if (note) log.current.write(note);
    }
    await log.current.close();
    notifier.close();
    unheed();
  }
}

/**
 * Makes everything that is needed before the first process is started, and gives up root.
 * @throws StartFailure; what was made by then is in `undo`
 */
async function prepare(
  settings: Settings,
  python: string,
  undo: Undo[],
  log: { current: ServerLog },
  tell: (text: string) => void,
): Promise<Prepared> {
  const lateLog = settings.instance.lateDaemonLog;
  const open = async () => {
    const early = log.current;
    log.current = openLog(settings, python);
    await early.close();
  };
  if (!lateLog) await open();
  const writeNote = (note: string | undefined) => {
    if (note !== undefined) lateLog ? tell(note) : log.current.write(note);
  };
  const takePidfiles = (late: boolean) => {
    for (const { path, place } of pidfilesOf(settings).filter((one) => one.late === late)) {
      writeNote(writePidfile(path, place));
      undo.push((keep) => (keep ? undefined : removePidfile(path)));
    }
  };
  takePidfiles(false);
  const keepBound = (bound: Bound) => {
    undo.push((keep) => bound.release(!keep));
    return bound;
  };
  const { chmodSocket: mode, socketOptions: options } = settings;
  const sockets: Bound[] = [];
  for (const { address, text, place } of settings.sockets)
    sockets.push(keepBound(await bind({ address, text, place, mode, options, python })));
  const stats = settings.stats
    ? keepBound(await bind({ ...statsOrder(settings, settings.stats, "stats"), python }))
    : undefined;
  // Late, because the processes that remove it should this one be killed come right after.
  const site = await openSite(settings, python);
  undo.push(() => quietly(site.close));
  // Not sooner: with the site a master is known whatever its name is (identity.ts).
  nameMaster(settings);
  const tls = readTlsFiles(settings); // a key is often root's alone
  writeNote(dropPrivileges(settings));
  if (lateLog) await open();
  completeLog(log.current, settings);
  takePidfiles(true);
  changeDirectory(settings);
  const fifos = await makeFifos(settings, python);
  if (fifos) undo.push((keep) => fifos.close(!keep));
  return { log: log.current, site, sockets, stats, tls, fifos };
}

/** Before anything else, as uWSGI locks while it reads its options. */
async function takeLocks(
  { instance, places }: Settings,
  python: string,
  undo: Undo[],
  stopped: AbortSignal,
): Promise<void> {
  for (const [index, lock] of instance.locks.entries()) {
    const unlock = await lockFile(lock, places[`instance.locks.${index}`], python, stopped);
    undo.push(() => quietly(unlock));
  }
}

async function makeFifos({ instance, places }: Settings, python: string) {
  const { fifos } = instance;
  if (fifos.length === 0) return undefined;
  return await Fifos.make(fifos, places["instance.fifos.0"], python);
}

/**
 * A socket for statistics: as in uWSGI it gets the permissions of the others, but not their owner.
 * @param field the setting that asks for it
 */
export function statsOrder(
  settings: Settings,
  address: Address,
  field: string,
): Omit<BindOrder, "python"> {
  return {
    address,
    text: "the stats server",
    place: settings.places[field],
    mode: settings.chmodSocket,
    options: { ...settings.socketOptions, owner: undefined },
  };
}

/** For an undo that has nothing to say. */
function quietly(act: () => void): undefined {
  act();
}

/**
 * The log that was asked for. uWSGI opens logto and daemonize with the rights that it was started with.
 * @throws StartFailure
 */
export function openLog(settings: Settings, python: string): ServerLog {
  const { logto, daemonize, uid, gid } = settings;
  const target = logto ?? daemonize;
  const owner = { uid: uid ?? process.getuid?.() ?? 0, gid: gid ?? process.getgid?.() ?? 0 };
  // A daemon's own file was emptied before it started; see daemonize.ts.
  const truncate = settings.log.truncate && logto !== undefined;
  try {
    return new ServerLog({ target, settings: { ...settings.log, truncate }, owner, python });
  } catch (error) {
    const place = settingPlace(settings, logto ? "logto" : "daemonize");
    throw new StartFailure(`cannot open the log: ${errorText(error)}`, place);
  }
}

/** What uWSGI opens with the rights that are left. @throws StartFailure */
export function completeLog(log: ServerLog, settings: Settings): void {
  log.complete((error, field) => {
    throw new StartFailure(`cannot open the log: ${errorText(error)}`, settings.places[field]);
  });
}

/** Goes to the directory of `chdir`. @throws StartFailure */
export function changeDirectory(settings: Settings): void {
  try {
    process.chdir(settings.chdir);
  } catch (error) {
    throw new StartFailure(`chdir: ${errorText(error)}`, settingPlace(settings, "chdir"));
  }
}

/** What was there before anything was prepared. */
interface Around {
  /** Signals that came before the master ran. */
  readonly early: readonly SignalCommand[];
  readonly signals: SignalTable;
  readonly notifier: Notifier;
}

/** Gives the master the name that ps shows; that of a vassal says which one it is. */
function nameMaster(settings: Settings): void {
  const vassal = vassalName(process.env);
  const { master } = namesOf(settings);
  process.title = vassal === undefined ? master : `${master} of ${vassal}`;
}

async function run(
  settings: Settings,
  python: string,
  source: ConfigurationSource,
  prepared: Prepared,
  around: Around,
  audience: Audience,
): Promise<number> {
  const { log, sockets, stats, fifos } = prepared;
  const { early, signals, notifier } = around;
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
    ready: (interpreter) => {
      line = readyLine(settings, sockets, interpreter);
      log.write(line);
      beside.configure(first);
      notifier.ready(line);
      notifier.watch(async () => (await master.frontStats()) !== undefined);
      audience.ready();
      emperor?.ready();
    },
    reloading: () => notifier.reloading(),
    reloaded: (configuration) => {
      beside.configure(configuration);
      control.follow();
      nameMaster(configuration.settings);
      notifier.ready(line);
      emperor?.reloaded();
    },
    stopping: () => notifier.stopping(),
    failed: audience.failed,
  });
  const control = startControl({ master, log, fifos });
  for (const { name, by } of early) master.notify({ type: "command", name, by });
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
