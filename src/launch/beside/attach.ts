/** Starts a program beside the server, by a short Python program that becomes it: python/tsuwsgi/attach.py. */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import type { Log } from "../log/log.ts";
import { pythonProgram } from "../python-program.ts";
import { errorCode, spawnText } from "../start-failure.ts";

/** Where programs run, and what they get from the server. */
export interface Surroundings {
  readonly log: Pick<Log, "write" | "applicationStdio" | "follow">;
  /** Path of the interpreter. */
  readonly python: string;
  readonly cwd: string;
  /** Set in, or taken out of, our own environment. */
  readonly env: readonly { readonly name: string; readonly value: string | undefined }[];
}

/** What is to be run, and how. */
export interface AttachOrder {
  /** For the shell. */
  readonly command: string;
  /** Undefined: where the surroundings are. */
  readonly chdir: string | undefined;
  /** The server's standard input, instead of none. */
  readonly stdin: boolean;
  /** 0: as the server. */
  readonly uid: number;
  readonly gid: number;
  /** Into the background, its number into this file. */
  readonly daemonize: boolean;
  readonly pidfile: string | undefined;
  readonly nsPid: boolean;
  /** It is killed, with all of its process group, when the master dies without a word. */
  readonly bound: boolean;
}

/** A plain order for a command. */
export function plainOrder(command: string): AttachOrder {
  const alone = { daemonize: false, pidfile: undefined, nsPid: false, bound: true };
  return { command, chdir: undefined, stdin: false, uid: 0, gid: 0, ...alone };
}

/**
 * Starts it, as leader of a session and process group of its own.
 * @param exited told once, when it has ended: `exit code 1`, `killed by SIGKILL`, or why it never ran
 * @returns its number; 0 when there is no process, which `exited` tells later
 */
export function attach(
  order: AttachOrder,
  { log, python, cwd, env }: Surroundings,
  exited: (status: string) => void,
): number {
  const { command, chdir = null, stdin, uid, gid, daemonize, pidfile = null, nsPid, bound } = order;
  const rest = { command, chdir, uid, gid, daemonize, pidfile, nsPid, bound };
  const out = log.applicationStdio;
  const added = Object.fromEntries(env.map(({ name, value }) => [name, value]));
  // -I and -S: nothing of the application's own is imported, and it starts sooner.
  const child = spawn(python, ["-I", "-S", program, JSON.stringify(rest)], {
    stdio: [stdin ? "inherit" : "ignore", out, out, bound ? "pipe" : "ignore"],
    // A session and process group of its own, as in uWSGI.
    detached: true,
    cwd,
    env: { ...process.env, ...added },
  });
  if (child.stdout) log.follow(child.stdout, "stdout");
  if (child.stderr) log.follow(child.stderr, "stderr");
  child.stdio[boundFd]?.on("error", () => {}); // It is gone; its exit tells.
  child.once("error", (error) => {
    if (child.pid === undefined) exited(`cannot be started: ${spawnText(error, cwd)}`);
  });
  // It outlives us, so we do not wait for it.
  if (!bound) for (const one of [child, child.stdout, child.stderr]) unref(one);
  child.once("exit", (code, signal) =>
    exited(signal === null ? `exit code ${code}` : `killed by ${signal}`),
  );
  return child.pid ?? 0;
}

/** The types of a child's output know nothing of it: it is a socket of Node's. */
function unref(one: object | null): void {
  if (one !== null && "unref" in one && typeof one.unref === "function") one.unref();
}

/** Sends a signal to a process group. One that is gone is what was wanted. */
export function signalGroup(pid: number, signal: number): void {
  send(-pid, signal);
}

/** The same; to the process alone where it leads no group, as one does not that went into the background. */
export function signalProgram(pid: number, signal: number): void {
  if (!send(-pid, signal)) send(pid, signal);
}

/** Whether any process of a group is left that has not ended; zombies wait for whoever inherited them. */
export function groupLives(group: number): boolean {
  if (!send(-group, 0)) return false;
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.length === 0 || pids.some((pid) => isLivingMember(pid, group));
}

function isLivingMember(pid: string, group: number): boolean {
  try {
    // After the name in parentheses: state, parent, group (proc(5)).
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const [state, , of] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return Number(of) === group && state !== "Z" && state !== "X";
  } catch {
    return false; // It ended a moment ago.
  }
}

/** Whether there is such a process, of ours. */
export function processLives(pid: number): boolean {
  return send(pid, 0);
}

function send(pid: number, signal: number): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (["ESRCH", "EPERM"].includes(errorCode(error))) return false;
    throw error;
  }
}

const boundFd = 3;
const program = pythonProgram("attach.py");
