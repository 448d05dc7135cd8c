/** One configuration of the server, as its processes get it. */
import { hostname } from "node:os";
import { basename } from "node:path";
import { coresPerWorker } from "../../settings/engine.ts";
import { gracefulSeconds } from "../../settings/limit-settings.ts";
import { type ProcessNames, processNames } from "../../settings/name-settings.ts";
import { interpreterFlags } from "../../settings/python-settings.ts";
import { hasRoutes } from "../../settings/routing/route-settings.ts";
import type { Settings, SocketProtocol } from "../../settings/settings.ts";
import type { FrontConfig, Listener, ZygoteConfig } from "../messages.ts";
import { type Plan, slotsFor } from "./machine/state.ts";
import { confinementOf, toBecome } from "./programs/privileges.ts";
import type { Site } from "./site.ts";
import type { Bound } from "./sockets/bind.ts";
import { frontFds, zygoteFds } from "./spawn.ts";
import type { TlsFiles } from "./tls-files.ts";

/**
 * The queue of an inherited socket is its owner's concern, but listening again cannot leave it as it is:
 * this is systemd's own default, and the kernel makes it net.core.somaxconn at most.
 */
const INHERITED_BACKLOG = 4096;

/** What a configuration is made of. */
export interface Parts {
  readonly settings: Settings;
  /** Path of the interpreter. */
  readonly python: string;
  readonly tls: TlsFiles;
  readonly site: Site;
  /** What was bound for settings.sockets, in the same order. */
  readonly sockets: readonly Bound[];
}

/** A configuration that processes can be started with. */
export interface Configuration extends Parts {
  readonly plan: Plan;
  readonly frontConfig: FrontConfig;
  readonly zygoteConfig: ZygoteConfig;
  /** Arguments of the interpreter itself. */
  readonly pythonFlags: readonly string[];
}

/** Makes of the settings what master, front and zygote work with. */
export function configure(parts: Parts): Configuration {
  return {
    ...parts,
    plan: planOf(parts.settings),
    frontConfig: frontConfig(parts),
    zygoteConfig: zygoteConfig(parts),
    pythonFlags: interpreterFlags(parts.settings.python),
  };
}

/** Whether a front with the one configuration can be kept for the other: but for the site they say the same. */
export function sameFront(one: Configuration, other: Configuration): boolean {
  const text = ({ frontConfig }: Configuration) =>
    JSON.stringify({ ...frontConfig, secret: "", runDirectory: "" });
  return text(one) === text(other);
}

function planOf(settings: Settings): Plan {
  const { limits } = settings;
  return {
    master: settings.master,
    processes: settings.processes,
    lazyApps: settings.lazyApps,
    lazy: settings.lazy,
    needApp: settings.needApp,
    lenient: settings.lenient,
    servesFiles: !hasApplication(settings) && settings.statics.maps.length > 0,
    ...mercyOf(settings),
    maxLifetimeSeconds: limits.maxWorkerLifetime,
    lifetimeDeltaSeconds: limits.maxWorkerLifetimeDelta,
    minLifetimeSeconds: limits.minWorkerLifetime,
    forkbombSeconds: limits.forkbombDelay,
    cheaper: settings.cheaper,
    exitOnReload: settings.control.exitOnReload,
    dieOnNoWorkers: settings.control.dieOnNoWorkers,
  };
}

function frontConfig({ settings, site, sockets, tls }: Parts): FrontConfig {
  const { run, secret } = site;
  const { processes, bufferSize, limitPost, harakiri, maxRequests } = settings;
  const { statics, http, routes, limits } = settings;
  return {
    ...{ processes, bufferSize, limitPost, harakiri, maxRequests, statics, http, routes, secret },
    name: namesOf(settings).front,
    mountpoints: managedMountpoints(settings),
    slots: slotsFor(processes),
    reportsLoad: reportsLoad(settings),
    harakiriGraceful: graceful(settings),
    harakiriQueue: limits.harakiriQueueThreshold,
    limits,
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
    serverHeader: !settings.noServerHeader,
    postBuffering: settings.bodies.postBuffering,
    runDirectory: run.path,
  };
}

/** Without a master nobody replaces a worker of which a request cannot be ended. */
function graceful(settings: Settings): number {
  return settings.master ? gracefulSeconds(settings.limits, coresPerWorker(settings)) : 0;
}

/** How long requests in hand may take at a reload or stop, and by which option. */
function mercyOf(settings: Settings): Pick<Plan, "mercySeconds" | "mercyOption"> {
  const { workerReloadMercy } = settings;
  const { reloadMercy } = settings.limits;
  return reloadMercy > 0 && reloadMercy < workerReloadMercy
    ? { mercySeconds: reloadMercy, mercyOption: "reload-mercy" }
    : { mercySeconds: workerReloadMercy, mercyOption: "worker-reload-mercy" };
}

/** Whether the number of workers depends on what the front sees. */
function reportsLoad({ cheaper }: Settings): boolean {
  return cheaper.least > 0 || cheaper.cheap || cheaper.idleSeconds > 0;
}

function managedMountpoints({ mounts }: Settings): string[] {
  if (!mounts.manageScriptName) return [];
  return mounts.list.map(({ mountpoint }) => Buffer.from(mountpoint).toString("latin1"));
}

/** The names of a server's processes; a worker's tells its application by default. */
export function namesOf({ names, app }: Settings): ProcessNames {
  const shown =
    app?.kind === "module" ? app.module : app?.kind === "file" ? basename(app.path) : "";
  return processNames(names, shown);
}

function hasApplication({ app, mounts }: Settings): boolean {
  return app !== undefined || mounts.list.length > 0;
}

function zygoteConfig({ settings, site }: Parts): ZygoteConfig {
  const { run, secret } = site;
  const { pythonpath, python, lazyApps, processes, engine } = settings;
  // Where there are routes they have to see the path as the application will, so the front splits it.
  const inFront = hasRoutes(settings.routes);
  const manageScriptName = settings.mounts.manageScriptName && !inFront;
  const mounts = { ...settings.mounts, manageScriptName };
  const names = namesOf(settings);
  return {
    ...{ pythonpath, python, lazyApps, processes, engine, mounts, secret },
    names: { zygote: names.zygote, worker: names.worker },
    socketMode: settings.chmodSocket ?? null,
    slots: slotsFor(processes),
    cores: coresPerWorker(settings),
    limitAs: settings.limits.limitAs,
    chdir2: settings.control.chdir2 ?? null,
    reaper: settings.control.reaper,
    endsAlone: graceful(settings) > 0,
    fileWrapper: !settings.bodies.disableFileWrapper,
    writeErrors: writeErrors(settings),
    oneOutput: !settings.log.json,
    app: settings.app ?? null,
    coresPath: run.inside(run.coresPath),
    countersFd: zygoteFds.counters,
    serverName: hostname(),
    runDirectory: run.inside(run.path),
    ...lifeOf(settings),
  };
}

/** What is done at the moments of the Python processes' lives. */
function lifeOf(
  settings: Settings,
): Pick<ZygoteConfig, "phases" | "confinement" | "clearAmbient" | "resources"> {
  const { hooks, privileges, resources } = settings;
  const confinement = confinementOf(settings);
  const isGiven = privileges.capabilities.length > 0 && toBecome(settings) !== undefined;
  return {
    phases: {
      "pre-app": hooks.phases["pre-app"],
      "post-app": hooks.phases["post-app"],
      "post-fork": hooks.phases["post-fork"],
      accepting: hooks.phases.accepting,
      "accepting-once": hooks.phases["accepting-once"],
      accepting1: hooks.phases.accepting1,
      "accepting1-once": hooks.phases["accepting1-once"],
    },
    confinement: confinement ?? null,
    clearAmbient: isGiven && confinement === undefined,
    resources,
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
