/** Settings of several applications in one server. */
import type { AppSetting } from "./settings.ts";

/** An application that a mount can name. */
type MountedApp = Exclude<AppSetting, { readonly kind: "eval" }>;

/** One application under a path, `mount = /path=module:callable` or `mount = /path=file.py`. */
export interface MountSetting {
  /** Begins with a slash; may end with one, as written. */
  readonly mountpoint: string;
  readonly app: MountedApp;
}

/** The applications beside the one of `module` or `wsgi-file`, and how a request finds its own. */
export interface MountSettings {
  /** In the order of loading; a mountpoint stands once. */
  readonly list: readonly MountSetting[];
  /** The longest mountpoint that a path is under becomes SCRIPT_NAME, and is taken off PATH_INFO. */
  readonly manageScriptName: boolean;
  /** SCRIPT_NAME does not choose the application. */
  readonly ignoreScriptName: boolean;
  /** A request that no mountpoint is for is answered with 500. */
  readonly noDefaultApp: boolean;
}

/** One application at most. */
export function noMounts(): {
  list: MountSetting[];
  manageScriptName: boolean;
  ignoreScriptName: boolean;
  noDefaultApp: boolean;
} {
  return { list: [], manageScriptName: false, ignoreScriptName: false, noDefaultApp: false };
}

/**
 * The application that a mount's target names, a file's path and callable still open; undefined for what
 * uWSGI's Python plugin does not load.
 */
export function mountedApp(target: string): MountedApp | undefined {
  if (/\.(py|wsgi)$/.test(target)) return { kind: "file", path: target, callable: "" };
  const [, module, callable] = /^([^\s:/]+):([^\s:/]+)$/.exec(target) ?? [];
  if (module === undefined || callable === undefined) return undefined;
  return { kind: "module", module, callable };
}

/**
 * The applications with their paths made absolute.
 * @param callable of files; modules name their own
 */
export function finishMounts(
  mounts: MountSettings,
  inChdir: (path: string) => string,
  callable: string,
): MountSettings {
  return {
    ...mounts,
    list: mounts.list.map(({ mountpoint, app }) =>
      app.kind === "module"
        ? { mountpoint, app }
        : { mountpoint, app: { ...app, path: inChdir(app.path), callable } },
    ),
  };
}
