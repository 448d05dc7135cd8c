/** Pidfiles: written whole, never over those of a running server, removed only when still ours. */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { Place } from "../../source.ts";
import { errorText, StartFailure } from "../start-failure.ts";

/** The name of the master process, as ps shows it. */
export const masterTitle = "tsuwsgi master";
/** The same of an emperor. */
export const emperorTitle = "tsuwsgi emperor";

/**
 * Writes our process id to a file, by rename, so that nobody reads half of it.
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
    renameSync(temporary, path);
  } catch (error) {
    removeQuietly(temporary);
    throw new StartFailure(`cannot write the pidfile ${path}: ${errorText(error)}`, place);
  }
  return other === undefined || other === process.pid
    ? undefined
    : `replaced the stale pidfile ${path} (no tsuwsgi master has pid ${other})`;
}

/**
 * Removes a pidfile that still holds our process id.
 * @returns a note for the log when it could not be removed
 */
export function removePidfile(path: string): string | undefined {
  if (readPid(path) !== process.pid) return undefined;
  try {
    rmSync(path);
    return undefined;
  } catch (error) {
    return `cannot remove the pidfile ${path}: ${errorText(error)}`;
  }
}

/** The process id that a pidfile holds; undefined when there is no such file or no number in it. */
export function readPid(path: string): number | undefined {
  const text = readText(path)?.trim() ?? "";
  return /^[1-9]\d{0,9}$/.test(text) ? Number(text) : undefined;
}

/** Whether a process is a tsuwsgi master or emperor, by the title that it gives itself. */
export function isMaster(pid: number): boolean {
  const title = readText(`/proc/${pid}/cmdline`) ?? "";
  return title.startsWith(masterTitle) || title.startsWith(emperorTitle);
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
