import { resolve } from "node:path";
import type { Host } from "../../src/resolve/host.ts";

/** What a test says about its machine. */
export interface FakeWorld {
  /** Contents by path, relative to the working directory or absolute. */
  readonly files?: { readonly [path: string]: string | Uint8Array };
  readonly env?: { readonly [name: string]: string };
  readonly stdin?: string;
}

const cwd = "/srv/app";

/** A host without a machine: web1, two processors, user nobody, in /srv/app. */
export function fakeHost({ files = {}, env, stdin }: FakeWorld = {}): Host {
  const contents = new Map<string, Uint8Array>();
  for (const [path, content] of Object.entries(files)) {
    contents.set(resolve(cwd, path), bytes(content));
  }
  if (stdin !== undefined) contents.set("-", bytes(stdin));
  const isDirectory = (path: string) =>
    [...contents.keys()].some((file) => file.startsWith(`${path}/`));
  return {
    cwd: () => cwd,
    env: env ?? {
      PATH: "/usr/bin:/bin",
      HOME: "/home/app",
      HOSTNAME: "web1",
      LANG: "C.UTF-8",
      PWD: cwd,
      PORT: "8080",
    },
    hostname: () => "web1",
    cpus: () => 2,
    user: () => ({ uid: 65534, gid: 65534, name: "nobody", group: "nogroup" }),
    binary: "/usr/bin/uwsgi-core",
    uwsgiVersion: "2.0.21-debian",
    now: () => 1_700_000_000_123,
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
    inode: () => 42,
  };
}

function bytes(content: string | Uint8Array): Uint8Array {
  return typeof content === "string" ? new TextEncoder().encode(content) : content;
}
