/** From settings to a running server in this process, and back to nothing. */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import type { Address } from "../../options/address.ts";
import { coresPerWorker } from "../../settings/engine.ts";
import { hasRoutes } from "../../settings/routing/route-settings.ts";
import type { Settings, SocketProtocol } from "../../settings/settings.ts";
import { plainLog, ServerLog } from "../log/log.ts";
import type { FrontConfig, Listener, ZygoteConfig } from "../messages.ts";
import { errorText, StartFailure, settingPlace, startMessage } from "../start-failure.ts";
import { serveStats } from "../stats-server.ts";
import { type BindOrder, type Bound, bind } from "./bind.ts";
import type { MasterSignal } from "./event.ts";
import { startMaster } from "./master.ts";
import { masterTitle, removePidfile, writePidfile } from "./pidfile.ts";
import { dropPrivileges } from "./privileges.ts";
import { makeRunDirectory, type RunDirectory } from "./run-directory.ts";
import { heedSignals } from "./signals.ts";
import { frontFds, ownPrograms, zygoteFds } from "./spawn.ts";
import { readTlsFiles, type TlsFiles } from "./tls-files.ts";

/**
 * The queue of an inherited socket is its owner's concern, but listening again cannot leave it as it is:
 * this is systemd's own default, and the kernel makes it net.core.somaxconn at most.
 */
const INHERITED_BACKLOG = 4096;

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
  readonly log: ServerLog;
  readonly run: RunDirectory;
  readonly cores: Bound;
  readonly sockets: readonly Bound[];
  readonly stats: Bound | undefined;
  readonly tls: TlsFiles;
}

/** Undoes one thing; `keep` leaves what uWSGI leaves behind without vacuum. Returns a note for the log. */
type Undo = (keep: boolean) => string | undefined;

/**
 * Runs the server in this process, as its master.
 * @returns the exit code, when everything is gone: 0 after a stop, 22 when the application cannot be
 *   loaded (as uWSGI), 1 for anything else
 */
export async function serve(
  settings: Settings,
  python: string,
  audience: Audience,
): Promise<number> {
  process.title = masterTitle;
  const undo: Undo[] = [];
  const log: { current: ServerLog } = { current: plainLog() };
  // A signal must not end us between two things that are to be undone; it waits until the master runs.
  const early: MasterSignal[] = [];
  const unheed = heedSignals((name) => early.push(name));
  let wasReady = false;
  const report = (text: string) => {
    const seen = audience.seesLog && !log.current.elsewhere;
    if (wasReady || !seen) log.current.write(text, "error");
    if (!wasReady) audience.failed(text);
  };
  try {
    const prepared = await prepare(settings, python, undo, log);
    return await run(settings, python, prepared, early, {
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
): Promise<Prepared> {
  const early = log.current;
  log.current = openLog(settings, python);
  await early.close();
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
  const run = makeRunDirectory(settings.processes * coresPerWorker(settings));
  undo.push(() => quietly(() => run.remove()));
  const coresAddress = { kind: "unix", path: run.coresPath } as const;
  const order = { place: undefined, mode: 0o700, options: undefined, python };
  const cores = keepBound(await bind({ ...order, address: coresAddress, text: run.coresPath }));
  run.give(settings.uid, settings.gid);
  const tls = readTlsFiles(settings); // a key is often root's alone
  writeNote(dropPrivileges(settings));
  takePidfile("safePidfile"); // As in uWSGI it belongs to the user that the server runs as.
  completeLog(log.current, settings);
  changeDirectory(settings);
  return { log: log.current, run, cores, sockets, stats, tls };
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
function openLog(settings: Settings, python: string): ServerLog {
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

/** What uWSGI opens with the rights that are left. */
function completeLog(log: ServerLog, settings: Settings): void {
  log.complete((error, field) => {
    throw new StartFailure(`cannot open the log: ${errorText(error)}`, settings.places[field]);
  });
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
  prepared: Prepared,
  early: readonly MasterSignal[],
  audience: Audience,
): Promise<number> {
  const { log, run: runDirectory, cores, sockets, stats } = prepared;
  const secret = randomBytes(16).toString("hex");
  const master = startMaster({
    plan: {
      master: settings.master,
      processes: settings.processes,
      lazyApps: settings.lazyApps,
      needApp: settings.needApp,
      lenient: settings.lenient,
      servesFiles: !hasApplication(settings) && settings.statics.maps.length > 0,
      mercySeconds: settings.workerReloadMercy,
    },
    log,
    programs: ownPrograms,
    python,
    frontConfig: frontConfig(settings, prepared, secret),
    zygoteConfig: zygoteConfig(settings, runDirectory, secret),
    cwd: settings.chdir,
    env: settings.env,
    coresFd: cores.handle.fd,
    countersFd: runDirectory.countersFd,
    listenerFds: sockets.map(({ handle }) => handle.fd),
    appPlace: settingPlace(settings, "app"),
    mountPlaces: settings.mounts.list.map((_, index) => settings.places[`mounts.${index}`]),
    ready: (interpreter) => {
      log.write(readyLine(settings, sockets, interpreter));
      audience.ready();
    },
    failed: audience.failed,
  });
  for (const name of early) master.notify({ type: "signal", name });
  audience.whenGone(() => master.notify({ type: "starter-gone" }));
  if (stats) {
    const problem = serveStats(stats, { settings, master, sockets });
    if (problem)
      log.write(startMessage(`stats server: ${problem}`, settingPlace(settings, "stats")));
  }
  return await master.ended;
}

function frontConfig(
  settings: Settings,
  { run, sockets, tls, log }: Prepared,
  secret: string,
): FrontConfig {
  const { processes, bufferSize, limitPost, harakiri, maxRequests } = settings;
  const { statics, http, routes } = settings;
  return {
    ...{ processes, bufferSize, limitPost, harakiri, maxRequests, statics, http, routes, secret },
    mountpoints: managedMountpoints(settings),
    cores: coresPerWorker(settings),
    greenlets: settings.engine.kind !== "threads",
    listeners: settings.sockets.map((socket, index) => ({
      fd: frontFds.firstListener + index,
      ...spoken(socket.protocol),
      ...placed(sockets[index], settings.listen),
      ...tls.ofSocket(socket),
    })),
    tls: tls.shared,
    coresFd: frontFds.cores,
    countersFd: frontFds.counters,
    serverName: hostname(),
    log: settings.log,
    logRequests: !settings.disableLogging,
    requestLogFd: frontFds.requestLog,
    requestLogPiped: log.requestStdio === "pipe",
    serverHeader: !settings.noServerHeader,
    postBuffering: settings.bodies.postBuffering,
    runDirectory: run.path,
  };
}

function managedMountpoints({ mounts }: Settings): string[] {
  if (!mounts.manageScriptName) return [];
  return mounts.list.map(({ mountpoint }) => Buffer.from(mountpoint).toString("latin1"));
}

function hasApplication({ app, mounts }: Settings): boolean {
  return app !== undefined || mounts.list.length > 0;
}

function zygoteConfig(settings: Settings, run: RunDirectory, secret: string): ZygoteConfig {
  const { pythonpath, lazyApps, processes, engine } = settings;
  // Where there are routes they have to see the path as the application will, so the front splits it.
  const inFront = hasRoutes(settings.routes);
  const manageScriptName = settings.mounts.manageScriptName && !inFront;
  const mounts = { ...settings.mounts, manageScriptName };
  return {
    ...{ pythonpath, lazyApps, processes, engine, mounts, secret },
    cores: coresPerWorker(settings),
    fileWrapper: !settings.bodies.disableFileWrapper,
    writeErrors: writeErrors(settings),
    oneOutput: !settings.log.json,
    app: settings.app ?? null,
    coresPath: run.coresPath,
    countersFd: zygoteFds.counters,
    serverName: hostname(),
    runDirectory: run.path,
  };
}

function writeErrors({ bodies }: Settings): ZygoteConfig["writeErrors"] {
  const { ignoreWriteErrors, writeErrorsTolerance, disableWriteException } = bodies;
  return {
    quiet: ignoreWriteErrors,
    tolerance: writeErrorsTolerance,
    stops: !disableWriteException,
  };
}

/** A socket's protocol, as the front has it. */
function spoken(protocol: SocketProtocol): Pick<Listener, "protocol" | "router" | "httpHead"> {
  switch (protocol) {
    case "http":
    case "https":
      return { protocol: "http", router: true, httpHead: true };
    case "http-socket":
    case "https-socket":
    case "http-to-https":
      return { protocol: "http", router: false, httpHead: true };
    case "uwsgi":
      return { protocol: "uwsgi", router: false, httpHead: true };
    case "fastcgi":
    case "fastcgi-nph":
      return { protocol: "fastcgi", router: false, httpHead: protocol === "fastcgi-nph" };
    case "scgi":
    case "scgi-nph":
      return { protocol: "scgi", router: false, httpHead: protocol === "scgi-nph" };
  }
}

/** Where a socket is bound, as the front has it. */
function placed(
  bound: Bound | undefined,
  backlog: number,
): Pick<Listener, "text" | "port" | "local" | "backlog"> {
  const tcp = bound?.address.kind === "tcp" ? bound.address : undefined;
  return {
    text: bound?.name ?? "",
    port: tcp ? String(tcp.port) : "",
    local: tcp === undefined,
    backlog: bound?.inherited ? INHERITED_BACKLOG : backlog,
  };
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
