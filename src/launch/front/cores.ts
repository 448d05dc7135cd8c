/** Where the workers' cores connect: who they are, which worker is complete, what they count. */
import { timingSafeEqual } from "node:crypto";
import { readSync, writeSync } from "node:fs";
import type { FrontConfig, FrontWorkerStats, LoadFailure } from "../messages.ts";
import { CLAIMED_OFFSET, COUNTER_STRIDE, GONE_OFFSET, LIMIT_OFFSET } from "../protocol/counters.ts";
import { FrameReader } from "../protocol/frame.ts";
import { type Channel, ChannelServer } from "./channel.ts";
import { Core, type CoreWorker, type OwnedCounters } from "./core.ts";
import type { Dispatcher } from "./dispatch.ts";
import { canOpen, type OpenFiles } from "./open-files.ts";

/** How long a connection may take to say who it is. */
const HELLO_MS = 5_000;
const BACKLOG = 4096;
/** How long what a dead worker has sent may take to be read. */
const LAST_WORDS_MS = 100;

/** What a core says first. */
interface Hello {
  readonly secret: string;
  readonly worker: number;
  readonly core: number;
  readonly pid: number;
  /** Its descriptor of the counters' file. */
  readonly countersFd: number;
  readonly failure: LoadFailure | null;
}

/** Accepts cores and hands them to the dispatcher. */
export class CoreRegistry {
  readonly #config: FrontConfig;
  readonly #dispatcher: Dispatcher;
  readonly #attached: (worker: CoreWorker, failure: LoadFailure | undefined) => void;
  readonly #files: OpenFiles;
  readonly #server: ChannelServer;
  #workers: CoreWorker[] = [];
  #emptied: (() => void) | undefined;
  readonly #harakiris = new Map<number, number>();

  /**
   * @param files opens what workers lend
   * @param attached is told when all cores of a worker have connected
   */
  constructor(
    config: FrontConfig,
    dispatcher: Dispatcher,
    files: OpenFiles,
    attached: (worker: CoreWorker, failure: LoadFailure | undefined) => void,
  ) {
    this.#config = config;
    this.#dispatcher = dispatcher;
    this.#files = files;
    this.#attached = attached;
    this.#server = new ChannelServer({ noDelay: false }, (channel) => this.#accept(channel));
  }

  /** Begins to accept. */
  listen(): Promise<void> {
    // Errors later (no descriptors left) concern one connection, and the core tries again.
    return this.#server.listen(this.#config.coresFd, BACKLOG, () => {});
  }

  /** Lets no more in; resolves when all have gone, or after `patienceMs`. */
  async close(patienceMs: number): Promise<void> {
    this.#server.close();
    if (this.#workers.length === 0) return;
    await new Promise<void>((resolve) => {
      this.#emptied = resolve;
      setTimeout(resolve, patienceMs);
    });
  }

  /**
   * A worker's process has ended. Its connections end with it, unless a process that the application
   * forked still holds them: those are cut once what is left in them was read.
   */
  exited(pid: number): void {
    for (const worker of this.#workers) {
      if (worker.pid !== pid) continue;
      worker.leaving = true;
      for (const core of worker.cores) core.supersede();
      setTimeout(() => {
        for (const core of [...worker.cores]) core.destroy();
      }, LAST_WORDS_MS).unref();
    }
  }

  countHarakiri(worker: number): void {
    this.#harakiris.set(worker, (this.#harakiris.get(worker) ?? 0) + 1);
  }

  /** The counts of all workers that are connected. */
  stats(): FrontWorkerStats[] {
    return this.#workers.map((worker) => ({
      id: worker.id,
      pid: worker.pid,
      requests: worker.requests,
      exceptions: worker.exceptions,
      harakiriCount: this.#harakiris.get(worker.id) ?? 0,
      tx: worker.tx,
      runningTime: Math.round(worker.runningTime),
      averageTime: Math.round(worker.averageTime),
      cores: worker.cores.map((core) => ({
        id: core.index,
        requests: core.requests,
        inRequest: core.inFlight > 0,
        writeErrors: core.writeErrors,
        readErrors: core.readErrors,
      })),
    }));
  }

  #accept(channel: Channel): void {
    const { socket } = channel;
    const timer = setTimeout(() => socket.destroy(), HELLO_MS);
    let core: Core | undefined;
    const refuse = () => {
      throw new Error("a core must say hello first");
    };
    const reader = new FrameReader({
      hello: (payload) => {
        clearTimeout(timer);
        core = this.#enter(channel, payload);
        if (!core) socket.destroy();
      },
      skipped: refuse,
      answer: refuse,
      data: refuse,
      file: refuse,
    });
    channel.use({
      bytesCame: (data) => {
        try {
          if (core) core.receive(data);
          else reader.push(data);
        } catch (error) {
          // Not our worker, or a broken one: nothing it says can be trusted any more.
          console.error(
            `tsuwsgi: a worker was cut off: ${error instanceof Error ? error.message : error}`,
          );
          socket.destroy();
        }
      },
      endCame: () => socket.end(),
      someTaken: () => {},
      allTaken: () => core?.drained(),
      gone: () => {
        clearTimeout(timer);
        if (core) this.#leave(core);
      },
    });
  }

  /** Checks who a core is and lets it in. */
  #enter(channel: Channel, payload: Buffer): Core | undefined {
    const hello = JSON.parse(payload.toString()) as Hello;
    const config = this.#config;
    const secret = Buffer.from(String(hello.secret));
    const expected = Buffer.from(config.secret);
    if (secret.length !== expected.length || !timingSafeEqual(secret, expected)) return undefined;
    const { worker: id, core: index, pid } = hello;
    if (id < 1 || id > config.processes || index < 0 || index >= config.threads) return undefined;
    let worker = this.#workers.find((other) => other.pid === pid && other.id === id);
    if (!worker) {
      worker = newWorker(id, pid);
      this.#workers.push(worker);
      this.#workers.sort((a, b) => a.id - b.id);
    }
    // The slot's last worker is dead, though its connection's end may not have been read yet.
    for (const other of this.#workers) {
      if (other.id !== id || other === worker) continue;
      for (const old of other.cores) if (old.index === index) old.supersede();
    }
    const slot = (id - 1) * config.threads + index;
    const core = new Core(
      worker,
      index,
      channel,
      counters(config.countersFd, slot),
      this.#dispatcher,
    );
    // One that has a core is known already.
    const opens = worker.cores[0]?.files ?? canOpen(pid, hello.countersFd, config.countersFd);
    if (opens) core.files = this.#files;
    worker.cores.push(core);
    worker.cores.sort((a, b) => a.index - b.index);
    this.#dispatcher.attach(core);
    if (worker.cores.length === config.threads) this.#attached(worker, hello.failure ?? undefined);
    return core;
  }

  #leave(core: Core): void {
    const { worker } = core;
    this.#dispatcher.detach(core);
    worker.cores.splice(worker.cores.indexOf(core), 1);
    if (worker.cores.length > 0) return;
    this.#workers = this.#workers.filter((other) => other !== worker);
    if (this.#workers.length === 0) this.#emptied?.();
  }
}

function newWorker(id: number, pid: number): CoreWorker {
  return {
    id,
    pid,
    cores: [],
    leaving: false,
    quitting: false,
    killed: false,
    requests: 0,
    exceptions: 0,
    tx: 0,
    runningTime: 0,
    averageTime: 0,
  };
}

/** A core's counters in the shared file; reads and writes by position are the front's fence. */
function counters(fd: number, slot: number): OwnedCounters {
  const word = Buffer.alloc(4);
  const view = new Uint32Array(word.buffer, word.byteOffset, 1);
  const line = slot * COUNTER_STRIDE;
  const write = (value: number, offset: number) => {
    view[0] = value;
    writeSync(fd, word, 0, 4, line + offset);
  };
  return {
    readClaimed: () => {
      readSync(fd, word, 0, 4, line + CLAIMED_OFFSET);
      return view[0] as number;
    },
    writeLimit: (limit) => write(limit, LIMIT_OFFSET),
    writeGone: (number) => write(number, GONE_OFFSET),
    reset: () => {
      write(0, GONE_OFFSET);
      write(0, LIMIT_OFFSET);
      write(0, CLAIMED_OFFSET);
    },
  };
}
