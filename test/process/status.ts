/** What the kernel says of a process. */
import { readdirSync, readFileSync } from "node:fs";

/** Users, groups and capabilities, each of all threads. */
export interface Credentials {
  readonly name: string;
  /** Real, effective, saved, of the file system; the same numbers of all threads once. */
  readonly uids: readonly number[];
  readonly gids: readonly number[];
  readonly groups: readonly number[];
  /** Hexadecimal, permitted or effective or inheritable or ambient of any thread. */
  readonly capabilities: string;
}

/** The credentials of a process and all of its threads. */
export function credentials(pid: number): Credentials {
  const threads = readdirSync(`/proc/${pid}/task`).map((task) =>
    readFileSync(`/proc/${pid}/task/${task}/status`, "latin1"),
  );
  const field = (name: string) =>
    threads.flatMap((text) => new RegExp(`^${name}:[ \\t]*(.*)$`, "m").exec(text)?.[1] ?? "");
  const numbers = (name: string) => [
    ...new Set(field(name).flatMap((text) => text.split(/\s+/).filter(Boolean).map(Number))),
  ];
  const sets = ["CapPrm", "CapEff", "CapInh", "CapAmb"].flatMap(field);
  const all = sets.reduce((sum, set) => sum | BigInt(`0x${set}`), 0n);
  return {
    name: readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0")[0]?.trimEnd() ?? "",
    uids: numbers("Uid"),
    gids: numbers("Gid"),
    groups: numbers("Groups"),
    capabilities: all.toString(16),
  };
}

/** A limit of a process as /proc/PID/limits has it: soft and hard. */
export function limitOf(pid: number, name: string): string {
  const limits = readFileSync(`/proc/${pid}/limits`, "latin1");
  return new RegExp(`^${name}\\s+(\\S+)\\s+(\\S+)`, "m").exec(limits)?.slice(1).join(" ") ?? "";
}

/** The processors that a process may run on: `0-1`. */
export function processorsOf(pid: number): string {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  return /^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1] ?? "";
}

/** The nice value of a process. */
export function niceOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
  return Number(fields[16]);
}
