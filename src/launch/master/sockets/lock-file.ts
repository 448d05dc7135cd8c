/** `flock` and its kin: a file that only one server at a time has locked. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { LockSetting } from "../../../settings/control-settings.ts";
import type { Place } from "../../../source.ts";
import { pythonProgram } from "../../python-program.ts";
import { errorText, StartFailure } from "../../start-failure.ts";
import { fileHolder, holderText } from "./holder.ts";

const program = pythonProgram("lock_file.py");

/**
 * Locks a file. Node has no call for it, so the interpreter locks a descriptor of ours.
 * @param python path of the interpreter
 * @param stopped ends the waiting
 * @returns gives the lock back
 * @throws StartFailure when the file cannot be opened, as in uWSGI, or is locked and is not to be waited for
 */
export async function lockFile(
  { path, wait }: LockSetting,
  place: Place | undefined,
  python: string,
  stopped: AbortSignal,
): Promise<() => void> {
  let fd: number;
  try {
    fd = openSync(path, "r+");
  } catch (error) {
    throw new StartFailure(
      `cannot open the file to lock: ${errorText(error)}; make it first`,
      place,
    );
  }
  const { code, text } = await run(python, wait, fd, stopped);
  if (code === 0) return () => closeSync(fd);
  closeSync(fd);
  if (stopped.aborted)
    throw new StartFailure(`stopped while it waited for the lock on ${path}`, place);
  const holder = holderText(fileHolder(path)) ?? "another server";
  const reason =
    code === 1
      ? `${path} is locked by ${holder}; stop that server, or write \`flock-wait\``
      : `cannot lock ${path}: ${text}`;
  throw new StartFailure(reason, place);
}

function run(
  python: string,
  wait: boolean,
  fd: number,
  stopped: AbortSignal,
): Promise<{ code: number | null; text: string }> {
  return new Promise((resolve) => {
    const args = ["-I", "-S", program, wait ? "wait" : "once"];
    const child: ChildProcess = spawn(python, args, { stdio: ["ignore", "pipe", "inherit", fd] });
    let text = "";
    child.stdout?.setEncoding("utf8").on("data", (part: string) => (text += part));
    const stop = () => void child.kill("SIGKILL");
    stopped.addEventListener("abort", stop, { once: true });
    child.once("error", (error) => resolve({ code: null, text: error.message }));
    child.once("close", (code, signal) => {
      stopped.removeEventListener("abort", stop);
      resolve({ code, text: text.trim() || `the interpreter ended by ${signal ?? code}` });
    });
    if (stopped.aborted) stop();
  });
}
