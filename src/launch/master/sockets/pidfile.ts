/** Pidfiles: written whole, never over those of a running server, removed only when still ours. */
import { linkSync, lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { Settings } from "../../../settings/settings.ts";
import type { Place } from "../../../source.ts";
import { errorCode, errorText, StartFailure } from "../../start-failure.ts";
import { isMaster } from "./identity.ts";

/** A pidfile that is configured. */
export interface Pidfile {
  readonly path: string;
  readonly place: Place | undefined;
  /** It is written by the user that the server runs as, as in uWSGI; `pidfile` alone is written before. */
  readonly late: boolean;
}

/** Inodes of what this process has written. */
const written = new Map<string, number>();

/** All of a server's pidfiles. */
export function pidfilesOf({ pidfile, safePidfile, instance, places }: Settings): Pidfile[] {
  const { pidfile2, safePidfile2 } = instance;
  return Object.entries({ pidfile, pidfile2, safePidfile, safePidfile2 }).flatMap(
    ([field, path]) =>
      path === undefined ? [] : [{ path, place: places[field], late: field !== "pidfile" }],
  );
}

/**
 * Writes our process id to a file, whole, so that nobody reads half of it. Of two servers that start in the
 * same moment one gets it.
 * @returns a note for the log when a stale file was replaced
 * @throws StartFailure when the file names a running tsuwsgi master or cannot be written
 */
export function writePidfile(path: string, place: Place | undefined): string | undefined {
  const other = readPid(path);
  if (other !== undefined && other !== process.pid && isMaster(other)) {
    const reason = `a server that uses the pidfile ${path} runs already, its master is process ${other}; stop it first or use another pidfile`;
    throw new StartFailure(reason, place);
  }
  const temporary = `${path}.${process.pid}`;
  try {
    writeFileSync(temporary, `${process.pid}\n`);
    if (!put(temporary, path)) return writePidfile(path, place);
    written.set(path, lstatSync(path).ino);
  } catch (error) {
    removeQuietly(temporary);
    if (error instanceof StartFailure) throw error;
    throw new StartFailure(`cannot write the pidfile ${path}: ${errorText(error)}`, place);
  }
  return other === undefined || other === process.pid
    ? undefined
    : `replaced the stale pidfile ${path} (no tsuwsgi master has pid ${other})`;
}

/** Gives a file its name; false when another has got a name that was free a moment ago. */
function put(temporary: string, path: string): boolean {
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) {
    renameSync(temporary, path);
    return true;
  }
  try {
    linkSync(temporary, path);
    removeQuietly(temporary);
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    renameSync(temporary, path); // A file system without links.
  }
  return true;
}

/**
 * Removes a pidfile that still holds our process id.
 * @returns a note for the log when it could not be removed
 */
export function removePidfile(path: string): string | undefined {
  if (!isOurs(path)) return undefined;
  try {
    rmSync(path);
    return undefined;
  } catch (error) {
    return `cannot remove the pidfile ${path}: ${errorText(error)}`;
  }
}

/** Root may have written it for nobody else to read; then it is ours while it is the same file. */
function isOurs(path: string): boolean {
  const pid = readPid(path);
  if (pid !== undefined) return pid === process.pid;
  const inode = written.get(path);
  return inode !== undefined && lstatSync(path, { throwIfNoEntry: false })?.ino === inode;
}

/** The process id that a pidfile holds; undefined when there is no such file or no number in it. */
export function readPid(path: string): number | undefined {
  const text = readText(path)?.trim() ?? "";
  return /^[1-9]\d{0,9}$/.test(text) ? Number(text) : undefined;
}

/** A file's text; undefined when it cannot be read, whatever the reason: writing to it tells. */
function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return undefined;
  }
}

/** What could not be written cannot be removed either where its directory is none. */
function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The failure to write is what is told.
  }
}
