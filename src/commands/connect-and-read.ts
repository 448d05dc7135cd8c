/** `--connect-and-read ADDRESS`: prints what a server says, such as the statistics. */
import { connect, type NetConnectOpts } from "node:net";
import { parseAddress } from "../options/address.ts";
import { exitCodes } from "./exit-codes.ts";
import { errorCode } from "./machine.ts";
import type { Output } from "./output.ts";

/** Time in which a server has to take the connection, and to say more; milliseconds. */
const silenceMs = 60_000;

/**
 * Reads until the server closes. Unlike uWSGI, which writes to its log, on standard output.
 * @returns exit code: 0 when the server closed
 */
export async function connectAndRead(
  text: string,
  output: Output,
  limitMs = silenceMs,
): Promise<number> {
  const fail = (message: string) => {
    output.error(`tsuwsgi: --connect-and-read: ${message}\n`);
    return exitCodes.failed;
  };
  const target = targetOf(text);
  if (typeof target === "string") return fail(`${text} is no address: expected ${target}`);
  return await new Promise((resolve) => {
    const socket = connect(target);
    socket.setEncoding("utf8").on("data", (part: string) => output.write(part));
    socket.setTimeout(limitMs, () => {
      socket.destroy();
      resolve(fail(`${text} has said nothing for ${limitMs / 1000} seconds`));
    });
    socket.once("end", () => {
      socket.destroy();
      resolve(exitCodes.ok);
    });
    socket.once("error", (error) => resolve(fail(whyNot(text, errorCode(error)))));
  });
}

/** Where to connect, or what was expected. */
function targetOf(text: string): NetConnectOpts | string {
  const parsed = parseAddress(text);
  if (!parsed.ok) return parsed.expected;
  const { value } = parsed;
  switch (value.kind) {
    case "tcp":
      return { host: value.host === "" ? "127.0.0.1" : value.host, port: value.port };
    case "unix":
      return { path: value.path };
    case "abstract":
      return { path: `\0${value.name}` };
  }
}

function whyNot(text: string, code: string | undefined): string {
  switch (code) {
    case "ECONNREFUSED":
      return `nobody listens on ${text}; is the server running?`;
    case "ENOENT":
      return `there is no socket ${text}; is the server running?`;
    case "EACCES":
      return `this user may not connect to ${text}`;
    default:
      return `${text}: ${code ?? "unknown error"}`;
  }
}
