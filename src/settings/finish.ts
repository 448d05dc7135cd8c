/** DRAFT -> SETTINGS: what depends on several options at once, and paths that wait for `chdir`. */
import { resolve } from "node:path";
import type { Place } from "../source.ts";
import { finishBeside } from "./beside-settings.ts";
import { finishCheaper } from "./cheaper-settings.ts";
import { finishControl, finishInstance } from "./control-settings.ts";
import type { Draft } from "./draft.ts";
import { finishEmperor } from "./emperor-settings.ts";
import { finishEngine } from "./engine.ts";
import { finishHooks } from "./hooks/hook-settings.ts";
import { finishHttp } from "./http-settings.ts";
import { finishLog } from "./log-settings.ts";
import { finishMounts } from "./mount-settings.ts";
import { finishPython } from "./python-settings.ts";
import { finishRoutes } from "./routing/route-settings.ts";
import type { AppSetting, LogTarget, Settings } from "./settings.ts";
import { finishAddress, finishSocketOptions, finishSockets } from "./socket-settings.ts";
import { finishStatics } from "./static-settings.ts";
import { finishTls } from "./tls-settings.ts";

/** uWSGI keeps the size in 16 bits and clamps what is larger. */
export const largestBuffer = 65535;

/** uWSGI's name for the callable where none is given. */
const defaultCallable = "application";

/**
 * The settings of a draft. Sockets, `safe-pidfile`, `stats`, `home`, `pythonpath`, `wsgi-file` and the
 * directories of `static-map` are relative to `chdir`, as in uWSGI, which opens them after it went there.
 */
export function finish(draft: Draft): Settings {
  const {
    module: _module,
    wsgiFile: _wsgiFile,
    eval: _eval,
    callable: _callable,
    ...others
  } = draft;
  const { envdir, masterImplied, earlyEnv, earlyPythonpath, startDirectory, ...rest } = others;
  // The directory of the start is not there in another root directory.
  const chdir = draft.privileges.chroot && !draft.places["chdir"] ? "/" : draft.chdir;
  const inChdir = (path: string) => resolve(chdir, path);
  return {
    ...rest,
    chdir,
    app: appOf(draft, inChdir),
    // What needs the master brings it, unless the configuration says otherwise.
    master: draft.places["master"] ? draft.master : masterImplied,
    lazyApps: draft.lazyApps || draft.lazy,
    sockets: finishSockets(draft.sockets, draft.socketOptions, inChdir),
    socketOptions: finishSocketOptions(draft.socketOptions),
    safePidfile: draft.safePidfile === undefined ? undefined : inChdir(draft.safePidfile),
    stats: draft.stats && finishAddress(draft.stats, draft.socketOptions.abstract, inChdir),
    virtualenv: draft.virtualenv === undefined ? undefined : inChdir(draft.virtualenv),
    pythonpath: [...earlyPythonpath, ...draft.pythonpath].map(inChdir),
    python: finishPython(draft.python, inChdir),
    bufferSize: Math.min(draft.bufferSize, largestBuffer),
    env: [...earlyEnv, ...draft.env, ...envdir],
    cheaper: finishCheaper(draft.cheaper, draft.processes),
    control: finishControl(draft.control, inChdir),
    instance: finishInstance(draft.instance, inChdir),
    daemonize: daemonLog(draft, inChdir),
    emperor: finishEmperor(
      draft.emperor,
      draft.chdir,
      startDirectory,
      draft.socketOptions.abstract,
    ),
    engine: finishEngine(draft.engine, draft.workerReloadMercy),
    beside: finishBeside(draft.beside, inChdir),
    statics: finishStatics(draft.statics, inChdir),
    hooks: finishHooks(draft.hooks),
    http: finishHttp(draft.http),
    log: { ...finishLog(draft.log, inChdir), replaceable: replacesLog(draft) },
    mounts: finishMounts(draft.mounts, inChdir, draft.callable ?? defaultCallable),
    routes: finishRoutes(draft.routes, inChdir),
    tls: finishTls(draft.tls, inChdir),
    places: placesOf(draft),
  };
}

/** Of `module`, `wsgi-file` and `eval` uWSGI takes the first; a callable after its colon beats `callable`. */
function appOf(draft: Draft, inChdir: (path: string) => string): AppSetting | undefined {
  const callable = draft.callable ?? defaultCallable;
  if (draft.module !== undefined) {
    const [module = "", own] = draft.module.split(":");
    return { kind: "module", module, callable: own ?? callable };
  }
  if (draft.wsgiFile !== undefined)
    return { kind: "file", path: inChdir(draft.wsgiFile), callable };
  return draft.eval === undefined ? undefined : { kind: "eval", code: draft.eval, callable };
}

/** Whether something can tell the server while it runs to rotate its log, or to open it anew. */
function replacesLog({ instance, control, hooks }: Draft): boolean {
  const commands: readonly string[] = [
    ...control.touches.map(({ action }) => action.do),
    ...hooks.signals.map(({ meaning }) => meaning),
  ];
  return (
    instance.fifos.length > 0 || commands.includes("rotate-log") || commands.includes("reopen-log")
  );
}

/** `daemonize2` opens it after the change of directory, `daemonize` before. */
function daemonLog(
  { daemonize, instance }: Draft,
  inChdir: (path: string) => string,
): LogTarget | undefined {
  if (daemonize?.kind !== "file" || !instance.lateDaemonLog) return daemonize;
  return { kind: "file", path: inChdir(daemonize.path) };
}

/** The application's place is that of the option that names it; what comes before others moves their numbers. */
function placesOf({ places: all, earlyEnv, earlyPythonpath }: Draft): { [field: string]: Place } {
  const { module, wsgiFile, eval: code, ...places } = all;
  const app = module ?? wsgiFile ?? code;
  const before = new Map([
    ["env", earlyEnv.length],
    ["pythonpath", earlyPythonpath.length],
  ]);
  const moved = Object.entries(places).map(([field, place]): [string, Place] => {
    const [, list = "", number] = /^(\w+)\.(\d+)$/.exec(field) ?? [];
    return [number ? `${list}.${Number(number) + (before.get(list) ?? 0)}` : field, place];
  });
  return { ...Object.fromEntries(moved), ...(app ? { app } : {}) };
}
