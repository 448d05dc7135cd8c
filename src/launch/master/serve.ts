/** From settings to a running server in this process, and back to nothing. */
import type { Address } from "../../options/address.ts";
import { coresPerWorker } from "../../settings/engine.ts";
import type { Settings } from "../../settings/settings.ts";
import { Beside } from "../beside/beside.ts";
import { type Log, openLog } from "../log.ts";
import { errorText, StartFailure, settingPlace, startMessage } from "../start-failure.ts";
import { serveStats } from "../stats-server.ts";
import type { Supervision } from "../systemd/environment.ts";
import { Notifier } from "../systemd/notifier.ts";
import { type BindOrder, type Bound, bind } from "./bind.ts";
import { configure } from "./configuration.ts";
import { startMaster } from "./master.ts";
import { masterTitle, removePidfile, writePidfile } from "./pidfile.ts";
import { dropPrivileges } from "./privileges.ts";
import { type ConfigurationSource, followConfiguration } from "./reread.ts";
import { heedSignals, type SignalCommand } from "./signals.ts";
import { openSite, type Site } from "./site.ts";
import { ownPrograms } from "./spawn.ts";
import { readTlsFiles, type TlsFiles } from "./tls-files.ts";

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
  readonly supervision: Supervision;
}

/** What was made for a server, in the order of making. */
interface Prepared {
  readonly log: Log;
  readonly site: Site;
  readonly sockets: readonly Bound[];
  readonly stats: Bound | undefined;
  readonly tls: TlsFiles;
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
  const unheed = heedSignals((command) => early.push(command));
  let wasReady = false;
  const notifier = new Notifier(audience.supervision, () => log.current);
  void notifier.connect(python);
  const report = (text: string) => {
    notifier.status(text);
    const seen = audience.seesLog && !log.current.elsewhere;
    if (wasReady || !seen) log.current.write(text);
    if (!wasReady) audience.failed(text);
  };
  try {
    const prepared = await prepare(settings, python, undo, log);
    return await run(settings, python, source, prepared, early, notifier, {
      ...audience,
      ready: () => {
        wasReady = true;
        audience.ready();
      },
      failed: report,
    });
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
  log: { current: Log },
): Promise<Prepared> {
  log.current = openTarget(settings);
  const writeNote = (note: string | undefined) => note !== undefined && log.current.write(note);
  const takePidfile = (field: "pidfile" | "safePidfile") => {
    const path = settings[field];
    if (path === undefined) return;
    writeNote(writePidfile(path, settingPlace(settings, field)));
    undo.push((keep) => (keep ? undefined : removePidfile(path)));
  };
  takePidfile("pidfile");
  const keepBound = (bound: Bound) => {
    undo.push((keep) => bound.release(!keep));
    return bound;
  };
  const { chmodSocket: mode, socketOptions: options } = settings;
  const sockets: Bound[] = [];
  for (const { address, text, place } of settings.sockets)
    sockets.push(keepBound(await bind({ address, text, place, mode, options, python })));
  const stats = settings.stats
    ? keepBound(await bind({ ...statsOrder(settings, settings.stats), python }))
    : undefined;
  // Late, because the processes that remove it should this one be killed come right after.
  const site = await openSite(settings, python);
  undo.push(() => quietly(site.close));
  const tls = readTlsFiles(settings); // a key is often root's alone
  writeNote(dropPrivileges(settings));
  takePidfile("safePidfile"); // As in uWSGI it belongs to the user that the server runs as.
  changeDirectory(settings);
  return { log: log.current, site, sockets, stats, tls };
}

/** As in uWSGI the stats socket gets the permissions of the others, but not their owner. */
function statsOrder(settings: Settings, address: Address): Omit<BindOrder, "python"> {
  return {
    address,
    text: "the stats server",
    place: settingPlace(settings, "stats"),
    mode: settings.chmodSocket,
    options: { ...settings.socketOptions, owner: undefined },
  };
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
    process.chdir(settings.chdir);
  } catch (error) {
    throw new StartFailure(`chdir: ${errorText(error)}`, settingPlace(settings, "chdir"));
  }
}

async function run(
  settings: Settings,
  python: string,
  source: ConfigurationSource,
  prepared: Prepared,
  early: readonly SignalCommand[],
  notifier: Notifier,
  audience: Audience,
): Promise<number> {
  const { log, sockets, stats } = prepared;
  const first = configure({ ...prepared, settings, python });
  const beside = new Beside(log, (by) => master.notify({ type: "command", name: "stop", by }));
  let line = "";
  const master = startMaster({
    log,
    programs: ownPrograms,
    first,
    reread: (present) => followConfiguration(source, present, log),
    ready: (interpreter) => {
      line = readyLine(settings, sockets, interpreter);
      log.write(line);
      beside.configure(first);
      notifier.ready(line);
      notifier.watch(async () => (await master.frontStats()) !== undefined);
      audience.ready();
    },
    reloading: () => notifier.reloading(),
    reloaded: (configuration) => {
      beside.configure(configuration);
      notifier.ready(line);
    },
    stopping: () => notifier.stopping(),
    failed: audience.failed,
  });
  for (const { name, by } of early) master.notify({ type: "command", name, by });
  audience.whenGone(() => master.notify({ type: "starter-gone" }));
  if (stats) {
    const problem = serveStats(stats, { master, sockets, beside });
    if (problem)
      log.write(startMessage(`stats server: ${problem}`, settingPlace(settings, "stats")));
  }
  const code = await master.ended;
  // Requests in hand may have needed them.
  await beside.stop();
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
