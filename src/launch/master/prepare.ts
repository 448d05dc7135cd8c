/** Makes what a server needs before its first process is started, in uWSGI's order of phases and rights. */
import { join } from "node:path";
import type { Settings } from "../../settings/settings.ts";
import { vassalName } from "../emperor/allegiance.ts";
import { ServerLog } from "../log/log.ts";
import { errorText, StartFailure, settingPlace } from "../start-failure.ts";
import { namesOf } from "./configuration.ts";
import { Fifos } from "./orders/fifo.ts";
import { applyLimits } from "./programs/limits.ts";
import { HookExit, type PhaseContext, type PhaseEnd, runPhase } from "./programs/phase.ts";
import { dropOf, dropPrivileges, toBecome } from "./programs/privileges.ts";
import { openSite, type Site } from "./site.ts";
import type { Bound } from "./sockets/bind.ts";
import { lockFile } from "./sockets/lock-file.ts";
import { pidfilesOf, removePidfile, writePidfile } from "./sockets/pidfile.ts";
import { SocketBinder } from "./sockets/sockets.ts";
import { readTlsFiles, type TlsFiles } from "./tls-files.ts";

/** Undoes one thing; `keep` leaves what uWSGI leaves behind without vacuum. Returns a note for the log. */
export type Undo = (keep: boolean) => string | undefined;

/** A start under way. */
export interface Start {
  readonly settings: Settings;
  readonly python: string;
  /** How to undo what was made, in the order of making. */
  readonly undo: Undo[];
  readonly log: { current: ServerLog };
  readonly phases: PhaseContext;
  /** For what there is to say before the log is open. */
  readonly tell: (text: string) => void;
}

/** What was made for a server. */
export interface Prepared {
  readonly log: ServerLog;
  readonly site: Site;
  readonly sockets: readonly Bound[];
  readonly stats: Bound | undefined;
  readonly tls: TlsFiles;
  readonly fifos: Fifos | undefined;
}

/**
 * Makes everything that is needed before the first process is started, and gives up root, in uWSGI's order
 * (core/uwsgi.c, uwsgi_setup and uwsgi_start): what a phase has made is there for what follows.
 * @throws StartFailure; what was made by then is in `undo`. HookExit
 */
export async function prepare(start: Start): Promise<Prepared> {
  const { settings, python, undo, log, phases } = start;
  const { hooks } = settings;
  const drop = dropOf(settings);
  const lateLog = settings.instance.lateDaemonLog;
  const keepBound = (bound: Bound) => {
    undo.push((keep) => bound.release(!keep));
    return bound;
  };
  const binder = new SocketBinder(settings, python, keepBound);
  await takeLocks(start);
  await runPhase(hooks, "asap", phases);
  if (!lateLog) await openTarget(start);
  takePidfiles(start, false);
  await runPhase(hooks, "pre-jail", phases);
  await runPhase(hooks, "in-jail", phases);
  if (hooks.jailed) await runPhase(hooks, "post-jail", phases);
  for (const warning of applyLimits(settings, python)) note(start, warning);
  // With these the sockets are there before the hooks of root, which may change them.
  if (drop !== "early") {
    await binder.bindPorts();
    await binder.bindPaths();
  }
  if (drop !== "imported") await runRootPhases(start);
  await binder.bindPorts();
  const tls = readTlsFiles(settings); // a key is often root's alone
  if (drop === "early" || drop === "bound") note(start, dropPrivileges(settings));
  if (lateLog) await openTarget(start);
  completeLog(log.current, settings);
  if (drop !== "imported") await runPhase(hooks, "as-user", phases, toBecome(settings) ?? null);
  await runPhase(hooks, "wait-socket", phases);
  // As in uWSGI they belong to the user that the server runs as.
  if (drop !== "imported") takePidfiles(start, true);
  changeDirectory(settings);
  await binder.bindPaths();
  await binder.bindStats();
  // Late, because the processes that remove it should this one be killed come right after.
  const site = await openSite(settings, python);
  undo.push(() => quietly(site.close));
  // Not sooner: with the site a master is known whatever its name is (identity.ts).
  nameMaster(settings);
  const fifos = await makeFifos(settings, python);
  if (fifos) undo.push((keep) => fifos.close(!keep));
  const { sockets, stats } = binder;
  return { log: log.current, site, sockets, stats, tls, fifos };
}

/** With `drop-after-apps`: the application is imported, and no worker is there yet. */
export async function giveUpLate(start: Start): Promise<PhaseEnd> {
  const { settings, phases } = start;
  if (dropOf(settings) !== "imported") return { is: "done" };
  try {
    await runRootPhases(start);
    note(start, dropPrivileges(settings));
    await runPhase(settings.hooks, "as-user", phases);
    takePidfiles(start, true);
    return { is: "done" };
  } catch (error) {
    if (error instanceof HookExit) return { is: "exit", ...error };
    if (error instanceof StartFailure) return { is: "failed", ...error };
    throw error;
  }
}

/** Gives the master the name that ps shows; that of a vassal says which one it is. */
export function nameMaster(settings: Settings): void {
  const vassal = vassalName(process.env);
  const { master } = namesOf(settings);
  process.title = vassal === undefined ? master : `${master} of ${vassal}`;
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
    process.chdir(join(settings.privileges.chroot ?? "/", settings.chdir));
  } catch (error) {
    throw new StartFailure(`chdir: ${errorText(error)}`, settingPlace(settings, "chdir"));
  }
}

async function openTarget({ settings, python, log }: Start): Promise<void> {
  const early = log.current;
  log.current = openLog(settings, python);
  await early.close();
}

function note({ settings, log, tell }: Start, text: string | undefined): void {
  if (text === undefined) return;
  if (settings.instance.lateDaemonLog) tell(text);
  else log.current.write(text);
}

/** Before anything else, as uWSGI locks while it reads its options. */
async function takeLocks({ settings, python, undo, phases }: Start): Promise<void> {
  const { instance, places } = settings;
  for (const [index, lock] of instance.locks.entries()) {
    const unlock = await lockFile(lock, places[`instance.locks.${index}`], python, phases.stop);
    undo.push(() => quietly(unlock));
  }
}

async function makeFifos({ instance, places }: Settings, python: string) {
  const { fifos } = instance;
  if (fifos.length === 0) return undefined;
  return await Fifos.make(fifos, places["instance.fifos.0"], python);
}

/** What only root does, and what has to be there for it. */
async function runRootPhases({ settings, log, phases }: Start): Promise<void> {
  const { hooks } = settings;
  await runPhase(hooks, "wait", phases);
  if (process.getuid?.() === 0) await runPhase(hooks, "as-root", phases);
  else if (hooks.phases["as-root"].length > 0)
    log.current.write("warning: the hooks and commands of as-root are left out: this is not root");
}

/** @param late those that belong to the user that the server runs as */
function takePidfiles(start: Start, late: boolean): void {
  for (const { path, place } of pidfilesOf(start.settings).filter((one) => one.late === late)) {
    note(start, writePidfile(path, place));
    start.undo.push((keep) => (keep ? undefined : removePidfile(path)));
  }
}

/** For an undo that has nothing to say. */
function quietly(act: () => void): undefined {
  act();
}
