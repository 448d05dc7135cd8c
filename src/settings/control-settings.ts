/** Settings of how a running server is told what to do, and of who may run beside it. */
import type { HookStep } from "./hooks/hook-settings.ts";

/** What a touched file makes the master do. */
export type TouchAction =
  | { readonly do: "reload" | "workers-reload" | "chain-reload" | "rotate-log" | "reopen-log" }
  /** A command for `/bin/sh`. */
  | { readonly do: "exec"; readonly command: string }
  /** An action of a hook. */
  | { readonly do: "hook"; readonly step: HookStep };

/** A file whose modification, creation or removal means something. */
export interface TouchSetting {
  readonly path: string;
  readonly action: TouchAction;
}

/** A file or directory that the kernel watches. */
export interface FsReloadSetting {
  readonly path: string;
  readonly brutal: boolean;
}

/** A file that only one server at a time may have locked. */
export interface LockSetting {
  readonly path: string;
  /** Waits for the lock instead of failing. */
  readonly wait: boolean;
}

/** What a reload takes over. Lists are in the order of the configuration. */
export interface ControlSettings {
  touches: readonly TouchSetting[];
  fsReloads: readonly FsReloadSetting[];
  /** File systems without which the server ends. */
  mountpoints: readonly string[];
  /** A reload that reads the configuration again is a stop. */
  exitOnReload: boolean;
  dieOnNoWorkers: boolean;
  /** The directory in which reloads read the configuration; undefined: that of the start. */
  forceCwd: string | undefined;
  /** Workers go there when the application is loaded. */
  chdir2: string | undefined;
  /** The application's processes keep the standard input of the start. */
  honourStdin: boolean;
  /** Workers take away ended children of the application after each request. */
  reaper: boolean;
}

/** What lasts until the server ends. */
export interface InstanceSettings {
  /** The letters 0 to 9 choose among them. */
  fifos: readonly string[];
  pidfile2: string | undefined;
  safePidfile2: string | undefined;
  locks: readonly LockSetting[];
  /** The daemon's log is opened by the user of `uid`, in the directory of `chdir`. */
  lateDaemonLog: boolean;
  /** SIGTERM reloads at once, as uWSGI 2.0's without `die-on-term`. */
  termReloads: boolean;
}

/** Nothing of it. */
export function noControl(): ControlSettings {
  return {
    ...{ touches: [], fsReloads: [], mountpoints: [] },
    ...{ exitOnReload: false, dieOnNoWorkers: false, forceCwd: undefined, chdir2: undefined },
    ...{ honourStdin: false, reaper: false },
  };
}

/** Nothing of it. */
export function noInstance(): InstanceSettings {
  return {
    ...{ fifos: [], pidfile2: undefined, safePidfile2: undefined, locks: [] },
    ...{ lateDaemonLog: false, termReloads: false },
  };
}

/** Paths as uWSGI looks them up: where the master is when it runs. */
export function finishControl(
  draft: ControlSettings,
  inChdir: (path: string) => string,
): ControlSettings {
  const { touches, fsReloads, mountpoints, chdir2 } = draft;
  const placed = <T extends { readonly path: string }>(list: readonly T[]) =>
    list.map((one) => ({ ...one, path: inChdir(one.path) }));
  return {
    ...draft,
    touches: placed(touches),
    fsReloads: placed(fsReloads),
    mountpoints: mountpoints.map(inChdir),
    chdir2: chdir2 === undefined ? undefined : inChdir(chdir2),
  };
}

/** The same for what lasts. */
export function finishInstance(
  draft: InstanceSettings,
  inChdir: (path: string) => string,
): InstanceSettings {
  const { fifos, pidfile2, safePidfile2 } = draft;
  return {
    ...draft,
    fifos: fifos.map(inChdir),
    pidfile2: pidfile2 === undefined ? undefined : inChdir(pidfile2),
    safePidfile2: safePidfile2 === undefined ? undefined : inChdir(safePidfile2),
  };
}
