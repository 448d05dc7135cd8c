/**
 * The named pipes of `master-fifo`. As in uWSGI one of them takes letters at a time, the first to begin with; a
 * digit goes over to another. It is opened for reading and writing, so that it never ends when a writer
 * does, and without blocking; a socket of Node waits for it, which holds no thread.
 */
import { execFile } from "node:child_process";
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  rmSync,
  type Stats,
} from "node:fs";
import { Socket } from "node:net";
import { promisify } from "node:util";
import type { Place } from "../../../source.ts";
import type { Log } from "../../log/log.ts";
import { errorCode, errorText, StartFailure } from "../../start-failure.ts";
import { fileHolder, holderText } from "../sockets/holder.ts";
import { type FifoOrder, fifoOrders } from "./fifo-letters.ts";

/** Pause after letters, so that whoever writes without end keeps the master from nothing else; milliseconds. */
const pauseMs = 100;
/** Node has no mkfifo; the interpreter has. */
const makeFifo = "import os, sys; os.mkfifo(sys.argv[1], 0o600)";
/** Time that the interpreter may take, milliseconds. */
const makeLimitMs = 20_000;

/** What is done with letters that are no matter of the FIFO's. */
export interface FifoTake {
  /** `by` says where it came from, for the log. */
  readonly obey: (order: Exclude<FifoOrder, { do: "slot" | "nothing" }>, by: string) => void;
  readonly log: Pick<Log, "write">;
}

/** The FIFOs of a server, one of which is open. */
export class Fifos {
  readonly #paths: readonly string[];
  readonly #python: string;
  #open: OpenFifo;
  #take: FifoTake | undefined;
  #socket: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;
  /** One FIFO takes another's place at a time. */
  #moves: Promise<void> = Promise.resolve();

  /**
   * Makes the first of the FIFOs, in place of a stale one.
   * @param paths absolute; at least one
   * @param python path of the interpreter
   * @throws StartFailure when it cannot be made, or another server has it
   */
  static async make(
    paths: readonly string[],
    place: Place | undefined,
    python: string,
  ): Promise<Fifos> {
    const path = paths[0] ?? "";
    try {
      const reader = readerOf(path);
      if (reader !== undefined)
        throw new Error(`${reader} reads from it; stop that server or choose another path`);
      return new Fifos(paths, python, await openFifo(path, python));
    } catch (error) {
      throw new StartFailure(`master-fifo ${path}: ${errorText(error)}`, place);
    }
  }

  private constructor(paths: readonly string[], python: string, open: OpenFifo) {
    this.#paths = paths;
    this.#python = python;
    this.#open = open;
  }

  /** Begins to take letters. */
  listen(take: FifoTake): void {
    this.#take = take;
    this.#read();
  }

  /** After a reload: makes one that was removed anew, as uWSGI does then. */
  renew(): void {
    this.#moves = this.#moves.then(async () => {
      if (!existsSync(this.#open.path)) await this.#moveTo(this.#open.path);
    });
  }

  /**
   * Takes no more letters.
   * @param remove the path too, if it is still the FIFO that was made
   * @returns a note for the log when it could not be removed
   */
  close(remove: boolean): string | undefined {
    this.#ended = true;
    clearTimeout(this.#timer);
    // While it is open no other file can have its number.
    const note = remove ? removeFifo(this.#open) : undefined;
    this.#closeOpen();
    return note;
  }

  #closeOpen(): void {
    if (this.#socket) this.#socket.destroy();
    else closeSync(this.#open.fd);
    this.#socket = undefined;
  }

  #read(): void {
    const socket = new Socket({ fd: this.#open.fd, readable: true, writable: false });
    this.#socket = socket;
    const { path } = this.#open;
    socket.on("data", (data: Buffer) => {
      socket.pause();
      const slot = this.#obey(path, data.toString("latin1"));
      this.#timer = setTimeout(() => {
        if (slot === undefined) socket.resume();
        // As in uWSGI the first takes the place of one that there is not.
        else this.#switch(this.#paths[slot] ?? this.#paths[0] ?? "");
      }, pauseMs);
    });
    socket.on("error", (error) =>
      this.#take?.log.write(`master-fifo ${path}: ${error.message}; no more letters are taken`),
    );
  }

  /** Obeys letters; the number of the FIFO to go over to, if one of them says so. */
  #obey(path: string, letters: string): number | undefined {
    const take = this.#take;
    if (take === undefined) return undefined;
    let slot: number | undefined;
    const { orders, unknown, dropped } = fifoOrders(letters);
    for (const { letter, order } of orders) {
      const by = `master-fifo ${letter}`;
      if (order.do === "slot") slot = order.slot;
      else if (order.do === "nothing") take.log.write(`${by}: nothing to do: ${order.why}`);
      else take.obey(order, by);
    }
    if (unknown !== "") take.log.write(`${path}: no such commands: ${JSON.stringify(unknown)}`);
    if (dropped > 0) take.log.write(`${path}: too many letters at once, dropped ${dropped}`);
    return slot;
  }

  #switch(path: string): void {
    this.#moves = this.#moves.then(async () => {
      if (path !== this.#open.path || !existsSync(path)) await this.#moveTo(path);
      else {
        this.#socket?.resume();
        this.#take?.log.write(`master-fifo is now ${path}`);
      }
    });
  }

  /** As in uWSGI a FIFO that was there before makes room. */
  async #moveTo(path: string): Promise<void> {
    if (this.#ended) return;
    const log = this.#take?.log;
    try {
      const next = await openFifo(path, this.#python);
      if (this.#ended) {
        closeSync(next.fd);
        return;
      }
      this.#closeOpen();
      this.#open = next;
      this.#read();
      log?.write(`master-fifo is now ${path}`);
    } catch (error) {
      this.#socket?.resume();
      log?.write(`master-fifo ${path}: ${errorText(error)}; it stays ${this.#open.path}`);
    }
  }
}

/** A FIFO that we made. */
interface OpenFifo {
  readonly path: string;
  readonly fd: number;
  readonly file: Stats;
}

/** Who reads from a FIFO; undefined when it is stale or not there. */
function readerOf(path: string): string | undefined {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isFIFO()) return undefined;
  try {
    closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK));
  } catch (error) {
    if (errorCode(error) === "ENXIO") return undefined; // open(2): nobody has it open for reading
    if (errorCode(error) === "EACCES") return undefined; // Whether it can be replaced will show.
    throw error;
  }
  return holderText(fileHolder(path)) ?? "another process";
}

/** Makes a FIFO where there is none yet, or one; with the rights that uWSGI gives it. */
async function openFifo(path: string, python: string): Promise<OpenFifo> {
  const present = lstatSync(path, { throwIfNoEntry: false });
  if (present && !present.isFIFO())
    throw new Error("there is something that is not a FIFO; move it away or choose another path");
  try {
    if (present) rmSync(path);
    await promisify(execFile)(python, ["-I", "-S", "-c", makeFifo, path], { timeout: makeLimitMs });
  } catch (error) {
    const reason = lastLine(errorText(error));
    throw new Error(`${reason}; make its directory writable or choose another path`);
  }
  const flags = constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOFOLLOW;
  const fd = openSync(path, flags);
  const file = fstatSync(fd);
  if (file.isFIFO()) return { path, fd, file };
  closeSync(fd);
  throw new Error("somebody else has put a file there");
}

function removeFifo({ path, file }: OpenFifo): string | undefined {
  const present = lstatSync(path, { throwIfNoEntry: false });
  if (present?.ino !== file.ino || present.dev !== file.dev) return undefined;
  try {
    rmSync(path);
    return undefined;
  } catch (error) {
    return `cannot remove the FIFO ${path}: ${errorText(error)}`;
  }
}

/** Of a Python traceback the error itself. */
function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1) ?? "";
}
