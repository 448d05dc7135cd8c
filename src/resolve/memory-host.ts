/** A host that is made up: for programs that have the texts already, and for tests. */
import { resolve } from "node:path";
import type { Host, HostUser } from "./host.ts";

/** What there is. Whatever is left out is that of a plain machine with nothing on it. */
export interface MemoryWorld {
  /** Contents by path, absolute or relative to `cwd`. A string is UTF-8. */
  readonly files?: { readonly [path: string]: string | Uint8Array };
  readonly env?: { readonly [name: string]: string };
  /** What `-` reads. */
  readonly stdin?: string | Uint8Array;
  /** The working directory, absolute; `/` if absent. */
  readonly cwd?: string;
  readonly hostname?: string;
  /** Number of processors. */
  readonly cpus?: number;
  readonly user?: HostUser;
  /** Path of the program, for `%b`. */
  readonly binary?: string;
  /** For `%V`. */
  readonly uwsgiVersion?: string;
  /** Milliseconds since 1970. */
  readonly now?: number;
}

/** A host that touches nothing: the same world gives the same answers, whatever the machine. */
export function memoryHost(world: MemoryWorld = {}): Host {
  const { files = {}, env = {}, stdin, cwd = "/" } = world;
  const contents = new Map<string, Uint8Array>();
  for (const [path, content] of Object.entries(files)) {
    contents.set(resolve(cwd, path), bytes(content));
  }
  if (stdin !== undefined) contents.set("-", bytes(stdin));
  const isDirectory = (path: string) =>
    [...contents.keys()].some((file) => file.startsWith(path === "/" ? path : `${path}/`));
  return {
    cwd: () => cwd,
    env,
    hostname: () => world.hostname ?? "localhost",
    cpus: () => world.cpus ?? 1,
    user: () => world.user ?? nobody,
    binary: world.binary ?? "/usr/bin/uwsgi",
    uwsgiVersion: world.uwsgiVersion ?? "2.0.21",
    now: () => world.now ?? 0,
    readFile: (path) => {
      const content = contents.get(path === "-" ? path : resolve(cwd, path));
      if (content) return { ok: true, bytes: content };
      const problem = isDirectory(resolve(cwd, path)) ? "it is a directory" : "no such file";
      return { ok: false, problem };
    },
    readText: (path) => {
      const content = contents.get(resolve(cwd, path));
      return content && new TextDecoder().decode(content);
    },
    realpath: (path) => resolve(cwd, path),
    kindOf: (path) => {
      const full = resolve(cwd, path);
      return contents.has(full) ? "file" : isDirectory(full) ? "directory" : undefined;
    },
    list: (path) => {
      const full = resolve(cwd, path);
      if (!isDirectory(full)) return undefined;
      const start = full === "/" ? full : `${full}/`;
      const below = [...contents.keys()].filter((file) => file.startsWith(start));
      return [...new Set(below.map((file) => file.slice(start.length).split("/")[0] ?? ""))];
    },
    inode: () => 1,
  };
}

const nobody: HostUser = { uid: 65534, gid: 65534, name: "nobody", group: "nogroup" };

function bytes(content: string | Uint8Array): Uint8Array {
  return typeof content === "string" ? new TextEncoder().encode(content) : content;
}
