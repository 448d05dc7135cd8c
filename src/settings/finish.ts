/** DRAFT -> SETTINGS: what depends on several options at once, and paths that wait for `chdir`. */
import { resolve } from "node:path";
import type { Place } from "../source.ts";
import { finishCheaper } from "./cheaper-settings.ts";
import type { Draft } from "./draft.ts";
import { finishEngine } from "./engine.ts";
import { finishHooks } from "./hooks/hook-settings.ts";
import { finishHttp } from "./http-settings.ts";
import { finishMounts } from "./mount-settings.ts";
import { finishRoutes } from "./routing/route-settings.ts";
import type { AppSetting, Settings } from "./settings.ts";
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
  const { module: _module, wsgiFile: _wsgiFile, callable: _callable, ...others } = draft;
  const { envdir, masterImplied, ...rest } = others;
  // The directory of the start is not there in another root directory.
  const chdir = draft.privileges.chroot && !draft.places["chdir"] ? "/" : draft.chdir;
  const inChdir = (path: string) => resolve(chdir, path);
  return {
    ...rest,
    chdir,
    app: appOf(draft, inChdir),
    // What needs the master brings it, unless the configuration says otherwise.
    master: draft.places["master"] ? draft.master : masterImplied,
    sockets: finishSockets(draft.sockets, draft.socketOptions, inChdir),
    socketOptions: finishSocketOptions(draft.socketOptions),
    safePidfile: draft.safePidfile === undefined ? undefined : inChdir(draft.safePidfile),
    stats: draft.stats && finishAddress(draft.stats, draft.socketOptions.abstract, inChdir),
    virtualenv: draft.virtualenv === undefined ? undefined : inChdir(draft.virtualenv),
    pythonpath: draft.pythonpath.map(inChdir),
    bufferSize: Math.min(draft.bufferSize, largestBuffer),
    env: [...draft.env, ...envdir],
    cheaper: finishCheaper(draft.cheaper, draft.processes),
    engine: finishEngine(draft.engine, draft.workerReloadMercy),
    statics: finishStatics(draft.statics, inChdir),
    hooks: finishHooks(draft.hooks, inChdir),
    http: finishHttp(draft.http),
    mounts: finishMounts(draft.mounts, inChdir, draft.callable ?? defaultCallable),
    routes: finishRoutes(draft.routes, inChdir),
    tls: finishTls(draft.tls, inChdir),
    places: placesOf(draft),
  };
}

/** Of `module` and `wsgi-file` uWSGI takes the module; a callable after its colon beats `callable`. */
function appOf(draft: Draft, inChdir: (path: string) => string): AppSetting | undefined {
  const callable = draft.callable ?? defaultCallable;
  if (draft.module !== undefined) {
    const [module = "", own] = draft.module.split(":");
    return { kind: "module", module, callable: own ?? callable };
  }
  if (draft.wsgiFile === undefined) return undefined;
  return { kind: "file", path: inChdir(draft.wsgiFile), callable };
}

/** The application's place is that of the option that names it. */
function placesOf(draft: Draft): { [field: string]: Place } {
  const { module, wsgiFile, ...places } = draft.places;
  const app = module ?? wsgiFile;
  return app ? { ...places, app } : places;
}
