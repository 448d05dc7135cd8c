import type { Host } from "../../src/resolve/host.ts";
import type { MemoryWorld } from "../../src/resolve/memory-host.ts";
import { memoryHost } from "../../src/resolve/memory-host.ts";

/** What a test says about its machine. */
export type FakeWorld = MemoryWorld;

const cwd = "/srv/app";

/** The host on which uWSGI's lists were recorded: web1, two processors, user nobody, in /srv/app. */
export function fakeHost(world: FakeWorld = {}): Host {
  return memoryHost({
    cwd,
    env: {
      PATH: "/usr/bin:/bin",
      HOME: "/home/app",
      HOSTNAME: "web1",
      LANG: "C.UTF-8",
      PWD: cwd,
      PORT: "8080",
    },
    hostname: "web1",
    cpus: 2,
    binary: "/usr/bin/uwsgi-core",
    uwsgiVersion: "2.0.21-debian",
    now: 1_700_000_000_123,
    ...world,
  });
}
