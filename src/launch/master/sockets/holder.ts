/** Which process has something that a second server cannot have too. All of it is read from /proc. */
import { readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { isMaster } from "./identity.ts";

/** A process, as far as it is known. */
export interface Holder {
  readonly pid: number;
  readonly name: string;
}

/** The state of a listening socket in /proc/net/tcp. */
const listening = "0A";

/** The process that listens on a TCP port of this machine, whatever the address; undefined when none can be seen. */
export function portHolder(port: number): Holder | undefined {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  const inodes = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((table) =>
    rowsOf(table)
      .filter(([, local, , state]) => state === listening && local?.endsWith(`:${wanted}`))
      .map((fields) => fields[9] ?? ""),
  );
  return holderOf(socketLinks(inodes));
}

/** The process that has bound a Unix socket to a path, or to an abstract name with an `@` in front. */
export function unixHolder(name: string): Holder | undefined {
  const inodes = rowsOf("/proc/net/unix")
    .filter((fields) => fields.slice(7).join(" ") === name)
    .map((fields) => fields[6] ?? "");
  return holderOf(socketLinks(inodes));
}

/** The process that has a file open. */
export function fileHolder(path: string): Holder | undefined {
  try {
    return holderOf(new Set([realpathSync(path)]));
  } catch {
    return undefined;
  }
}

/** `process 17 (nginx)`; undefined when it is not known. */
export function holderText(holder: Holder | undefined): string | undefined {
  return holder && `process ${holder.pid} (${holder.name})`;
}

function socketLinks(inodes: readonly string[]): ReadonlySet<string> {
  return new Set(inodes.map((inode) => `socket:[${inode}]`));
}

/** Of several that share it a tsuwsgi master is named, for the others are its children; else the oldest. */
function holderOf(links: ReadonlySet<string>): Holder | undefined {
  if (links.size === 0) return undefined;
  const pids = listed("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) => hasOpen(pid, links))
    .sort((one, other) => one - other);
  const pid = pids.find(isMaster) ?? pids[0];
  if (pid === undefined) return undefined;
  return { pid, name: textOf(`/proc/${pid}/comm`).trim() };
}

function hasOpen(pid: number, links: ReadonlySet<string>): boolean {
  const directory = `/proc/${pid}/fd`;
  return listed(directory).some((fd) => {
    try {
      return links.has(readlinkSync(`${directory}/${fd}`));
    } catch {
      return false; // Closed just now.
    }
  });
}

function rowsOf(table: string): string[][] {
  const [, ...lines] = textOf(table).split("\n");
  return lines.map((line) => line.trim().split(/\s+/));
}

/** Names in a directory; none when it is gone, or another user's. */
function listed(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
