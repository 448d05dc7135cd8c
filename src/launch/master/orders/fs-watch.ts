/** `fs-reload`: the kernel tells of changes (inotify), with the events that uWSGI asks for. */
import { type FSWatcher, watch } from "node:fs";
import type { FsReloadSetting } from "../../../settings/control-settings.ts";
import type { Log } from "../../log/log.ts";
import { errorText } from "../../start-failure.ts";
import type { Seen } from "./touch.ts";

/** What changes within this time is one change, milliseconds: a file is written in several pieces. */
const settleMs = 250;

interface Watched {
  readonly setting: FsReloadSetting;
  readonly inode: bigint;
  readonly watcher: FSWatcher;
  /** The kernel told of something, and it is waited for more. */
  timer: NodeJS.Timeout | undefined;
}

/** What the watch asks and tells. */
export interface FsWatchTells {
  readonly log: Pick<Log, "write">;
  readonly look: (path: string) => Promise<Seen | "hangs">;
  readonly changed: (path: string, brutal: boolean) => void;
}

/** The files and directories that are watched. */
export class FsWatch {
  readonly #tells: FsWatchTells;
  readonly #watched = new Map<string, Watched>();
  #wanted: ReadonlySet<string> = new Set();
  /** Paths that there is nothing at, or that cannot be watched; that was told. */
  readonly #missing = new Set<string>();

  constructor(tells: FsWatchTells) {
    this.#tells = tells;
  }

  /** Drops what is not among these, and leaves it alone from now on. */
  keepOnly(settings: readonly FsReloadSetting[]): void {
    this.#wanted = new Set(settings.map(keyOf));
    for (const [key, one] of this.#watched) if (!this.#wanted.has(key)) this.#drop(key, one);
  }

  /** Looks whether what is watched is still the same; something else in its place is a change. */
  async check(setting: FsReloadSetting): Promise<void> {
    const key = keyOf(setting);
    const look = await this.#tells.look(setting.path);
    const present = this.#watched.get(key);
    // What the kernel has just told of is looked at when it is told on.
    if (look === "hangs" || present?.timer !== undefined || !this.#wanted.has(key)) return;
    const wasMissing = this.#missing.has(key);
    this.#follow(setting, look);
    const isThere = this.#watched.has(key);
    if (present ? this.#watched.get(key) !== present : wasMissing && isThere)
      this.#tells.changed(setting.path, setting.brutal);
  }

  /** Watches what stands at the path now. */
  #follow(setting: FsReloadSetting, look: Seen): void {
    const key = keyOf(setting);
    const present = this.#watched.get(key);
    if (present && present.inode === look?.inode) return;
    if (present) this.#drop(key, present);
    const fault = look ? this.#begin(setting, look.inode) : "it is not there";
    if (fault === undefined) this.#missing.delete(key);
    else if (!this.#missing.has(key)) {
      this.#missing.add(key);
      this.#tells.log.write(`${setting.path} is watched as soon as it can be: ${fault}`);
    }
  }

  /** Why the kernel does not let it be watched; undefined when it does. */
  #begin(setting: FsReloadSetting, inode: bigint): string | undefined {
    const key = keyOf(setting);
    try {
      const watcher = watch(setting.path, { persistent: false });
      const one: Watched = { setting, inode, watcher, timer: undefined };
      watcher.on("change", () => {
        one.timer ??= setTimeout(() => void this.#settle(key, one), settleMs);
      });
      watcher.on("error", () => this.#drop(key, one));
      this.#watched.set(key, one);
      return undefined;
    } catch (error) {
      return errorText(error);
    }
  }

  /** Tells of a change; its file may be another by now, which is watched before anything is told. */
  async #settle(key: string, one: Watched): Promise<void> {
    const { setting } = one;
    const look = await this.#tells.look(setting.path);
    one.timer = undefined;
    if (this.#watched.get(key) !== one) return;
    if (look !== "hangs") this.#follow(setting, look);
    this.#tells.changed(setting.path, setting.brutal);
  }

  #drop(key: string, one: Watched): void {
    clearTimeout(one.timer);
    one.watcher.close();
    this.#watched.delete(key);
  }
}

function keyOf({ path, brutal }: FsReloadSetting): string {
  return `${brutal ? "brutal" : "graceful"} ${path}`;
}
