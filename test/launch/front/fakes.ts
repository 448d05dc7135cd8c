/** A core without a worker, and clients without connections, for the dispatcher's rules. */

import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { Core } from "../../../src/launch/front/cores/core.ts";
import type { CoreWorker } from "../../../src/launch/front/cores/core-worker.ts";
import { Dispatcher, type DispatchOptions } from "../../../src/launch/front/cores/dispatch.ts";
import { WorkerLimits } from "../../../src/launch/front/cores/limits.ts";
import { Exchange } from "../../../src/launch/front/exchange/exchange.ts";
import type { FileAnswer, Waiting } from "../../../src/launch/front/exchange/waiting.ts";
import { Channel } from "../../../src/launch/front/transport/channel.ts";
import { Flag, FRAME_HEADER, Kind, writeHeader } from "../../../src/launch/protocol/frame.ts";
import { noLimits } from "../../../src/settings/limit-settings.ts";

/** A client; it notes what it is told. */
export class FakeClient implements Waiting {
  status = 0;
  pauses = 0;
  answer(status: number): void {
    this.status = status;
  }
  data(): void {}
  file({ status, file }: FileAnswer): void {
    this.status = status;
    file?.close();
  }
  fail(status: number): void {
    this.status = status;
  }
  pauseBody(): void {
    this.pauses++;
  }
  resumeBody(): void {
    this.pauses--;
  }
}

/** A core whose worker is the test. */
export class FakeCore {
  readonly counters = { claimed: 0, limit: 0, gone: 0, overdue: 0 };
  /** What was sent to the worker. */
  sent = Buffer.alloc(0);
  readonly socket = new Duplex({
    read() {},
    write: (data, _encoding, done) => {
      this.sent = Buffer.concat([this.sent, data]);
      done();
    },
  });
  readonly core: Core;

  /** @param base as in Core */
  constructor(dispatcher: Dispatcher, worker: CoreWorker, index = 0, base = 0) {
    const { counters } = this;
    const access = {
      readClaimed: () => counters.claimed,
      writeLimit: (limit: number) => {
        counters.limit = limit;
      },
      writeGone: (number: number) => {
        counters.gone = number;
      },
      writeOverdue: (number: number) => {
        counters.overdue = number;
      },
      reset: () => {
        counters.claimed = counters.limit = counters.gone = counters.overdue = 0;
      },
    };
    const channel = new Channel(this.socket as unknown as Socket);
    this.core = new Core(worker, index, channel, access, dispatcher, base);
    worker.cores.push(this.core);
    dispatcher.attach(this.core);
  }

  /** The worker begins a request. */
  claim(number: number): void {
    this.counters.claimed = number;
  }

  /** The worker answers; `last`: that is all of the answer. */
  answer(number: number, last = true): void {
    this.counters.claimed = Math.max(this.counters.claimed, number);
    this.core.receive(frame(Kind.answer, last ? Flag.final : 0, number, "200 OK\r\n"));
  }

  /** The worker skips a request because it is past the limit. */
  skip(number: number): void {
    this.counters.claimed = number;
    this.core.receive(frame(Kind.skipped, 0, number, ""));
  }
}

/** A frame as a worker sends it; the text is an answer's head. */
export function frame(kind: number, flags: number, number: number, text: string): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(FRAME_HEADER), Buffer.from(text, "latin1")]);
  writeHeader(bytes, text.length, kind, flags, text.length);
  bytes.writeUInt16LE(200, 6);
  bytes.writeUInt32LE(number, 8);
  return bytes;
}

export function fakeWorker(id: number): CoreWorker {
  return {
    ...{
      id,
      slot: id,
      pid: 1000 + id,
      held: false,
      worn: false,
      cores: [],
      idle: [],
      attached: 0,
      leaving: false,
      quitting: false,
      killed: false,
    },
    ...{
      progress: 0,
      stuckAt: -1,
      requests: 0,
      exceptions: 0,
      tx: 0,
      runningTime: 0,
      averageTime: 0,
    },
  };
}

/** A dispatcher with `count` workers of one core, and what it told of them. */
export function dispatcherWith(count: number, options: Partial<DispatchOptions> = {}) {
  const told: string[] = [];
  const dispatcher = new Dispatcher(
    {
      moveUnsafe: true,
      harakiri: 0,
      harakiriGraceful: 0,
      harakiriQueue: 0,
      limits: new WorkerLimits(noLimits(), 0),
      greenlets: false,
      ...options,
    },
    {
      overdue: (worker) => told.push(`overdue ${worker.id}`),
      signal: (worker) => told.push(`signal ${worker.id}`),
      limited: () => told.push("limited"),
      harakiri: (worker) => told.push(`harakiri ${worker.id}`),
      starved: () => told.push("starved"),
      worn: (worker, reason) => told.push(`worn ${worker.id} ${reason}`),
    },
  );
  const workers = Array.from({ length: count }, (_, i) => fakeWorker(i + 1));
  const cores = workers.map((worker) => new FakeCore(dispatcher, worker));
  return { dispatcher, workers, cores, told };
}

/** A request without a body, submitted. */
export function submit(dispatcher: Dispatcher, safe = true) {
  const client = new FakeClient();
  const environ = Buffer.alloc(FRAME_HEADER + 2);
  const exchange = new Exchange(dispatcher, client, environ, safe, true, undefined);
  exchange.submit();
  return { client, exchange };
}

/** A request with a body that is still coming. */
export function upload(dispatcher: Dispatcher) {
  const client = new FakeClient();
  const environ = Buffer.alloc(FRAME_HEADER + 2);
  const exchange = new Exchange(dispatcher, client, environ, false, false, undefined);
  return { client, exchange };
}
