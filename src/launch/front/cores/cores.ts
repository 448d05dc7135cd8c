/** Where the workers' cores connect: who they are, which worker is complete, what they count. */

import { timingSafeEqual } from "node:crypto";
import { readSync, writeSync } from "node:fs";
import type { FrontConfig, FrontLoad, FrontWorkerStats, LoadFailure } from "../../messages.ts";
import {
  CLAIMED_OFFSET,
  COUNTER_STRIDE,
  GONE_OFFSET,
  LIMIT_OFFSET,
  OVERDUE_OFFSET,
} from "../../protocol/counters.ts";
import { FrameReader } from "../../protocol/frame.ts";
import { canOpen, type OpenFiles } from "../exchange/open-files.ts";
import { type Channel, ChannelServer } from "../transport/channel.ts";
import { Core, type OwnedCounters } from "./core.ts";
import type { CoreWorker } from "./core-worker.ts";
import type { Dispatcher } from "./dispatch.ts";

/** How long a connection may take to say who it is. */
const HELLO_MS = 5_000;
const BACKLOG = 4096;
/** How long what a dead worker has sent may take to be read. */
const LAST_WORDS_MS = 100;

/** What a core says first. */
interface Hello {
  readonly secret: string;
  readonly worker: number;
  readonly slot: number;
  /** The worker is to wait until it is admitted. */
  readonly held: boolean;
  readonly core: number;
  readonly pid: number;
  /** Its descriptor of the counters' file. */
  readonly countersFd: number;
  readonly failure: LoadFailure | null;
  /** A core of it failed outside of the application, for want of memory mostly. */
  readonly broken: boolean;
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

  /** All that are connected. */
  get workers(): readonly CoreWorker[] {
    return this.#workers;
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

  /**
   * In one step some workers begin to take requests, and others take no more and go when they have
   * answered what they began. Those that are gone already are passed over.
   * @param admit process ids
   * @param retire process ids
   */
  swap(admit: readonly number[], retire: readonly number[]): void {
    for (const worker of this.#workers) {
      if (!worker.held || !admit.includes(worker.pid)) continue;
      worker.held = false;
      for (const core of worker.cores) this.#dispatcher.attach(core);
    }
    for (const worker of this.#workers) {
      if (!retire.includes(worker.pid)) continue;
      if (!worker.held) this.#dispatcher.retire(worker);
      else for (const core of worker.cores) core.quit();
    }
  }

  /** Lets those go that were not admitted; the dispatcher tells the others. */
  quitHeld(): void {
    for (const { held, cores } of this.#workers) if (held) for (const core of cores) core.quit();
  }

  countHarakiri(worker: number): void {
    this.#harakiris.set(worker, (this.#harakiris.get(worker) ?? 0) + 1);
  }

  /** The counts of all workers that are connected, of each number the one that takes requests. */
  stats(): FrontWorkerStats[] {
    const shown = new Map<number, CoreWorker>();
    for (const worker of this.#workers) {
      if (worker.held || (worker.leaving && shown.has(worker.id))) continue;
      shown.set(worker.id, worker);
    }
    return [...shown.values()].map((worker) => ({
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

  /** What the number of workers depends on. */
  load(): FrontLoad["workers"] {
    return this.#workers
      .filter(({ held, leaving }) => !held && !leaving)
      .map(({ pid, cores, runningTime }) => ({
        pid,
        busy: cores.some(({ inFlight }) => inFlight > 0),
        runningTime,
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
      deadline: refuse,
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
    const { slot, core: index, pid } = hello;
    if (slot < 1 || slot > config.slots || index < 0 || index >= config.cores) return undefined;
    let worker = this.#workers.find((other) => other.pid === pid && other.slot === slot);
    if (!worker) {
      worker = newWorker(hello);
      this.#workers.push(worker);
      this.#workers.sort((a, b) => a.id - b.id);
    }
    // The slot's last worker is dead, though its connection's end may not have been read yet.
    for (const other of this.#workers) {
      if (other.slot !== slot || other === worker) continue;
      for (const old of other.cores) if (old.index === index) old.supersede();
    }
    const line = (slot - 1) * config.cores + index;
    const core = new Core(
      worker,
      index,
      channel,
      new FileCounters(config.countersFd, line),
      this.#dispatcher,
      config.greenlets ? 1 : 0,
    );
    // One that has a core is known already.
    const opens = worker.cores[0]?.files ?? canOpen(pid, hello.countersFd, config.countersFd);
    if (opens) core.files = this.#files;
    insert(worker.cores, core);
    if (!worker.held) this.#dispatcher.attach(core);
    if (hello.broken) this.#dispatcher.failed(worker);
    if (worker.cores.length === config.cores) this.#attached(worker, hello.failure ?? undefined);
    return core;
  }

  #leave(core: Core): void {
    const { worker } = core;
    if (!worker.held) this.#dispatcher.detach(core);
    worker.cores.splice(worker.cores.indexOf(core), 1);
    if (worker.cores.length > 0) return;
    this.#workers = this.#workers.filter((other) => other !== worker);
    if (this.#workers.length === 0) this.#emptied?.();
  }
}

/** Puts a core behind those of lower numbers; they mostly come in their order. */
function insert(cores: Core[], core: Core): void {
  let at = cores.length;
  while (at > 0 && (cores[at - 1] as Core).index > core.index) at--;
  cores.splice(at, 0, core);
}

function newWorker({ worker: id, slot, pid, held }: Hello): CoreWorker {
  return {
    ...{ id, slot, pid, held, worn: false },
    cores: [],
    idle: [],
    attached: 0,
    progress: 0,
    stuckAt: -1,
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

/** Where a counter is on its way to or from the file: one word for all, since nothing waits in between. */
const word = Buffer.alloc(4);
const wordView = new Uint32Array(word.buffer, word.byteOffset, 1);

/** A core's counters in the shared file; reads and writes by position are the front's fence. */
class FileCounters implements OwnedCounters {
  readonly #fd: number;
  readonly #line: number;

  constructor(fd: number, line: number) {
    this.#fd = fd;
    this.#line = line * COUNTER_STRIDE;
  }

  readClaimed(): number {
    readSync(this.#fd, word, 0, 4, this.#line + CLAIMED_OFFSET);
    return wordView[0] as number;
  }

  writeLimit(limit: number): void {
    this.#write(limit, LIMIT_OFFSET);
  }

  writeGone(number: number): void {
    this.#write(number, GONE_OFFSET);
  }

  writeOverdue(number: number): void {
    this.#write(number, OVERDUE_OFFSET);
  }

  reset(): void {
    this.#write(0, OVERDUE_OFFSET);
    this.#write(0, GONE_OFFSET);
    this.#write(0, LIMIT_OFFSET);
    this.#write(0, CLAIMED_OFFSET);
  }

  #write(value: number, offset: number): void {
    wordView[0] = value;
    writeSync(this.#fd, word, 0, 4, this.#line + offset);
  }
}
