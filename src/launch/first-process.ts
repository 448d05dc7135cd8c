/**
 * The first process of a container. It inherits every orphan there and has to reap it, which Node cannot: it
 * waits only for children that it started itself. So a small Python program comes between: python/tsuwsgi/init.py.
 */
import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { constants as systemConstants } from "node:os";
import { delimiter, join } from "node:path";
import { signalsWithMeaning } from "../settings/hooks/unix-signal.ts";
import { pythonProgram } from "./python-program.ts";

/** Descriptors that are passed by the protocol of sd_listen_fds(3) begin here. */
const firstFd = 3;
/** More sockets than this are a slip in a number. */
const mostFds = 1024;

/**
 * Runs this very command once more below the program, which takes the place of this process where Node can
 * do that (process.execve, Node 22.15), and else is its child, which signals are passed to.
 * @param argv the arguments after the command's name
 * @returns the exit code, when all is over; undefined where the command is to be run by this process
 */
export async function behindInit(
  argv: readonly string[],
  note: (text: string) => void,
): Promise<number | undefined> {
  const python = onPath("python3");
  const script = process.argv[1];
  if (python === undefined || script === undefined) {
    note(
      "there is no python3 on the PATH: as process 1 tsuwsgi does not reap orphans without it\n",
    );
    return undefined;
  }
  // -I and -S: nothing of the application's environment, and a few MB less.
  const args = ["-I", "-S", program, process.execPath, ...process.execArgv, script, ...argv];
  const passed = Math.min(Number(process.env["LISTEN_FDS"] ?? 0) || 0, mostFds);
  // What takes our place gets no descriptors but the standard ones.
  if (passed === 0 && "execve" in process && typeof process.execve === "function")
    process.execve(python, [python, ...args], process.env);
  return await below(python, args, passed);
}

function below(python: string, args: readonly string[], passed: number): Promise<number> {
  const fds = Array.from({ length: passed }, (_, index) => firstFd + index);
  const child = spawn(python, args, {
    stdio: ["inherit", "inherit", "inherit", ...fds],
    // A terminal's signals reach this process alone, which passes them on.
    detached: true,
  });
  // All that may mean something; the program knows what becomes of them.
  for (const name of signalsWithMeaning) process.on(name, () => child.kill(name));
  return new Promise((resolve, reject) => {
    child.once("error", (error) => {
      if (child.pid === undefined) reject(error);
    });
    child.once("exit", (code, signal) =>
      resolve(code ?? 128 + systemConstants.signals[signal ?? "SIGKILL"]),
    );
  });
}

function onPath(name: string): string | undefined {
  const directories = (process.env["PATH"] ?? "").split(delimiter).filter(Boolean);
  return directories
    .map((directory) => join(directory, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

const program = pythonProgram("init.py");
