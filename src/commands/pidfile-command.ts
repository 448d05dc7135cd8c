/** `--stop PIDFILE` and its kin: tell the server whose master wrote the file something by a signal. */
import { readFileSync } from "node:fs";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { isMaster } from "../launch/master/sockets/identity.ts";
import { exitCodes } from "./exit-codes.ts";
import { errorCode, readText } from "./machine.ts";
import type { Output } from "./output.ts";
import type { PidfileTelling } from "./tellings.ts";

/** How long the server may take to end: the default mercy of its workers. */
const stopTimeoutMs = 60_000;
const pollMs = 50;

/** Process ids are positive 32-bit numbers; 0 and negative ones would signal whole groups. */
const largestPid = 0x7fff_ffff;

/**
 * Sends the signal that uWSGI sends, to nobody but a tsuwsgi master.
 * @param option its name, for messages
 * @returns exit code: 0 when it was sent, and for `--stop` when the process is gone
 */
export async function tellByPidfile(
  option: string,
  telling: PidfileTelling,
  pidfile: string,
  output: Output,
  timeoutMs = stopTimeoutMs,
): Promise<number> {
  const fail = (message: string) => {
    output.error(`tsuwsgi: ${option}: ${message}\n`);
    return exitCodes.failed;
  };
  let text: string;
  try {
    text = readFileSync(pidfile, "utf8").trim();
  } catch (error) {
    return fail(unreadable(pidfile, errorCode(error)));
  }
  const pid = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (pid < 1 || pid > largestPid) return fail(`${pidfile} does not hold a process id`);
  const sent = send(pid, telling.signal);
  if (sent !== "sent") return fail(whyNot(sent, pid, pidfile, telling.verb));
  return telling.waits ? await waitUntilGone(pid, timeoutMs, fail) : exitCodes.ok;
}

async function waitUntilGone(
  pid: number,
  timeoutMs: number,
  fail: (message: string) => number,
): Promise<number> {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline) {
    if (signal(pid, 0) === "gone" || isZombie(pid)) return exitCodes.ok;
    await sleep(pollMs);
  }
  return fail(`process ${pid} is still there after ${timeoutMs / 1000} seconds`);
}

type Sent = "sent" | "gone" | "denied" | "other";

function whyNot(sent: Exclude<Sent, "sent">, pid: number, pidfile: string, verb: string): string {
  switch (sent) {
    case "gone":
      return `there is no process ${pid}; ${pidfile} is left over from an earlier run`;
    case "denied":
      return `process ${pid} belongs to another user; ${verb} it as that user or as root`;
    case "other": {
      const name = readText(`/proc/${pid}/comm`)?.trim() ?? "another program";
      return `process ${pid} is ${name} and no tsuwsgi master; ${pidfile} is left over from an earlier run`;
    }
  }
}

function unreadable(pidfile: string, code: string | undefined): string {
  switch (code) {
    case "ENOENT":
      return `there is no pidfile ${pidfile}; is the server running?`;
    case "EISDIR":
      return `${pidfile} is a directory, not a pidfile`;
    case "EACCES":
      return `${pidfile} may not be read`;
    default:
      return `${pidfile} cannot be read (${code ?? "unknown error"})`;
  }
}

/** It has ended and only its parent, who may never ask, still keeps its number (proc(5): the field after the name). */
function isZombie(pid: number): boolean {
  return /\) Z /.test(readText(`/proc/${pid}/stat`) ?? "");
}

/** A number that was given to another program since would end that one. */
function send(pid: number, name: PidfileTelling["signal"]): Sent {
  const there = signal(pid, 0);
  if (there !== "sent") return there;
  return isMaster(pid) ? signal(pid, name) : "other";
}

function signal(pid: number, name: PidfileTelling["signal"] | 0): Exclude<Sent, "other"> {
  try {
    process.kill(pid, name);
    return "sent";
  } catch (error) {
    if (errorCode(error) === "ESRCH") return "gone";
    if (errorCode(error) === "EPERM") return "denied";
    throw error;
  }
}
