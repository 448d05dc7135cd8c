/** Which process is a server's master: by the name that it gives itself, or where it has another by what it holds. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { emperorTitle, masterTitle } from "../../../settings/name-settings.ts";

/** Of the file that a server's processes or an emperor have open (../run-directory.ts); its name is taken away at once. */
const ownFile = /\/(tsuwsgi-[^/]+)\/(?:counters|emperor) \(deleted\)$/;

/** What Node calls its threads; the first takes the name of the process. */
const nodeThread = /^(node|MainThread|libuv-worker|V8Worker|DelayedTaskSche)$/;

/**
 * Whether a process is a tsuwsgi master, or an emperor: it has the usual name; or it holds what only a server or an emperor
 * does, and its parent does not, as those of fronts, zygotes and workers do. Of a process that may not be looked into, as
 * of another user or of one that gave up root, only that it is a Node program can be told, and that is enough.
 */
export function isMaster(pid: number): boolean {
  const title = readText(`/proc/${pid}/cmdline`);
  if (title === undefined) return false;
  if (title.startsWith(masterTitle) || title.startsWith(emperorTitle)) return true;
  const own = serversOf(pid);
  if (own === undefined) return isNode(pid);
  if (own.length === 0) return false;
  const parent = Number(/^PPid:\s*(\d+)/m.exec(readText(`/proc/${pid}/status`) ?? "")?.[1] ?? 0);
  const parents = serversOf(parent) ?? [];
  return !own.some((server) => parents.includes(server));
}

/** The run directories of the servers that a process is of; undefined when it may not be looked into. */
function serversOf(pid: number): string[] | undefined {
  const directory = `/proc/${pid}/fd`;
  const names = orUndefined(() => readdirSync(directory));
  return names?.flatMap((name) => {
    const link = orUndefined(() => readlinkSync(`${directory}/${name}`)) ?? "";
    return ownFile.exec(link)?.[1] ?? [];
  });
}

function isNode(pid: number): boolean {
  const directory = `/proc/${pid}/task`;
  const threads = orUndefined(() => readdirSync(directory)) ?? [];
  return threads.some((thread) =>
    nodeThread.test((readText(`${directory}/${thread}/comm`) ?? "").trim()),
  );
}

function readText(path: string): string | undefined {
  return orUndefined(() => readFileSync(path, "latin1"));
}

/** A process that has ended, or is another user's, has nothing to be seen. */
function orUndefined<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
