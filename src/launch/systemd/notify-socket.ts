/**
 * The socket of sd_notify(3). Node has no Unix datagrams, and systemd believes by default only what the main
 * process itself has sent, so a child cannot speak for it. A Python program (bind_socket.py) connects a
 * socket and passes it over Node's IPC channel. Node knows no handle for such a socket, so it leaves
 * the descriptor where libuv keeps what it has received: open, until the channel closes. Its number is
 * found by its inode; write(2) then sends. That the channel stays open though the program ends is
 * the program's doing: it passes its own end of the channel along.
 */
import { spawn } from "node:child_process";
import { readdirSync, readlinkSync } from "node:fs";
import { pythonProgram } from "../python-program.ts";
import { errorText } from "../start-failure.ts";

/** How long the program may take, milliseconds. */
const limitMs = 10_000;

/**
 * Connects to a service manager.
 * @param socket a path, or `@` and an abstract name
 * @returns the descriptor, for as long as this process lives; or why there is none
 */
export function connectToManager(
  socket: string,
  python: string,
): Promise<{ readonly fd: number } | { readonly problem: string }> {
  return new Promise((resolve) => {
    const order = JSON.stringify({ do: "notify", socket });
    const child = spawn(python, [program, order], {
      stdio: ["ignore", "pipe", "inherit", "ipc"],
      // Out of the process group: a signal to that, as by Ctrl-C, is for the master alone.
      detached: true,
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), limitMs);
    let text = "";
    child.stdout?.setEncoding("utf8").on("data", (part: string) => (text += part));
    child.once("message", (message) => {
      const fd = descriptorOf(inodeOf(message));
      resolve(fd === undefined ? { problem: "its descriptor was not found" } : { fd });
      child.channel?.unref(); // It is never closed.
    });
    child.once("error", (error) => resolve({ problem: errorText(error) }));
    child.once("exit", (code) => {
      clearTimeout(timer);
      if (code !== 0) resolve({ problem: text.trim() || `${python} ended with exit code ${code}` });
    });
  });
}

/** The parse boundary: the program is this package's own. */
function inodeOf(message: unknown): string {
  return typeof message === "object" && message !== null && "inode" in message
    ? String(message.inode)
    : "";
}

function descriptorOf(inode: string): number | undefined {
  const directory = "/proc/self/fd";
  const found = readdirSync(directory).find((fd) => {
    try {
      return readlinkSync(`${directory}/${fd}`) === `socket:[${inode}]`;
    } catch {
      return false; // That of the directory itself is gone by now.
    }
  });
  return found === undefined ? undefined : Number(found);
}

const program = pythonProgram("bind_socket.py");
