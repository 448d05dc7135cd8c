/** The servers that faults are done to: tsuwsgi and uWSGI with the same configuration. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inject } from "vitest";
import { freePorts } from "../helpers/ports.ts";
import { launch, type Program } from "../helpers/process.ts";
import { projectPath, untilReady } from "../helpers/server.ts";
import type { Target } from "../helpers/target.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";
import { titleOf } from "../process/processes.ts";

export type Make = "tsuwsgi" | "uWSGI";

/** What a process is there for. The front of uWSGI is its router for HTTP; it has no zygote. */
export type Role = "master" | "front" | "zygote" | "worker";

const roles: readonly Role[] = ["master", "front", "zygote", "worker"];

/** A running server. */
export interface Victim {
  readonly make: Make;
  readonly program: Program;
  /** Where clients connect. */
  readonly target: Target;
  /** A port that nobody else uses. */
  readonly spare: number;
  /** A path in its directory, where its application (`app.py`) and its configuration (`app.ini`) are. */
  readonly file: (name: string) => string;
  /** Its living processes of a role, suspended ones too. */
  readonly pids: (role: Role) => number[];
  /** Sends a signal to the processes of a role, or to one of them. */
  readonly signal: (name: NodeJS.Signals, role: Role, how?: "one" | "all") => void;
  /** Whether there are as many processes of each role as at the start, none of them suspended. */
  readonly isWhole: () => boolean;
  /** What it wrote to its standard error, and to the file `log` of its directory. */
  readonly written: () => string;
  /** How often a text is in that. */
  readonly occurrences: (text: string) => number;
}

/** What a fault needs of the configuration beyond the usual. */
export interface Setup {
  /** Lines of `app.ini`. */
  readonly lines?: (victim: Pick<Victim, "file" | "spare" | "make">) => readonly string[];
  /** `ulimit -n` of the server. */
  readonly descriptors?: number;
  /** A Unix socket to listen on, in the victim's directory, instead of a port. */
  readonly socket?: string;
}

/** Workers of every victim. */
export const workers = 2;
/** Threads of each worker. */
export const threads = 2;

/** A server that was started, and may not be ready yet. */
type Launched = Pick<Victim, "make" | "program" | "target" | "spare" | "file">;

/** How long a server may take to start on a busy machine, milliseconds. */
const startBoundMs = 45_000;

/** Starts a server of a make with the same lines for each, and waits until it is whole. */
export async function startVictim(make: Make, setup: Setup = {}): Promise<Victim> {
  const launched = await launchVictim(make, setup);
  const { program, file, target } = launched;
  await untilReady(program, { http: target }, startBoundMs);
  const census = () => takeCensus(program, make);
  const pids = (role: Role) => census()[role];
  await until("all workers", () => pids("worker").length === workers, startBoundMs);
  const written = () => program.stderr() + (existsSync(file("log")) ? read(file("log")) : "");
  const strength = census();
  return {
    ...{ ...launched, pids, written },
    signal: (name, role, how = "all") => {
      const found = pids(role).slice(0, how === "one" ? 1 : undefined);
      if (found.length === 0) throw new Error(`${make} has no ${role}`);
      for (const pid of found) process.kill(pid, name);
    },
    isWhole: () => {
      const now = census();
      return roles.every(
        (role) => now[role].length === strength[role].length && !now[role].some(isSuspended),
      );
    },
    occurrences: (text) => written().split(text).length - 1,
  };
}

/** Starts a server of a make, without waiting for anything. */
export async function launchVictim(make: Make, setup: Setup): Promise<Launched> {
  const [port = 0, spare = 0] = await freePorts(2);
  const directory = temporaryDirectory({
    "app.py": readFileSync(projectPath("test/apps/faults.py")),
  });
  const file = (name: string) => join(directory, name);
  const target = setup.socket === undefined ? port : file(setup.socket);
  const lines = setup.lines?.({ file, spare, make }) ?? [];
  writeFileSync(file("app.ini"), configuration(file, target, lines));
  const program = run(make, file("app.ini"), setup.descriptors, directory);
  return { make, program, target, spare, file };
}

/** The living processes of a program by role; one look at all processes of the system. */
function takeCensus(program: Program, make: Make): { readonly [role in Role]: number[] } {
  const found: { [role in Role]: number[] } = { master: [], front: [], zygote: [], worker: [] };
  const roleOf = make === "tsuwsgi" ? ourRole : theirRole;
  for (const pid of program.processes()) {
    const role = roleOf(pid, program);
    if (role) found[role].push(pid);
  }
  return found;
}

function ourRole(pid: number): Role | undefined {
  const title = titleOf(pid);
  return roles.find((role) => title.startsWith(`tsuwsgi ${role}`));
}

/** uWSGI's titles would overwrite the environment, by which a process is known to be its. */
function theirRole(pid: number, program: Program): Role {
  if (pid === program.pid) return "master";
  const tasks = /^Threads:\s+(\d+)/m.exec(statusOf(pid))?.[1];
  return Number(tasks) > 1 ? "worker" : "front";
}

function configuration(file: (name: string) => string, target: Target, more: readonly string[]) {
  return `[uwsgi]
plugin = python3,http
http = ${typeof target === "number" ? `127.0.0.1:${target}` : target}
http-keepalive = 30
master = true
processes = ${workers}
threads = ${threads}
disable-logging = true
wsgi-file = ${file("app.py")}
${more.join("\n")}
`;
}

function run(make: Make, ini: string, descriptors: number | undefined, cwd: string): Program {
  const ours = [process.execPath, projectPath("dist/cli.js"), "--ini", ini];
  const command = make === "tsuwsgi" ? ours : ["uwsgi", "--ini", ini];
  if (inject("buildProblem") !== "") throw new Error(inject("buildProblem"));
  const limit = descriptors === undefined ? "" : `ulimit -n ${descriptors}; `;
  return launch("sh", ["-c", `${limit}exec "$@"`, "sh", ...command], { cwd });
}

function isSuspended(pid: number): boolean {
  return /^State:\s+T/m.test(statusOf(pid));
}

/** What the kernel says of a process; nothing when it has just ended, which the next look shows. */
function statusOf(pid: number): string {
  try {
    return read(`/proc/${pid}/status`);
  } catch {
    return "";
  }
}

function read(path: string): string {
  return readFileSync(path, "latin1");
}
