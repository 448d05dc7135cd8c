/** Files and ports that go away or were never there. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, expect } from "vitest";
import { temporaryDirectory } from "../helpers/tmp.ts";
import type { Subject } from "./subjects.ts";
import { type Fault, provoke, tryFaults } from "./trial.ts";

const inDirectory = ({ directory }: Subject, name: string) => join(directory, name);

/** A file system of one megabyte; undefined without the rights to make one. */
const small = mountSmall();

function mountSmall(): string | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const path = temporaryDirectory();
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", path], { stdio: "ignore" });
    return path;
  } catch {
    return undefined;
  }
}

afterAll(() => {
  if (small) execFileSync("umount", ["-l", small]);
});

const fullDisk: readonly Fault[] = small
  ? [
      {
        name: "the disk of the log is full",
        lines: [`logto = ${join(small, "log")}`],
        act: async (subject) => {
          for (let count = 0; count < 15; count++) await provoke(subject, "/log");
        },
      },
    ]
  : [];

/** A port that somebody else has. */
const taken = createServer();
await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
const address = taken.address();
const takenPort = address !== null && typeof address === "object" ? address.port : 0;
afterAll(() => taken.close());

tryFaults("surroundings", [
  ...fullDisk,
  {
    name: "the log file is removed",
    lines: ["logto = %d/log"],
    act: async (subject) => {
      rmSync(inDirectory(subject, "log"));
      await provoke(subject, "/log");
    },
  },
  {
    name: "the pidfile is removed",
    lines: ["pidfile = %d/pid", "vacuum = true"],
    act: (subject) => rmSync(inDirectory(subject, "pid")),
  },
  {
    name: "the file of another socket is removed",
    lines: ["uwsgi-socket = %d/socket", "vacuum = true"],
    act: (subject) => rmSync(inDirectory(subject, "socket")),
    after: (subject) => expect(existsSync(inDirectory(subject, "socket"))).toBe(false),
  },
  {
    name: "the directory of the application is removed",
    act: ({ directory }) => {
      rmSync(join(directory, "app.py"));
      mkdirSync(join(directory, "app.py"));
    },
    after: ({ directory }) => rmSync(join(directory, "app.py"), { recursive: true }),
  },
  {
    name: "a reload while the port of the stats is somebody else's",
    lines: ["stats = %d/stats"],
    act: async (subject) => {
      const ini = inDirectory(subject, "app.ini");
      const text = readFileSync(ini, "utf8").replace(
        /stats = .*/,
        `stats = 127.0.0.1:${takenPort}`,
      );
      const { writeFileSync } = await import("node:fs");
      writeFileSync(ini, text);
      subject.program.signal("SIGHUP");
    },
  },
]);
