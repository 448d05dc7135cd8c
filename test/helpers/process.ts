/** Starts programs for tests and sees to it that nothing of them is left. */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { afterAll } from "vitest";
import { until, within } from "./until.ts";

/** How a process ended: an exit code, or the signal that killed it. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program that a test started. */
export interface Program {
  readonly pid: number;
  /** What it wrote so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Settles when the process itself has ended and its output is read. */
  readonly exit: Promise<Exit>;
  /** True until the process itself has ended. */
  readonly running: () => boolean;
  /** Its living processes: itself, descendants, and what they left behind (also daemons). */
  readonly processes: () => number[];
  /** Private directories `tsuwsgi-*` that its processes have open. */
  readonly runDirectories: () => string[];
  readonly signal: (name: NodeJS.Signals) => void;
  /** Sends a signal (SIGTERM unless another is named) and waits for the process itself to end. */
  readonly stop: (name?: NodeJS.Signals) => Promise<Exit>;
  /** Fails unless every process of it ends and every run directory of it goes away, within 15 s or as given. */
  readonly assertGone: (boundMs?: number) => Promise<void>;
  /** SIGKILL to all that is left, and their run directories removed. */
  readonly kill: () => Promise<void>;
}

export interface LaunchOptions {
  readonly cwd?: string;
  /** Added to this process's environment; undefined removes. */
  readonly env?: { readonly [name: string]: string | undefined };
  readonly stdin?: string;
}

/** The variable that marks all processes of one program; children inherit it. */
const markName = "TSUWSGI_TEST_PROGRAM";

const launched: Program[] = [];

// Registered in the file that imports this one; vitest loads helpers anew for every test file.
afterAll(async () => {
  for (const program of launched.splice(0)) await program.kill();
});

/**
 * Starts a program. /usr/bin comes first on its PATH, because the applications of the tests need
 * the Debian packages of /usr/bin/python3. It is killed after the test file at the latest.
 */
export function launch(
  command: string,
  args: readonly string[],
  options: LaunchOptions = {},
): Program {
  const mark = randomUUID();
  const path = `/usr/bin:${process.env.PATH ?? ""}:/usr/sbin`;
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, PATH: path, ...options.env, [markName]: mark },
    stdio: "pipe",
  });
  const written = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (written.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (written.stderr += text));
  child.stdin.on("error", () => {}); // A program that ends without reading its input is no failure.
  child.stdin.end(options.stdin ?? "");
  const pid = child.pid ?? -1;
  const exit = new Promise<Exit>((resolve, reject) => {
    child.once("error", (cause) => reject(new Error(`cannot start ${command}`, { cause })));
    child.once("exit", (code, signal) => {
      // A daemon keeps the pipes open; its output is not waited for.
      const settle = () => resolve({ code, signal });
      child.once("close", settle);
      setTimeout(settle, outputGraceMs).unref();
    });
  });
  exit.catch(() => {}); // Seen by whoever awaits it; a program may also fail unwatched.
  const program = programOf(mark, pid, child.kill.bind(child), exit, written);
  launched.push(program);
  return program;
}

/** How long output may still come after the process itself has ended, milliseconds. */
const outputGraceMs = 500;

function programOf(
  mark: string,
  pid: number,
  send: (name: NodeJS.Signals) => boolean,
  exit: Promise<Exit>,
  written: { readonly stdout: string; readonly stderr: string },
): Program {
  let ended = false;
  const over = () => {
    ended = true;
  };
  exit.then(over, over);
  const directories = new Set<string>();
  const processes = () => marked(mark);
  const runDirectories = () => {
    for (const one of processes())
      for (const path of openRunDirectories(one)) directories.add(path);
    return [...directories];
  };
  const gone = async (boundMs?: number) => {
    await until("all processes to end", () => processes().length === 0, boundMs);
    await until(
      "the run directory to be removed",
      () => ![...directories].some((path) => existsSync(path)),
      boundMs,
    );
  };
  return {
    ...{ pid, exit, processes, runDirectories },
    stdout: () => written.stdout,
    stderr: () => written.stderr,
    running: () => !ended,
    signal: (name) => {
      runDirectories(); // Noted while its processes still show them.
      send(name);
    },
    stop: async (name = "SIGTERM") => {
      runDirectories();
      send(name);
      return await within(`process ${pid} to end by ${name}; it wrote:\n${written.stderr}`, exit);
    },
    assertGone: async (boundMs) => {
      try {
        await gone(boundMs);
      } catch (cause) {
        const left = [
          ...processes().map(commandLine),
          ...[...directories].filter((path) => existsSync(path)),
        ];
        throw new Error(`left behind: ${left.join(", ")}\n${written.stderr}`, { cause });
      }
    },
    kill: async () => {
      runDirectories();
      for (const one of processes()) sigkill(one);
      await until("killed processes to be gone", () => processes().length === 0);
      for (const path of directories) rmSync(path, { recursive: true, force: true });
    },
  };
}

/** Process ids, zombies left out, whose environment has the mark. */
function marked(mark: string): number[] {
  const line = `${markName}=${mark}`;
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => readProc(`/proc/${name}/environ`).split("\0").includes(line))
    .filter((name) => !/^State:\s+[ZX]/m.test(readProc(`/proc/${name}/status`)))
    .map(Number);
}

/** The `tsuwsgi-*` directories that a process has files of open or mapped. */
function openRunDirectories(pid: number): string[] {
  const links = readDirectory(`/proc/${pid}/fd`).map((fd) => readLink(`/proc/${pid}/fd/${fd}`));
  const text = [...links, readProc(`/proc/${pid}/maps`)].join("\n");
  return [...text.matchAll(/\/[^\s]*?\/tsuwsgi-[^/\s]+(?=\/)/g)].map(([path]) => path);
}

function commandLine(pid: number): string {
  return `${pid} (${readProc(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim()})`;
}

function sigkill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

/** A file of /proc, or the empty string when its process is gone or somebody else's. */
function readProc(path: string): string {
  return orEmpty(() => readFileSync(path, "latin1"), "");
}

function readDirectory(path: string): string[] {
  return orEmpty(() => readdirSync(path), []);
}

function readLink(path: string): string {
  return orEmpty(() => readlinkSync(path), "");
}

function orEmpty<T>(read: () => T, empty: T): T {
  try {
    return read();
  } catch (error) {
    if (isGone(error)) return empty;
    throw error;
  }
}

/** The errors of looking at a process that has just ended, or at one of another user. */
function isGone(error: unknown): boolean {
  const codes = ["ENOENT", "ESRCH", "EACCES", "EPERM", "EINVAL", "ENOTDIR"];
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}
