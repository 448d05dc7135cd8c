/** Lines for another program's standard input: a command of `pipe`, or what sends datagrams to Unix sockets. */
import { type ChildProcess, spawn } from "node:child_process";
import { pythonProgram } from "../python-program.ts";
import { errorText } from "../start-failure.ts";
import { Losses, MAX_HELD_BYTES, noFile, type Sink } from "./sink.ts";

/** After its end the program is started anew with the next line, but not sooner than this. */
const RESTART_MS = 1_000;
/** How long it may take to end once it has got everything. */
const END_MS = 2_000;

/** What is run. */
export interface LogProgram {
  readonly command: string;
  readonly args: readonly string[];
  /** Each line has its length in front, u32 little-endian. */
  readonly framed: boolean;
}

/** As uWSGI's `pipe`: a shell's command in a session of its own. */
export function shellProgram(command: string): LogProgram {
  return { command: "/bin/sh", args: ["-c", command], framed: false };
}

/**
 * Sends datagrams to a Unix socket. Node has none of that kind and cannot be given one either: it does
 * not know what a descriptor of such a socket is, and drops it.
 */
export function datagramProgram(path: string, python: string): LogProgram {
  return { command: python, args: [sendDatagrams, path], framed: true };
}

const sendDatagrams = pythonProgram("send_datagrams.py");

/** Starts the program with the first line. */
export class ProgramSink implements Sink {
  readonly batches: boolean;
  readonly shared = undefined;
  readonly crowded = false;
  readonly flush = noFile.flush;
  readonly rotate = noFile.rotate;
  readonly reopen = noFile.reopen;
  readonly #program: LogProgram;
  readonly #losses = new Losses();
  #child: ChildProcess | undefined;
  #startAt = 0;
  #reason = "";

  constructor(program: LogProgram) {
    this.#program = program;
    this.batches = !program.framed;
  }

  write(lines: Buffer): void {
    this.#child ??= this.#start();
    const stdin = this.#child?.stdin;
    if (!stdin?.writable) {
      this.#losses.add(lines, this.#reason);
      return;
    }
    if (stdin.writableLength + lines.length > MAX_HELD_BYTES) {
      this.#losses.add(lines, "the reader is too slow");
      return;
    }
    const { notice } = this.#losses;
    this.#losses.told();
    if (notice) this.#send(stdin, notice);
    this.#send(stdin, lines);
  }

  async close(): Promise<void> {
    const child = this.#child;
    if (child?.stdin === undefined || child.exitCode !== null) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, END_MS);
      child.once("exit", () => {
        clearTimeout(timer);
        resolve();
      });
      child.stdin?.end();
    });
    child.unref();
  }

  #send(stdin: NonNullable<ChildProcess["stdin"]>, lines: Buffer): void {
    if (this.#program.framed) {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(lines.length);
      stdin.write(length);
    }
    stdin.write(lines, (error) => {
      if (error) this.#losses.add(lines, this.#reason || errorText(error));
    });
  }

  #start(): ChildProcess | undefined {
    const now = Date.now();
    if (now < this.#startAt) return undefined;
    this.#startAt = now + RESTART_MS;
    const { command, args } = this.#program;
    const child = spawn(command, args, { stdio: ["pipe", "ignore", "inherit"], detached: true });
    const ended = (reason: string) => {
      this.#reason = reason;
      if (this.#child === child) this.#child = undefined;
    };
    child.once("error", (error) => ended(errorText(error)));
    child.once("exit", (code, signal) => {
      ended(`the program ended with ${signal ?? `exit code ${code}`}`);
    });
    child.stdin.on("error", () => {}); // Each line's own callback tells.
    return child;
  }
}
