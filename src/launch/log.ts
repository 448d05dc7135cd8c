/** Where the master's own lines and its children's output go: standard error, a file, or a UDP server. */
import { createSocket, type Socket } from "node:dgram";
import { closeSync, constants, fstatSync, openSync, writeSync } from "node:fs";
import type { Readable } from "node:stream";
import type { LogTarget } from "../settings/settings.ts";

/** An open log. It never throws and never ends the process: a server outlives its log. */
export interface Log {
  /** Writes one line (or several) of the master, with the time. */
  readonly write: (text: string) => void;
  /** What the front gets as standard output and error. */
  readonly childStdio: number | "pipe";
  /** What the application gets: it waits for a slow reader, where master and front must not. */
  readonly applicationStdio: number | "pipe";
  /** Reads a child's output when it got a `pipe`. */
  readonly follow: (output: Readable) => void;
  /** True when lines do not show on standard error. */
  readonly elsewhere: boolean;
  /** Waits until everything is sent. */
  readonly close: () => Promise<void>;
}

/** The largest datagram that is sent, bytes: what IPv4 carries is 65,507. */
export const datagramBytes = 60 * 1024;
/** uWSGI opens its log files with these bits. */
export const logFileMode = 0o640;

/**
 * Opens a log.
 * @param target undefined is standard error
 * @throws the system's error when the file cannot be opened
 */
export function openLog(target: LogTarget | undefined): Log {
  if (target === undefined) return descriptorLog(2, false, () => {});
  if (target.kind === "udp") return datagramLog(target.host, target.port);
  const fd = openLogFile(target.path);
  return descriptorLog(fd, true, () => closeSync(fd));
}

/** Opens a log file to append to, made with mode 0640 as uWSGI does. */
export function openLogFile(path: string): number {
  return openSync(path, "a", logFileMode);
}

/** One line as it stands in the log: the time (UTC) in front of the text. */
export function logLine(text: string, now: Date): string {
  return `[${now.toISOString().slice(0, 19)}Z] ${text.trimEnd()}\n`;
}

/**
 * Cuts a stream of bytes into lines of bounded length.
 * @param take gets each line without its end
 * @param longest bytes after which a line is cut
 * @returns `feed` for the bytes, `end` for what is left without a line end
 */
export function lineSplitter(
  take: (line: Buffer) => void,
  longest: number,
): {
  feed: (data: Buffer) => void;
  end: () => void;
} {
  let rest: Buffer = Buffer.alloc(0);
  const feed = (data: Buffer) => {
    let bytes = rest.length > 0 ? Buffer.concat([rest, data]) : data;
    for (;;) {
      const end = bytes.indexOf(10);
      if (end < 0 && bytes.length < longest) break;
      const cut = end < 0 || end > longest ? longest : end;
      take(bytes.subarray(0, cut));
      bytes = bytes.subarray(cut === end ? cut + 1 : cut);
    }
    rest = Buffer.from(bytes);
  };
  const end = () => {
    if (rest.length > 0) take(rest);
    rest = Buffer.alloc(0);
  };
  return { feed, end };
}

function descriptorLog(fd: number, elsewhere: boolean, close: () => void): Log {
  const write = (text: string) => {
    try {
      writeSync(fd, logLine(text, new Date()));
    } catch {
      // A full disk or a closed terminal: there is nowhere left to say it.
    }
  };
  const own = ownDescription(fd);
  return {
    write,
    childStdio: fd,
    applicationStdio: own ?? fd,
    follow: () => {},
    elsewhere,
    close: async () => {
      if (own !== undefined) closeSync(own);
      close();
    },
  };
}

/**
 * Node makes a pipe non-blocking for everybody who shares it, and Python silently loses what does not
 * fit into it at once. Opened anew it is the application's alone, and the zygote makes it wait again.
 * @returns undefined for anything but a pipe, and where there is no /proc or no reader
 */
function ownDescription(fd: number): number | undefined {
  try {
    if (!fstatSync(fd).isFIFO()) return undefined;
    // Without O_NONBLOCK this would wait for a reader.
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
}

function datagramLog(host: string, port: number): Log {
  const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
  socket.on("error", () => {}); // An unreachable log server loses lines, as UDP does.
  socket.unref();
  let pending = 0;
  let idle = () => {};
  const send = (line: Buffer) => {
    pending++;
    sendDatagram(socket, line, port, host, () => {
      if (--pending === 0) idle();
    });
  };
  const close = async () => {
    if (pending > 0) await new Promise<void>((done) => (idle = done));
    socket.close();
  };
  return {
    write: (text) => {
      for (const line of logLine(text, new Date()).trimEnd().split("\n"))
        send(Buffer.from(line).subarray(0, datagramBytes));
    },
    childStdio: "pipe",
    applicationStdio: "pipe",
    follow: (output) => {
      const { feed, end } = lineSplitter(send, datagramBytes);
      output.on("data", feed).on("end", end);
      output.on("error", () => {});
    },
    elsewhere: true,
    close,
  };
}

function sendDatagram(socket: Socket, line: Buffer, port: number, host: string, done: () => void) {
  try {
    socket.send(line, port, host, done);
  } catch {
    done(); // The socket is closed: the server is at its end.
  }
}
