/** Files and addresses that a server counts on, and that are not there any more, or somebody else's. */
import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { createServer } from "node:net";
import { afterEach, expect } from "vitest";
import { runTsuwsgi } from "../helpers/server.ts";
import { open } from "../helpers/target.ts";
import { failedStart, fault, type Struck, skippedFault } from "./fault.ts";
import { threads } from "./victim.ts";

const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

/** A file system of 64 KiB. */
function mountSmall(directory: string): void {
  mkdirSync(directory);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "faults", directory], { stdio: "pipe" });
  cleanups.push(() => execFileSync("umount", ["--lazy", directory]));
}

/** Why no file system can be mounted; undefined when one can. */
function noMount(): string | undefined {
  if (process.getuid?.() !== 0) return "needs root, to mount a small file system";
  try {
    execFileSync("unshare", ["--mount", "mount", "-t", "tmpfs", "none", "/mnt"], { stdio: "pipe" });
    return undefined;
  } catch {
    return "needs the right to mount a small file system";
  }
}

/** Writes until there is no room left. */
function fill(path: string): void {
  const fd = openSync(path, "w");
  try {
    for (const size of [4096, 1]) {
      try {
        for (;;) writeSync(fd, Buffer.alloc(size, "x"));
      } catch (error) {
        expect(error).toMatchObject({ code: "ENOSPC" });
      }
    }
  } finally {
    closeSync(fd);
  }
}

/** The death of a worker is logged. */
const killWorker = ({ signal }: Struck) => signal("SIGKILL", "worker", "one");

const diskFull = "the disk of the log is full, and a worker dies";
const why = noMount();
if (why === undefined)
  fault(diskFull, {
    lines: ({ file }) => {
      mountSmall(file("disk"));
      return [`logto = ${file("disk/log")}`, "disable-logging = false"];
    },
    strike: (victim) => {
      fill(victim.file("disk/rest"));
      killWorker(victim);
    },
    honest: threads,
  });
else skippedFault(diskFull, why);

const talkative = "the disk of the log is full, and the application writes on";
if (why === undefined)
  fault(talkative, {
    lines: ({ file }) => {
      mountSmall(file("disk"));
      return [`logto = ${file("disk/log")}`, "disable-logging = false"];
    },
    strike: async ({ file, load }) => {
      fill(file("disk/rest"));
      await Promise.all(Array.from({ length: 8 }, () => load.ask("/write")));
    },
  });
else skippedFault(talkative, why);

fault("the log file is removed, and a worker dies", {
  lines: ({ file }) => [`logto = ${file("log")}`, "disable-logging = false"],
  strike: (victim) => {
    rmSync(victim.file("log"));
    killWorker(victim);
  },
  honest: threads,
});

fault("the pidfile is removed", {
  lines: ({ file }) => [`pidfile = ${file("pid")}`, "vacuum = true"],
  strike: ({ file }) => rmSync(file("pid")),
  check: async ({ file }) => {
    const { code, stderr } = await runTsuwsgi(["--stop", file("pid")]);
    expect(code).toBe(1);
    expect(stderr).toContain(file("pid"));
  },
});

fault("the Unix socket's file is removed", {
  socket: "socket",
  lines: () => ["vacuum = true"],
  strike: ({ file }) => rmSync(file("socket")),
  remark: async ({ target }) => {
    const error: unknown = await open(target).then(
      (socket) => socket.destroy(),
      (cause) => cause,
    );
    const met = error instanceof Error && "code" in error ? String(error.code) : "an answer";
    return `new clients meet ${met}`;
  },
});

failedStart("the port for statistics is taken", {
  lines: ({ spare }) => {
    const other = createServer().listen(spare, "127.0.0.1");
    cleanups.push(() => other.close());
    return [`stats = 127.0.0.1:${spare}`];
  },
  says: /app\.ini:\d+:\d+: error: cannot bind the stats server: port \d+ is in use by process \d+/,
});
