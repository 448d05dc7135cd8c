/** The dispatcher's rules, with cores whose workers are the test. */

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CORE_DEPTH } from "../../../../src/launch/front/cores/core.ts";
import { WorkerLimits } from "../../../../src/launch/front/cores/limits.ts";
import { GATHER_BYTES } from "../../../../src/launch/front/exchange/exchange.ts";
import { Kind } from "../../../../src/launch/protocol/frame.ts";
import { noLimits } from "../../../../src/settings/limit-settings.ts";
import { dispatcherWith, FakeCore, fakeWorker, frame, submit, upload } from "../fakes.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "setImmediate", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

type Fixture = ReturnType<typeof dispatcherWith>;

/** Submits `count` requests. */
function many(dispatcher: Fixture["dispatcher"], count: number, safe = true) {
  return Array.from({ length: count }, () => submit(dispatcher, safe));
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new Error(`nothing at ${index}`);
  return found;
}

describe("a request goes", () => {
  test("to the core with the fewest in hand, and waits when all are full", () => {
    const { dispatcher, cores } = dispatcherWith(2);
    many(dispatcher, 4);
    expect(cores.map(({ core }) => core.inFlight)).toEqual([2, 2]);
    many(dispatcher, 2 * CORE_DEPTH);
    expect(cores.map(({ core }) => core.inFlight)).toEqual([CORE_DEPTH, CORE_DEPTH]);
    expect(dispatcher.queued).toBe(4);
    at(cores, 0).answer(1);
    expect(dispatcher.queued).toBe(3);
  });

  test("not to a core that is slow with what it has", () => {
    const { dispatcher, cores } = dispatcherWith(2);
    many(dispatcher, 2);
    vi.advanceTimersByTime(10);
    at(cores, 1).answer(1);
    many(dispatcher, 3);
    expect(cores.map(({ core }) => core.inFlight)).toEqual([1, 3]);
  });

  test("only to a free core when it must not be moved", () => {
    const { dispatcher, cores } = dispatcherWith(1, { moveUnsafe: false });
    many(dispatcher, 2, false);
    expect([at(cores, 0).core.inFlight, dispatcher.queued]).toEqual([1, 1]);
    at(cores, 0).answer(1);
    expect([at(cores, 0).core.inFlight, dispatcher.queued]).toEqual([1, 0]);
  });

  test("nowhere when too many wait: 503", () => {
    const { dispatcher } = dispatcherWith(0);
    many(dispatcher, 8192);
    expect(submit(dispatcher).client.status).toBe(503);
    expect(dispatcher.rejected).toBe(1);
  });

  test("nowhere when too many bytes wait, however often bodies came and went before", () => {
    const { dispatcher } = dispatcherWith(0);
    const part = Buffer.alloc(GATHER_BYTES + 1);
    const waiting = () => {
      const sent = upload(dispatcher);
      sent.exchange.body(part);
      sent.exchange.body(part); // waits beside the frame
      return sent;
    };
    for (let i = 0; i < 2000; i++) waiting().exchange.abandon();
    expect(dispatcher.queued).toBe(0);
    let held = 0;
    while (held < 3000 && waiting().client.status !== 503) held++;
    // The frame and what waits beside it are both counted against 256 MiB.
    expect(held).toBeGreaterThan(500);
    expect(held).toBeLessThan(520);
  });
});

describe("what is queued behind a slow request", () => {
  test("is moved to a free core, in its order, and answered once", () => {
    const { dispatcher, cores } = dispatcherWith(1);
    const sent = many(dispatcher, 4);
    at(cores, 0).claim(1);
    vi.advanceTimersByTime(10);
    expect(dispatcher.queued).toBe(3);
    const later = submit(dispatcher);
    const second = new FakeCore(dispatcher, fakeWorker(2));
    expect([...sent.slice(1), later].map(({ exchange }) => exchange.number)).toEqual([1, 2, 3, 4]);
    at(cores, 0).answer(1);
    for (const number of [2, 3, 4]) at(cores, 0).skip(number);
    second.answer(1);
    expect(sent.map(({ client }) => client.status)).toEqual([200, 200, 0, 0]);
  });

  test("is not moved when it must not be", () => {
    const { dispatcher, cores } = dispatcherWith(1, { moveUnsafe: false });
    submit(dispatcher, false);
    many(dispatcher, 2);
    // The worker has not begun even the first, which must stay where it is.
    vi.advanceTimersByTime(10);
    expect([at(cores, 0).counters.limit, at(cores, 0).core.inFlight]).toEqual([1, 1]);
  });

  test("never takes an upload along whose body is with the core already", () => {
    const { dispatcher, cores } = dispatcherWith(1);
    submit(dispatcher);
    at(cores, 0).answer(1);
    const { exchange } = upload(dispatcher);
    exchange.body(Buffer.alloc(GATHER_BYTES + 1));
    exchange.body(Buffer.alloc(10));
    exchange.endBody(false);
    const behind = submit(dispatcher);
    vi.advanceTimersByTime(10); // the worker gets no processor time and begins neither
    expect(exchange.core).toBe(at(cores, 0).core);
    expect(behind.exchange.core).toBe(undefined);
  });

  test("has its client read on when the core takes at once what made it wait", () => {
    const { dispatcher, cores } = dispatcherWith(1);
    const { exchange, client } = upload(dispatcher);
    exchange.body(Buffer.alloc(GATHER_BYTES + 1));
    exchange.body(Buffer.alloc(10)); // in the same turn, so the request itself has not left yet
    expect([exchange.core, client.pauses]).toEqual([at(cores, 0).core, 1]);
    vi.advanceTimersByTime(1);
    expect([at(cores, 0).sent.length > GATHER_BYTES, client.pauses]).toEqual([true, 0]);
  });

  test("comes back when the core saw the limit that was meant for the next", () => {
    const { dispatcher, cores } = dispatcherWith(1);
    const [, second] = many(dispatcher, 2);
    at(cores, 0).claim(1);
    vi.advanceTimersByTime(10);
    at(cores, 0).answer(1);
    at(cores, 0).skip(2);
    expect(second?.exchange.core).toBe(at(cores, 0).core);
    expect(second?.exchange.number).toBe(3);
  });
});

describe("when a worker dies", () => {
  test("what it had begun is answered 502, what it had not goes to another core first", () => {
    const { dispatcher, cores } = dispatcherWith(1);
    const [begun, queued] = many(dispatcher, 2);
    at(cores, 0).claim(1);
    dispatcher.detach(at(cores, 0).core);
    expect([begun?.client.status, queued?.client.status]).toEqual([502, 0]);
    const next = new FakeCore(dispatcher, fakeWorker(1));
    expect(queued?.exchange.core).toBe(next.core);
  });

  test("with answers on the way that were lost, each of them is answered 502", () => {
    const { dispatcher, cores } = dispatcherWith(1);
    const sent = many(dispatcher, 3);
    at(cores, 0).claim(2); // the answer to 1 was never read
    dispatcher.detach(at(cores, 0).core);
    expect(sent.map(({ client }) => client.status)).toEqual([502, 502, 0]);
  });

  test("its counters are read before its successor has them", () => {
    const { dispatcher, cores } = dispatcherWith(1);
    const [begun, queued] = many(dispatcher, 2);
    at(cores, 0).claim(1);
    at(cores, 0).core.supersede();
    at(cores, 0).counters.claimed = 0; // the successor's reset
    dispatcher.detach(at(cores, 0).core);
    expect([begun?.client.status, queued?.client.status]).toEqual([502, 0]);
  });
});

describe("a core that waits for a slow client", () => {
  test("goes on when that answer is complete", () => {
    const { dispatcher, cores } = dispatcherWith(1);
    const core = at(cores, 0);
    submit(dispatcher);
    core.answer(1, false);
    core.core.pause();
    core.core.receive(frame(Kind.data, 1, 1, ""));
    expect(core.socket.isPaused()).toBe(false);
  });

  test("goes on when the client leaves, and the worker is told", () => {
    const { dispatcher, cores } = dispatcherWith(1);
    const core = at(cores, 0);
    const [first, second] = many(dispatcher, 2);
    core.answer(1, false);
    core.core.pause();
    first?.exchange.abandon();
    expect([core.socket.isPaused(), core.counters.gone]).toEqual([false, 1]);
    second?.exchange.abandon();
    expect(core.counters.gone).toBe(1);
    core.core.receive(frame(Kind.data, 1, 1, ""));
    expect(core.counters.gone).toBe(2);
  });
});

describe("workers leave", () => {
  test("that they should, after max-requests, is said once; they go on until they are told", () => {
    const { dispatcher, cores, told, workers } = dispatcherWith(1, {
      limits: new WorkerLimits(noLimits(), 1),
    });
    for (const number of [1, 2]) {
      submit(dispatcher);
      at(cores, 0).answer(number);
    }
    expect(told).toEqual(["worn 1 max-requests, after 1"]);
    expect(workers[0]?.leaving).toBe(false);
  });

  test("when they are told: what they have begun is finished, the rest goes to others", () => {
    const { dispatcher, cores, workers } = dispatcherWith(2);
    const [first, second, third] = many(dispatcher, 3);
    at(cores, 0).claim(1);
    at(cores, 1).claim(1);
    for (const worker of workers.slice(0, 1)) dispatcher.retire(worker);
    expect(third?.exchange.core).toBe(at(cores, 1).core);
    submit(dispatcher);
    expect(at(cores, 0).core.inFlight).toBe(1);
    expect(workers[0]?.quitting).toBe(false);
    at(cores, 0).answer(1);
    expect([first?.client.status, second?.client.status]).toEqual([200, 0]);
    expect(workers.map(({ quitting }) => quitting)).toEqual([true, false]);
  });

  test("paused, no request is begun; resumed, all are", () => {
    const { dispatcher, cores } = dispatcherWith(1);
    dispatcher.pause(true);
    submit(dispatcher);
    expect([at(cores, 0).core.inFlight, dispatcher.queued]).toEqual([0, 1]);
    dispatcher.pause(false);
    expect([at(cores, 0).core.inFlight, dispatcher.queued]).toEqual([1, 0]);
  });

  test("not by harakiri while the whole process stood still", () => {
    const { dispatcher, cores, told } = dispatcherWith(2, { harakiri: 2 });
    const [, own] = many(dispatcher, 2);
    for (const core of cores) core.claim(1);
    const began = performance.now();
    if (own) dispatcher.deadline(own.exchange, 2);
    expect(told.splice(0)).toEqual(["limited"]);
    // It is suspended between two of the checks, which come four times a second.
    for (const ms of [0, 250, 500, 8_500, 8_750, 9_000]) dispatcher.checkHarakiri(began + ms);
    expect(told).toEqual([]);
    for (const ms of [9_250, 9_500, 9_750, 10_000, 10_250]) dispatcher.checkHarakiri(began + ms);
    expect(told.sort()).toEqual(["harakiri 1", "harakiri 2"]);
  });

  test("by harakiri: 504 for the request, the ones behind it go to another core", () => {
    const { dispatcher, cores, told } = dispatcherWith(1, { harakiri: 1 });
    const [stuck, behind] = many(dispatcher, 2);
    at(cores, 0).claim(1);
    dispatcher.checkHarakiri(performance.now() + 999);
    expect(told).toEqual([]);
    at(cores, 0).core.pause();
    dispatcher.checkHarakiri(performance.now() + 1001);
    dispatcher.checkHarakiri(performance.now() + 1002);
    expect(told).toEqual(["harakiri 1"]);
    expect(at(cores, 0).socket.isPaused()).toBe(false); // or its end would not be seen
    expect([stuck?.client.status, behind?.client.status]).toEqual([504, 0]);
    const next = new FakeCore(dispatcher, fakeWorker(1));
    expect(behind?.exchange.core).toBe(next.core);
  });
});
