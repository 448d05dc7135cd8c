import { join } from "node:path";
import type { AppSetting, Settings } from "./settings.ts";

/**
 * Settings whose paths of the application can be looked at from here: with `chroot` they are those of another root
 * directory.
 */
export function seenFromOutside(settings: Settings): Settings {
  const { chroot } = settings.privileges;
  if (chroot === undefined) return settings;
  const outside = <App extends AppSetting>(app: App): App =>
    app.kind === "file" ? { ...app, path: join(chroot, app.path) } : app;
  const list = settings.mounts.list.map((mount) => ({ ...mount, app: outside(mount.app) }));
  return {
    ...settings,
    chdir: join(chroot, settings.chdir),
    app: settings.app && outside(settings.app),
    pythonpath: settings.pythonpath.map((path) => join(chroot, path)),
    mounts: { ...settings.mounts, list },
  };
}
