/**
 * Looks each second at the files of `touch-…`, the file systems of `check-mountpoint` and whether what
 * `fs-reload` watches is still the same; tells what came of it.
 */
import { stat, statfs } from "node:fs/promises";
import type { ControlSettings, TouchSetting } from "../../../settings/control-settings.ts";
import type { Log } from "../../log/log.ts";
import { errorCode, errorText } from "../../start-failure.ts";
import { BoundedLooks } from "./bounded-looks.ts";
import { FsWatch } from "./fs-watch.ts";
import { isTouched, pathsOf, type Seen } from "./touch.ts";

/** Between two looks, milliseconds; uWSGI's master looks as often. */
const periodMs = 1_000;
/** A file system that does not answer for so long is not reachable, milliseconds. */
const mountLimitMs = 30_000;

/** What the watch tells. */
export interface WatchTells {
  readonly log: Pick<Log, "write">;
  /** Files were touched, and what that means; once a round. */
  readonly touched: (touched: readonly TouchSetting[]) => void;
  readonly fsChanged: (path: string, brutal: boolean) => void;
  /** The server cannot go on, and why. */
  readonly lost: (reason: string) => void;
}

/** The watch of a running server. */
export class Watch {
  readonly #tells: WatchTells;
  readonly #looks = new BoundedLooks();
  readonly #fs: FsWatch;
  /** By path; only those that were looked at. */
  readonly #seen = new Map<string, Seen>();
  #settings: ControlSettings | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking = false;
  #ended = false;

  constructor(tells: WatchTells) {
    this.#tells = tells;
    const { log, fsChanged } = tells;
    this.#fs = new FsWatch({ log, changed: fsChanged, look: (path) => this.#lookAt(path) });
  }

  /** Watches what these settings say, from now on. Where they say nothing there is no timer. */
  follow(settings: ControlSettings): void {
    this.#settings = settings;
    const { touches, fsReloads, mountpoints } = settings;
    const isNeeded = touches.length + fsReloads.length + mountpoints.length > 0;
    this.#fs.keepOnly(fsReloads);
    const paths = new Set(pathsOf(touches));
    for (const path of this.#seen.keys()) if (!paths.has(path)) this.#seen.delete(path);
    clearInterval(this.#timer);
    if (!isNeeded || this.#ended) return;
    this.#timer = setInterval(() => void this.#round(), periodMs);
    void this.#round();
  }

  /** Ends it. */
  close(): void {
    this.#ended = true;
    this.#settings = undefined;
    clearInterval(this.#timer);
    this.#fs.keepOnly([]);
  }

  async #round(): Promise<void> {
    const settings = this.#settings;
    if (this.#looking || settings === undefined) return;
    this.#looking = true;
    try {
      for (const path of settings.mountpoints) await this.#lookAtMount(path);
      const touched = new Set<string>();
      for (const path of pathsOf(settings.touches))
        if (await this.#isTouched(path)) touched.add(path);
      // The settings of now: a reload may have changed them while a file system was asked.
      const means = (this.#settings?.touches ?? []).filter(({ path }) => touched.has(path));
      if (means.length > 0 && !this.#ended) this.#tells.touched(means);
      for (const one of settings.fsReloads) await this.#fs.check(one);
    } finally {
      this.#looking = false;
    }
  }

  async #isTouched(path: string): Promise<boolean> {
    const now = await this.#lookAt(path);
    if (now === "hangs") return false;
    const isFirst = !this.#seen.has(path);
    const before = this.#seen.get(path);
    this.#seen.set(path, now);
    if (!isFirst) return isTouched(before, now);
    if (now === undefined)
      this.#tells.log.write(`${path} is not there; it counts as touched when it is made`);
    return false;
  }

  async #lookAt(path: string): Promise<Seen | "hangs"> {
    const looked = await this.#looks.look(path, () => stat(path, { bigint: true }));
    if (looked.is === "hangs") return "hangs";
    if (looked.is === "failed") return undefined;
    return { modified: looked.value.mtimeNs, inode: looked.value.ino };
  }

  async #lookAtMount(path: string): Promise<void> {
    const looked = await this.#looks.look(path, () => statfs(path));
    if (this.#ended || looked.is === "seen") return;
    const what = `the file system of ${path} (check-mountpoint)`;
    if (looked.is === "failed") {
      this.#tells.lost(
        `${what} is not reachable: ${errorCode(looked.error) || errorText(looked.error)}`,
      );
    } else if (performance.now() - looked.sinceMs >= mountLimitMs) {
      this.#tells.lost(`${what} has not answered for ${mountLimitMs / 1000} s`);
    }
  }
}
