import { chownSync, closeSync, ftruncateSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { COUNTER_STRIDE } from "../protocol/counters.ts";
import { errorText, StartFailure } from "../start-failure.ts";

/** The private directory (mode 0700) of one running server; it holds the cores' socket and no more. */
export interface RunDirectory {
  readonly path: string;
  /** Where the cores' socket is bound. */
  readonly coresPath: string;
  /** The shared counters (protocol/counters.ts): a file that has no name any more. */
  readonly countersFd: number;
  /** A path in it, as a process sees it whose root directory is that of `within`. */
  readonly inside: (path: string) => string;
  /**
   * Gives the directory and the socket in it to the user that the server will run as; undefined keeps
   * the present one. To be called when the socket is bound; nothing happens unless we are root.
   */
  readonly give: (uid: number | undefined, gid: number | undefined) => void;
  readonly remove: () => void;
}

/**
 * Opens a file without a name, as a server has its counters: by it this process is known for an emperor
 * whatever its name is (sockets/identity.ts). It stays open until the process ends.
 * @throws StartFailure when no directory can be made
 */
export function openEmperorMark(): void {
  const path = makeDirectory();
  try {
    openSync(join(path, "emperor"), "wx", 0o600);
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

/** What chown(2) takes for "leave it". */
const unchanged = -1;

/**
 * Makes the run directory, in memory where there is /dev/shm: the counters are written all the time.
 * @param cores processes times threads
 * @param within directory that is `/` to the workers, and must have a place for it; without it the system's
 * @throws StartFailure when no directory can be made
 */
export function makeRunDirectory(cores: number, within?: string): RunDirectory {
  const path = within === undefined ? makeDirectory() : makeWithin(within);
  const coresPath = join(path, "front.sock");
  try {
    const countersFd = openCounters(join(path, "counters"), cores * COUNTER_STRIDE);
    return {
      path,
      coresPath,
      countersFd,
      inside: (own) => (within === undefined ? own : own.slice(within.replace(/\/$/, "").length)),
      give: (uid, gid) => {
        if (process.getuid?.() !== 0 || (uid === undefined && gid === undefined)) return;
        for (const one of [path, coresPath]) chownSync(one, uid ?? unchanged, gid ?? unchanged);
      },
      remove: () => {
        rmSync(path, { recursive: true, force: true });
        closeSync(countersFd);
      },
    };
  } catch (error) {
    rmSync(path, { recursive: true, force: true });
    throw new StartFailure(
      `cannot make the shared counters in ${path}: ${errorText(error)}`,
      undefined,
    );
  }
}

function makeDirectory(): string {
  try {
    return mkdtempSync("/dev/shm/tsuwsgi-");
  } catch {
    // No such directory, or not ours to write: any other will do.
  }
  const base = tmpdir();
  try {
    return mkdtempSync(join(base, "tsuwsgi-"));
  } catch (error) {
    const reason = `cannot make a private directory in ${base}: ${errorText(error)}; set TMPDIR to a directory that is writable`;
    throw new StartFailure(reason, undefined);
  }
}

function makeWithin(root: string): string {
  for (const base of ["dev/shm", "run", "tmp"]) {
    try {
      return mkdtempSync(join(root, base, "tsuwsgi-"));
    } catch {
      // It has no such directory.
    }
  }
  const reason = `cannot make a private directory in ${root}, where workers meet the front: make a directory tmp in it`;
  throw new StartFailure(reason, undefined);
}

function openCounters(path: string, bytes: number): number {
  const fd = openSync(path, "wx+", 0o600);
  ftruncateSync(fd, bytes);
  rmSync(path);
  return fd;
}
