/** The one view that reading a configuration has of the world; tests put another in its place. */
import {
  closeSync,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
} from "node:fs";
import os from "node:os";
import process from "node:process";

/** The bytes of a file, or why there are none (`no such file`). */
export type FileRead =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly problem: string };

/** The user and group that the process runs as. */
export interface HostUser {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
  readonly group: string;
}

/** Facts of the machine and the process. Paths are absolute, or relative to `cwd`. */
export interface Host {
  readonly cwd: () => string;
  readonly env: { readonly [name: string]: string | undefined };
  readonly hostname: () => string;
  /** Number of processors. */
  readonly cpus: () => number;
  readonly user: () => HostUser;
  /** Path of the program, for `%b`. */
  readonly binary: string;
  /** The version of uWSGI whose behaviour is kept, for `%V`. */
  readonly uwsgiVersion: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A regular file of at most `maxConfigurationBytes`; `-` is standard input. */
  readonly readFile: (path: string) => FileRead;
  /** The text of a file, undefined when it cannot be read. */
  readonly readText: (path: string) => string | undefined;
  /** The path without symbolic links and dots, undefined when there is nothing. */
  readonly realpath: (path: string) => string | undefined;
  /** What is at a path, its links followed; undefined when there is nothing. */
  readonly kindOf: (path: string) => "file" | "directory" | "other" | undefined;
  /** The names in a directory; undefined when it cannot be read. */
  readonly list: (path: string) => readonly string[] | undefined;
  /** What only a start may do; absent when a configuration is examined, so that nothing is executed then. */
  readonly live?: LiveHost;
  /** The inode number of the path itself (of a link, not of its target). */
  readonly inode: (path: string) => number | undefined;
}

/** Reading that runs something or asks another machine. Each is bounded in time and size. */
export interface LiveHost {
  /** What a command of /bin/sh prints. */
  readonly exec: (command: string) => FileRead;
  /** The body of an `http://` URL. */
  readonly fetch: (url: string) => FileRead;
  /** All that is left in an inherited file descriptor. */
  readonly readDescriptor: (fd: number) => FileRead;
  /** The IPv4 address of a host name; undefined when there is none. */
  readonly lookup: (name: string) => string | undefined;
}

/** A configuration is written by hand; more than this is another file given by mistake. */
export const maxConfigurationBytes = 8 * 1024 * 1024;

/** The machine that this process runs on. */
export function realHost(): Host {
  return {
    cwd: () => process.cwd(),
    env: process.env,
    hostname: () => os.hostname(),
    cpus: () => os.cpus().length,
    user: currentUser,
    binary: process.argv[1] ?? process.execPath,
    uwsgiVersion: "2.0.21",
    now: () => Date.now(),
    readFile,
    readText: (path) => quietly(() => readFileSync(path, "utf8")),
    realpath: (path) => quietly(() => realpathSync(path)),
    kindOf: (path) =>
      quietly(() => {
        const stat = statSync(path);
        return stat.isFile() ? "file" : stat.isDirectory() ? "directory" : "other";
      }),
    list: (path) => quietly(() => readdirSync(path)),
    inode: (path) => quietly(() => lstatSync(path).ino),
  };
}

function readFile(path: string): FileRead {
  try {
    return path === "-" ? checked(readFileSync(0)) : readRegularFile(path);
  } catch (error) {
    return { ok: false, problem: problemOf(error) };
  }
}

function readRegularFile(path: string): FileRead {
  const fd = openSync(path, "r");
  try {
    const stat = fstatSync(fd);
    if (stat.isDirectory()) return { ok: false, problem: "it is a directory" };
    if (stat.size > maxConfigurationBytes) return tooLarge;
    // A pipe (`<(command)` of a shell) is read to its end; a device may have none.
    if (!stat.isFile() && !stat.isFIFO()) return { ok: false, problem: "it is not a file" };
    return checked(readFileSync(fd));
  } finally {
    closeSync(fd);
  }
}

function checked(bytes: Uint8Array): FileRead {
  return bytes.length > maxConfigurationBytes ? tooLarge : { ok: true, bytes };
}

const tooLarge: FileRead = {
  ok: false,
  problem: `it is larger than ${maxConfigurationBytes / (1024 * 1024)} MiB`,
};

const problems = new Map([
  ["ENOENT", "no such file"],
  ["ENOTDIR", "no such file"],
  ["EACCES", "permission denied"],
  ["EISDIR", "it is a directory"],
  ["ELOOP", "too many symbolic links"],
  ["ENAMETOOLONG", "the name is too long"],
]);

function problemOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return problems.get(code) ?? error.message;
}

function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function currentUser(): HostUser {
  const uid = process.getuid?.() ?? 0;
  const gid = process.getgid?.() ?? 0;
  return {
    uid,
    gid,
    name: nameOf("/etc/passwd", uid) ?? String(uid),
    group: nameOf("/etc/group", gid) ?? String(gid),
  };
}

/** The first field of the line whose third is the number, in a table such as /etc/group. */
function nameOf(table: string, id: number): string | undefined {
  const lines = quietly(() => readFileSync(table, "utf8"))?.split("\n") ?? [];
  const line = lines.find((candidate) => candidate.split(":")[2] === String(id));
  return line?.split(":")[0];
}
