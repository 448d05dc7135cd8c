import { readFileSync } from "node:fs";
import type { Program } from "../helpers/process.ts";

/** The process of a server that has this title. */
export function byTitle(server: Program, title: string): number {
  const found = server.processes().find((pid) => titleOf(pid).startsWith(title));
  if (found === undefined) throw new Error(`no process is called ${title}`);
  return found;
}

/** All of them. */
export function allByTitle(server: Program, title: string): number[] {
  return server.processes().filter((pid) => titleOf(pid).startsWith(title));
}

/** SIGKILL. */
export function kill(pid: number): void {
  process.kill(pid, "SIGKILL");
}

/** What ps shows; the empty string when the process has just ended. */
export function titleOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return "";
  }
}
