/** The path of a Unix socket: room is made for it, and it is taken away again. */
import { linkSync, lstatSync, renameSync, rmSync, type Stats, statSync } from "node:fs";
import { connect } from "node:net";
import { dirname } from "node:path";
import { errorCode, errorText } from "../../start-failure.ts";
import { holderText, unixHolder } from "./holder.ts";
import { isMaster } from "./identity.ts";
import type { ServerHandle } from "./server-handle.ts";

/** A peer that does not answer a local connection in this time is taken for alive, milliseconds. */
const probeTimeoutMs = 1_000;

/**
 * Makes room at a path: a socket that nobody answers on, or is about to, is stale; anything else stays.
 * @returns why there is no room, else undefined
 */
export async function clearPath(path: string): Promise<string | undefined> {
  const present = lstatSync(path, { throwIfNoEntry: false });
  if (present === undefined) return undefined;
  if (!present.isSocket())
    return "there is something that is not a socket; move it away or choose another path";
  const holder = unixHolder(path);
  if (await answers(path))
    return `${holderText(holder) ?? "a running server"} answers on this socket; stop it or choose another path`;
  // It is bound before it listens, and meanwhile nobody answers.
  if (holder && isMaster(holder.pid))
    return `${holderText(holder)} has bound this socket and is starting; stop it or choose another path`;
  try {
    rmSync(path, { force: true });
    return undefined;
  } catch (error) {
    return `cannot replace the stale socket: ${errorText(error)}`;
  }
}

/** Whether something listens on a Unix socket's path. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    const settle = (alive: boolean) => {
      socket.destroy();
      resolve(alive);
    };
    socket.setTimeout(probeTimeoutMs, () => settle(true));
    socket.once("connect", () => settle(true));
    // EAGAIN: its queue is full, so there is somebody. ENOENT: it went away just now.
    socket.once("error", (error) => settle(!["ECONNREFUSED", "ENOENT"].includes(errorCode(error))));
  });
}

/** What the system's error about a path means. */
export function pathReason(code: string, path: string): string {
  const directory = dirname(path);
  // libuv says EACCES for a directory that is missing, too.
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory())
    return `the directory ${directory} does not exist; make it (mkdir -p) or choose another path`;
  if (code === "EACCES") return `this user may not write to the directory ${directory}`;
  return code;
}

/**
 * Closes a socket. A handle that Node bound unlinks the path then, whatever is there by then, and one that
 * was received does not. What is to stay gets a second name for that moment.
 * @param ours the file that may go; undefined keeps any
 * @returns a note for the log when the path could not be removed
 */
export function releasePath(
  handle: ServerHandle,
  path: string,
  ours: Stats | undefined,
): string | undefined {
  const present = lstatSync(path, { throwIfNoEntry: false });
  const goes = ours !== undefined && present?.ino === ours.ino && present.dev === ours.dev;
  const spare = `${path}.${process.pid}`;
  const saved = present !== undefined && !goes && attempt(() => linkSync(path, spare));
  handle.close();
  if (saved) attempt(() => renameSync(spare, path));
  if (!goes || lstatSync(path, { throwIfNoEntry: false })?.ino !== ours.ino) return undefined;
  // libuv says nothing when it may not unlink, as after uid = … in a directory of root's.
  if (attempt(() => rmSync(path))) return undefined;
  return `cannot remove the socket ${path}: uid ${process.getuid?.()} may not write to its directory`;
}

/** False where the system refuses: then it refuses the unlinking as well, and nothing is lost. */
function attempt(act: () => void): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}
