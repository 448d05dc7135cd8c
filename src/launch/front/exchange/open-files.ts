/** Files that other processes have open, opened here: what a worker lends to be sent. */
import { close, closeSync, constants, fstat, fstatSync, open, openSync } from "node:fs";
import type { Place } from "../../protocol/frame.ts";

/** A file that the front has open. */
export interface OpenFile {
  readonly fd: number;
  /** To be called once, when nothing is being read any more. */
  close(): void;
}

/** Counts the files that are open, so that there are always descriptors left for connections. */
export class OpenFiles {
  readonly #limit: number;
  /** Files that are open. */
  count = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Another file may be opened. */
  get room(): boolean {
    return this.count < this.#limit;
  }

  /** Takes a descriptor that is open into the count. */
  keep(fd: number): OpenFile {
    this.count++;
    return {
      fd,
      close: () => {
        this.count--;
        close(fd, () => {});
      },
    };
  }

  /**
   * Opens what another process has open, for reading and with a position of its own.
   * @param done gets undefined when that cannot be opened, or is another file than was meant
   */
  open(place: Place, done: (file: OpenFile | undefined) => void): void {
    const { O_RDONLY, O_NONBLOCK } = constants;
    open(procPath(place.pid, place.descriptor), O_RDONLY | O_NONBLOCK, (error, fd) => {
      if (error) {
        done(undefined);
        return;
      }
      const file = this.keep(fd);
      fstat(fd, { bigint: true }, (problem, stats) => {
        if (!problem && stats.isFile() && stats.ino === place.inode) {
          done(file);
          return;
        }
        file.close();
        done(undefined);
      });
    });
  }
}

/**
 * Whether this process can open what another one has open: there is a /proc that shows the same processes,
 * and it has the rights.
 * @param theirs the descriptor of a file over there
 * @param ours the same file, open here
 */
export function canOpen(pid: number, theirs: number, ours: number): boolean {
  let fd: number | undefined;
  try {
    fd = openSync(procPath(pid, theirs), constants.O_RDONLY);
    const [there, here] = [fstatSync(fd), fstatSync(ours)];
    return there.ino === here.ino && there.dev === here.dev;
  } catch {
    return false;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function procPath(pid: number, descriptor: number): string {
  return `/proc/${pid}/fd/${descriptor}`;
}
