/** From the settings of an emperor to one that rules in this process, and back to nothing. */

import { availableParallelism } from "node:os";
import { emperorTitle } from "../../settings/name-settings.ts";
import type { Settings } from "../../settings/settings.ts";
import { type Log, plainLog, type ServerLog } from "../log/log.ts";
import { changeDirectory, completeLog, openLog } from "../master/prepare.ts";
import { dropPrivileges } from "../master/programs/privileges.ts";
import { openEmperorMark } from "../master/run-directory.ts";
import type { Audience } from "../master/serve.ts";
import { type Bound, bind } from "../master/sockets/bind.ts";
import { removePidfile, writePidfile } from "../master/sockets/pidfile.ts";
import { statsOrder } from "../master/sockets/sockets.ts";
import { StartFailure, startMessage } from "../start-failure.ts";
import { serveDocument } from "../stats-server.ts";
import { Notifier } from "../systemd/notifier.ts";
import { version } from "../version.ts";
import { swear } from "./allegiance.ts";
import { runCommand, shellCommand } from "./command.ts";
import { type Emperor, startEmperor } from "./emperor.ts";
import { emperorDocument } from "./emperor-stats.ts";
import { openSources, type Source } from "./find.ts";
import type { EmperorCommand } from "./state.ts";

/** Undoes one thing. Returns a note for the log. */
type Undo = (keep: boolean) => string | undefined;

/** uWSGI's, but that SIGINT and SIGQUIT do not wait for requests, as everywhere else here. */
const signals: { readonly [signal: string]: EmperorCommand } = {
  SIGTERM: "stop",
  SIGINT: "kill",
  SIGQUIT: "kill",
  SIGHUP: "reload",
  SIGUSR1: "stats",
  SIGUSR2: "stats",
  SIGWINCH: "scan",
  SIGURG: "forgive",
};

/**
 * Runs an emperor in this process until it is told to stop and all of its servers have ended.
 * @param python what cannot be bound by Node is bound by it
 * @returns the exit code: 0, or 1 when it could not be started
 */
export async function reign(
  settings: Settings,
  python: string,
  audience: Audience,
): Promise<number> {
  process.title = settings.emperor.procname ?? emperorTitle;
  const undo: Undo[] = [];
  const log: { current: ServerLog } = { current: plainLog() };
  // A signal must not end us between two things that are to be undone; it waits until the emperor rules.
  const early: (readonly [name: EmperorCommand, by: string])[] = [];
  const keep = (name: EmperorCommand, by: string): void => {
    early.push([name, by]);
  };
  let take = keep;
  const unheed = heed((name, by) => take(name, by));
  let wasReady = false;
  const notifier = new Notifier(audience.supervision, () => log.current);
  void notifier.connect(python);
  try {
    const emperor = await rise(settings, python, undo, log, () => {
      wasReady = true;
      notifier.ready(status);
      // What serves requests are its servers, which it watches itself.
      notifier.watch(async () => true);
      audience.ready();
    });
    take = (name, by) => {
      tell(notifier, name);
      emperor.notify({ type: "command", name, by });
    };
    for (const [name, by] of early) take(name, by);
    audience.whenGone(() => {
      if (!wasReady) take("kill", "the starter is gone");
    });
    await emperor.ended;
    log.current.write("[emperor] has ended");
    return 0;
  } catch (error) {
    if (!(error instanceof StartFailure)) throw error;
    if (!audience.seesLog || log.current.elsewhere) log.current.write(error.message);
    audience.failed(error.message);
    notifier.status(error.message);
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

/** For a service manager. */
const status = "tsuwsgi emperor is ready";

/** Tells a service manager what a command brings about; its servers reload by themselves. */
function tell(notifier: Notifier, name: EmperorCommand): void {
  if (name === "stop" || name === "kill") notifier.stopping();
  if (name !== "reload") return;
  notifier.reloading();
  notifier.ready(status);
}

/**
 * Makes what an emperor needs, gives up root, and lets it rule.
 * @throws StartFailure; what was made by then is in `undo`
 */
async function rise(
  settings: Settings,
  python: string,
  undo: Undo[],
  log: { current: ServerLog },
  ready: () => void,
): Promise<Emperor> {
  const own = settings.emperor;
  const early = log.current;
  log.current = openLog(settings, python);
  await early.close();
  if (own.procname !== undefined) openEmperorMark();
  const note = (text: string | undefined) => text !== undefined && log.current.write(text);
  const takePidfile = (path: string | undefined, field: string) => {
    if (path === undefined) return;
    note(writePidfile(path, settings.places[field]));
    undo.push((keep) => (keep ? undefined : removePidfile(path)));
  };
  takePidfile(settings.pidfile, "pidfile");
  const bound =
    own.stats && (await bind({ ...statsOrder(settings, own.stats, "emperor.stats"), python }));
  if (bound) undo.push((keep) => bound.release(!keep));
  note(dropPrivileges(settings));
  completeLog(log.current, settings);
  takePidfile(settings.safePidfile, "safePidfile");
  takePidfile(own.pidfile, "emperor.pidfile");
  changeDirectory(settings);
  setEnvironment(settings);
  for (const [index, line] of own.atStart.entries()) {
    const problem = await runCommand({ command: shellCommand(line), log: log.current });
    const place = settings.places[`emperor.atStart.${index}`];
    if (problem !== undefined) throw new StartFailure(`hook-emperor-start: ${problem}`, place);
  }
  const sources = await openSources(own.sources);
  const emperor = startEmperor({
    ...{ settings: own, sources, log: log.current, processors: availableParallelism() },
    ready: () => {
      const places = sources.map(({ name }) => name).join(", ");
      log.current.write(`tsuwsgi emperor is ready: looks at ${places}; pid ${process.pid}`);
      sub?.ready();
      ready();
    },
  });
  const sub = swear(settings, process.env, log.current);
  sub?.obey({
    command: (order) => {
      const command = { type: "command", name: order, by: "the emperor above" } as const;
      emperor.notify(command);
      if (order === "reload") sub?.reloaded(); // It goes on all the while.
    },
    alive: () => true,
  });
  if (bound) serveStats(bound, settings, sources, emperor, log.current);
  return emperor;
}

/** The variables of `env` are for all servers. */
function setEnvironment({ env }: Settings): void {
  for (const { name, value } of env) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

function serveStats(
  bound: Bound,
  settings: Settings,
  sources: readonly Source[],
  emperor: Emperor,
  log: Log,
): void {
  const problem = serveDocument(bound, () =>
    emperorDocument({
      version: `tsuwsgi ${version}`,
      pid: process.pid,
      uid: process.getuid?.() ?? 0,
      gid: process.getgid?.() ?? 0,
      cwd: settings.chdir,
      sources: sources.map(({ name }) => name),
      state: emperor.state(),
      epochMs: Date.now() - performance.now(),
    }),
  );
  const place = settings.places["emperor.stats"];
  if (problem) log.write(startMessage(`the emperor's statistics: ${problem}`, place));
}

function heed(take: (name: EmperorCommand, by: string) => void): () => void {
  const handlers = Object.entries(signals).map(([by, name]) => ({
    by,
    handler: () => take(name, by),
  }));
  for (const { by, handler } of handlers) process.on(by, handler);
  return () => {
    for (const { by, handler } of handlers) process.off(by, handler);
  };
}
