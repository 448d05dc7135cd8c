/** Runs the commands of hooks: programs, or lines for /bin/sh. */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import type { Log } from "../log/log.ts";
import { errorCode } from "../start-failure.ts";

/** A hook that takes longer is killed, with what it started; milliseconds. */
const hookLimitMs = 60_000;

/** What is run, and as whom. */
export interface CommandOrder {
  /** The program and its arguments. */
  readonly command: readonly [string, ...string[]];
  readonly log: Log;
  readonly cwd?: string;
  readonly env?: { readonly [name: string]: string | undefined };
  /** Undefined keeps the user. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
}

/** A line of a shell as a command. */
export function shellCommand(line: string): readonly [string, ...string[]] {
  return ["/bin/sh", "-c", line];
}

/**
 * Runs a command to its end; its output goes to the log.
 * @returns what went wrong, for the log; undefined when it ended with 0
 */
export function runCommand(order: CommandOrder): Promise<string | undefined> {
  const { command, log, cwd, env, user } = order;
  const [program, ...args] = command;
  return new Promise((resolve) => {
    const child = start(program, args, {
      ...{ cwd, ...user, detached: true },
      env: { ...process.env, ...env },
      stdio: ["ignore", log.childStdio, log.childStdio],
    });
    if (child instanceof Error) {
      resolve(child.message);
      return;
    }
    if (child.stdout) log.follow(child.stdout, "stdout");
    if (child.stderr) log.follow(child.stderr, "stderr");
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      killGroup(child.pid);
    }, hookLimitMs);
    const settle = (problem: string | undefined) => {
      clearTimeout(timer);
      resolve(problem);
    };
    child.once("error", (error) => settle(error.message));
    child.once("exit", (code, signal) => {
      if (late) settle(`it took more than ${hookLimitMs / 1000} s and was killed`);
      else if (signal !== null) settle(`it was killed by ${signal}`);
      else settle(code === 0 ? undefined : `exit code ${code}`);
    });
  });
}

/**
 * Starts a process. Node tells some reasons why there is none by an event of it, and throws others, such as
 * a user that we may not become.
 */
export function start(
  program: string,
  args: readonly string[],
  options: SpawnOptions,
): ChildProcess | Error {
  try {
    return spawn(program, args, options);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** SIGKILL to a process and all that it started, as far as these stayed with it. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if (!["ESRCH", "EPERM"].includes(errorCode(error))) throw error;
  }
}
