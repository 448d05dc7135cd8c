/** `--stop PIDFILE`: ends the server whose master wrote the file, and waits until it is gone. */
import { readFileSync } from "node:fs";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { exitCodes } from "./exit-codes.ts";
import { errorCode, readText } from "./machine.ts";
import type { Output } from "./output.ts";

/** How long the server may take: the default mercy of its workers. */
const stopTimeoutMs = 60_000;
const pollMs = 50;

/** Process ids are positive 32-bit numbers; 0 and negative ones would signal whole groups. */
const largestPid = 0x7fff_ffff;

/**
 * Sends SIGINT, as uWSGI does, and waits.
 * @returns exit code: 0 when the process is gone
 */
export async function stop(
  pidfile: string,
  output: Output,
  timeoutMs = stopTimeoutMs,
): Promise<number> {
  const fail = (message: string) => {
    output.error(`tsuwsgi: ${message}\n`);
    return exitCodes.failed;
  };
  let text: string;
  try {
    text = readFileSync(pidfile, "utf8").trim();
  } catch (error) {
    return fail(`--stop: ${unreadable(pidfile, errorCode(error))}`);
  }
  const pid = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (pid < 1 || pid > largestPid) return fail(`--stop: ${pidfile} does not hold a process id`);
  const sent = signal(pid, "SIGINT");
  if (sent === "gone") {
    return fail(`--stop: there is no process ${pid}; ${pidfile} is left over from an earlier run`);
  }
  if (sent === "denied") {
    return fail(`--stop: process ${pid} belongs to another user; stop it as that user or as root`);
  }
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline) {
    if (signal(pid, 0) === "gone" || isZombie(pid)) return exitCodes.ok;
    await sleep(pollMs);
  }
  return fail(`--stop: process ${pid} is still there after ${timeoutMs / 1000} seconds`);
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

function signal(pid: number, name: "SIGINT" | 0): "sent" | "gone" | "denied" {
  try {
    process.kill(pid, name);
    return "sent";
  } catch (error) {
    if (errorCode(error) === "ESRCH") return "gone";
    if (errorCode(error) === "EPERM") return "denied";
    throw error;
  }
}
