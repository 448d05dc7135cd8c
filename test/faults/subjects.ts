/** The servers that go through the faults: tsuwsgi, and uWSGI beside it. */
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../helpers/ports.ts";
import { launch, type Program } from "../helpers/process.ts";
import { projectPath, startServer, untilReady } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import type { LoadOptions } from "./load.ts";

/** Workers of every subject. */
export const workers = 2;

/** A server under load. */
export interface Subject {
  readonly name: "tsuwsgi" | "uwsgi";
  readonly directory: string;
  readonly port: number;
  readonly program: Program;
  readonly load: LoadOptions;
  /** Pids by part; empty where the subject has no such part. */
  readonly parts: (part: Part) => number[];
  /** Another application from the next reload on. */
  readonly edit: (text: string) => void;
  /** How many reloads the log tells of, and how many were given up. */
  readonly reloads: () => { done: number; givenUp: number };
}

export type Part = "master" | "front" | "zygote" | "worker";

/** Lines that every configuration has besides its own. */
function usual(directory: string, port: number): string[] {
  return [
    ...["[uwsgi]", "master = true", `http-socket = 127.0.0.1:${port}`, `processes = ${workers}`],
    ...[`wsgi-file = ${join(directory, "app.py")}`, "disable-logging = true", "need-app = true"],
  ];
}

function prepare(port: number, lines: readonly string[]): string {
  const directory = temporaryDirectory();
  copyFileSync(projectPath("test/faults/app.py"), join(directory, "app.py"));
  const text = [...usual(directory, port), ...lines].join("\n");
  writeFileSync(join(directory, "app.ini"), `${text.replaceAll("%d", directory)}\n`);
  return directory;
}

/**
 * Starts tsuwsgi.
 * @param lines of the configuration, besides the usual ones; `%d` is the directory
 */
export async function ours(...lines: readonly string[]): Promise<Subject> {
  const port = await freePort();
  const directory = prepare(port, lines);
  const program = await startServer(["--ini", join(directory, "app.ini")], { accepts: port });
  return {
    ...{ name: "tsuwsgi", directory, port, program, load: {} },
    parts: (part) =>
      program.processes().filter((pid) => titleOf(pid).startsWith(`tsuwsgi ${part}`)),
    edit: (text) => writeFileSync(join(directory, "app.py"), text),
    reloads: () => ({
      done: count(program, /reload is done/g) + count(program, /reload of the workers is done/g),
      givenUp: count(program, /is given up/g),
    }),
  };
}

/** Starts uWSGI with the same configuration. */
export async function theirs(...lines: readonly string[]): Promise<Subject> {
  const port = await freePort();
  const directory = prepare(port, lines);
  const args = ["--plugin", "python3", "--ini", join(directory, "app.ini")];
  const program = launch("uwsgi", args, { cwd: directory });
  await untilReady(program, { accepts: port });
  return {
    // Its http-socket closes every connection.
    ...{ name: "uwsgi", directory, port, program, load: { keepAlive: false } },
    parts: (part) => {
      if (part === "master") return [program.pid];
      return part === "worker" ? childrenOf(program.pid) : [];
    },
    edit: (text) => writeFileSync(join(directory, "app.py"), text),
    reloads: () => ({
      done: count(program, /^spawned uWSGI worker 2/gm),
      givenUp: 0,
    }),
  };
}

function count(program: Program, pattern: RegExp): number {
  return program.stderr().match(pattern)?.length ?? 0;
}

function titleOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return "";
  }
}

function childrenOf(parent: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
        const [state, ppid] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        return Number(ppid) === parent && state !== "Z";
      } catch {
        return false;
      }
    });
}
