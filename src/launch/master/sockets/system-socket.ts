/** What Node cannot do with sockets, done by a short Python program: python/tsuwsgi/bind_socket.py. */
import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import type { Address } from "../../../options/address.ts";
import type { SocketOptions } from "../../../settings/socket-settings.ts";
import { pythonProgram } from "../../python-program.ts";
import { errorText } from "../../start-failure.ts";
import { receivedHandle, type ServerHandle } from "./server-handle.ts";

/** What is bound, with which options. */
export type SystemAddress =
  | { readonly family: "inet" | "inet6"; readonly host: string; readonly port: number }
  /** An abstract name has a NUL in front. */
  | { readonly family: "unix"; readonly path: string };

/** Why something was not done: an error of the system, perhaps about one option, or a sentence. */
export interface SystemRefusal {
  readonly error?: string;
  readonly option?: string;
  readonly reason?: string;
}

/** A socket's options by uWSGI's names, as far as they are asked for and are of that family's. */
export function systemOptions(
  options: SocketOptions,
  family: SystemAddress["family"],
): Readonly<Record<string, number>> {
  const tcp = family !== "unix";
  const wanted: readonly (readonly [string, number])[] = [
    ["reuse-port", tcp && options.reusePort ? 1 : 0],
    ["freebind", tcp && options.freebind ? 1 : 0],
    ["so-keepalive", tcp && options.keepalive ? 1 : 0],
    ["tcp-fast-open", tcp ? options.fastOpen : 0],
    ["socket-sndbuf", options.sendBuffer],
    ["socket-rcvbuf", options.receiveBuffer],
  ];
  return Object.fromEntries(wanted.filter(([, value]) => value > 0));
}

/** Binds a socket, its options set before. */
export async function bindBySystem(
  address: SystemAddress,
  options: Readonly<Record<string, number>>,
  python: string,
): Promise<ServerHandle | SystemRefusal> {
  const order = { do: "bind", ...address, options };
  let handle: ServerHandle | undefined;
  const refusal = await run(python, order, ["ignore", "pipe", "inherit", "ipc"], (child) => {
    child.on("message", (_message, received: unknown) => {
      handle = receivedHandle(received);
    });
  });
  return handle ?? refusal;
}

/** Looks where a descriptor of this process is bound to. */
export async function lookAtDescriptor(
  fd: number,
  python: string,
): Promise<Address | SystemRefusal> {
  const said = await run(python, { do: "look" }, ["ignore", "pipe", "inherit", fd], () => {});
  const { family, host = "", port = 0, path = "", abstract } = said;
  if (family === "AF_INET" || family === "AF_INET6")
    return { kind: "tcp", host, port, family: family === "AF_INET" ? 4 : 6 };
  if (family !== "AF_UNIX") return said;
  return abstract === undefined ? { kind: "unix", path } : { kind: "abstract", name: abstract };
}

/** What the program says: a refusal, or where a descriptor is bound to. */
interface Said extends SystemRefusal {
  readonly family?: string;
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
  readonly abstract?: string;
}

/** Runs the program to its end. */
function run(
  python: string,
  order: object,
  stdio: StdioOptions,
  started: (child: ChildProcess) => void,
): Promise<Said> {
  return new Promise((resolve) => {
    // Out of the process group: a signal to that, as by Ctrl-C, is for the master alone.
    const child = spawn(python, [program, JSON.stringify(order)], { stdio, detached: true });
    let text = "";
    child.stdout?.setEncoding("utf8").on("data", (part: string) => (text += part));
    started(child);
    child.once("error", (error) => resolve({ reason: errorText(error) }));
    child.once("close", (code) => resolve(said(text, `${python} ended with exit code ${code}`)));
  });
}

/** The parse boundary: the program is this package's own. */
function said(text: string, otherwise: string): Said {
  try {
    return JSON.parse(text) as Said;
  } catch {
    return { reason: text.trim() || otherwise };
  }
}

const program = pythonProgram("bind_socket.py");
