/** `py-auto-reload`: looks whether the files of loaded modules have changed since they were read. */
import { stat } from "node:fs/promises";
import type { ImportedFile, ZygoteToMaster } from "../../messages.ts";

/** Files that are asked about at the same time. */
const atOnce = 32;

/**
 * Knows which files each zygote and its workers have read, and in what state. An edit after a module was read
 * is noticed, however soon; one that a reload brought in, or failed over, is not told again.
 */
export class ModuleWatch {
  readonly #changed: (files: readonly string[]) => void;
  /** By zygote: path and stamp. */
  readonly #imported = new Map<number, Map<string, string>>();
  readonly #loaded = new Set<number>();
  /** Zygotes that have ended and are watched for all the same: what they could not load may be mended. */
  readonly #gone = new Set<number>();
  /** In what state a file was when its change was told last. */
  readonly #told = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;
  #seconds = 0;
  #looking = false;

  /** @param changed is told of files that are not what was read any more */
  constructor(changed: (files: readonly string[]) => void) {
    this.#changed = changed;
  }

  /** Looks so often from here on; 0 is never. */
  every(seconds: number): void {
    if (seconds === this.#seconds) return;
    this.#seconds = seconds;
    clearInterval(this.#timer);
    if (seconds > 0) this.#timer = setInterval(() => void this.look(), seconds * 1000);
  }

  /** A zygote has said something. */
  heard(zygote: number, word: ZygoteToMaster): void {
    if (word.is === "imported") this.#note(zygote, word.files);
    if (word.is !== "loaded") return;
    this.#loaded.add(zygote);
    for (const other of this.#gone) if (other < zygote) this.#forget(other);
  }

  /** A zygote has ended, and its workers with it. */
  gone(zygote: number): void {
    this.#loaded.delete(zygote);
    for (const other of this.#gone) this.#forget(other);
    if ([...this.#loaded].some((other) => other > zygote)) this.#forget(zygote);
    else this.#gone.add(zygote);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Looks now; what takes long is not begun twice. */
  async look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    const paths = [...new Set([...this.#imported.values()].flatMap((files) => [...files.keys()]))];
    const changed: string[] = [];
    for (let at = 0; at < paths.length; at += atOnce) {
      const some = paths.slice(at, at + atOnce);
      const stamps = await Promise.all(some.map(stampOf));
      changed.push(...some.filter((path, index) => this.#hasChanged(path, stamps[index])));
    }
    this.#looking = false;
    if (changed.length > 0 && this.#seconds > 0) this.#changed(changed);
  }

  #note(zygote: number, files: readonly ImportedFile[]): void {
    const known = this.#imported.get(zygote) ?? new Map<string, string>();
    for (const { path, stamp } of files) known.set(path, stamp);
    this.#imported.set(zygote, known);
  }

  /** A file that is away may be on its way back: editors replace files in that way too. */
  #hasChanged(path: string, stamp: string | undefined): boolean {
    if (stamp === undefined) return false;
    const read = [...this.#imported.values()].map((files) => files.get(path));
    if (read.every((one) => one === undefined || one === stamp)) {
      this.#told.delete(path);
      return false;
    }
    if (this.#told.get(path) === stamp) return false;
    this.#told.set(path, stamp);
    return true;
  }

  #forget(zygote: number): void {
    this.#imported.delete(zygote);
    this.#gone.delete(zygote);
  }
}

/** As changes.py makes it; undefined for a file that is not there, or may not be looked at. */
async function stampOf(path: string): Promise<string | undefined> {
  try {
    const { mtimeNs, size } = await stat(path, { bigint: true });
    return `${mtimeNs}-${size}`;
  } catch {
    return undefined;
  }
}

/** What the log says of changed files. */
export function changeText([first, ...others]: readonly string[]): string {
  if (others.length === 0) return `py-auto-reload: ${first} has changed`;
  const more = others.length === 1 ? "1 other file" : `${others.length} other files`;
  return `py-auto-reload: ${first} and ${more} have changed`;
}
