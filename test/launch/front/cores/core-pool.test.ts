/** Which core is found for a request when there are many, and that finding it takes no scan. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CORE_DEPTH } from "../../../../src/launch/front/cores/core.ts";
import { Kind } from "../../../../src/launch/protocol/frame.ts";
import { dispatcherWith, FakeCore, fakeWorker, frame, submit } from "../fakes.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "setImmediate", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A dispatcher with workers that have as many cores as the numbers say. */
function workersWith(...sizes: readonly number[]) {
  const { dispatcher, told } = dispatcherWith(0, {});
  const workers = sizes.map((size, i) => {
    const worker = fakeWorker(i + 1);
    const cores = Array.from({ length: size }, (_, at) => new FakeCore(dispatcher, worker, at));
    return { worker, cores };
  });
  const busy = () =>
    workers.map(({ cores }) => cores.filter(({ core }) => core.inFlight > 0).length);
  const inHand = () => workers.map(({ cores }) => cores.map(({ core }) => core.inFlight));
  return { dispatcher, workers, busy, inHand, told };
}

type Fixture = ReturnType<typeof workersWith>;

function holderOf({ workers }: Fixture, exchange: ReturnType<typeof submit>["exchange"]): FakeCore {
  const all = workers.flatMap(({ cores }) => cores);
  const found = all.find(({ core }) => core === exchange.core);
  if (found === undefined) throw new Error("no core has it");
  return found;
}

describe("of idle cores", () => {
  test("that of the worker with the fewest busy is taken, so that the load is spread", () => {
    const fixture = workersWith(6, 6, 6);
    for (let i = 0; i < 9; i++) submit(fixture.dispatcher);
    expect(fixture.busy()).toEqual([3, 3, 3]);
    const [first] = fixture.workers;
    for (const { core } of first?.cores ?? []) if (core.inFlight > 0) answerOf(fixture, core);
    submit(fixture.dispatcher);
    submit(fixture.dispatcher);
    expect(fixture.busy()).toEqual([2, 3, 3]);
  });

  test("all get one request before any gets a second", () => {
    const fixture = workersWith(3, 5);
    for (let i = 0; i < 8; i++) submit(fixture.dispatcher);
    expect(fixture.inHand().flat()).toEqual(Array(8).fill(1));
    submit(fixture.dispatcher);
    expect(
      fixture
        .inHand()
        .flat()
        .reduce((sum, one) => sum + one),
    ).toBe(9);
    expect(Math.max(...fixture.inHand().flat())).toBe(2);
  });

  test("one that has just answered is taken again", () => {
    const fixture = workersWith(4);
    const { exchange } = submit(fixture.dispatcher);
    const used = holderOf(fixture, exchange);
    used.answer(1);
    expect(holderOf(fixture, submit(fixture.dispatcher).exchange)).toBe(used);
  });

  test("none of a worker that is to leave is taken, nor one that is gone", () => {
    const fixture = workersWith(2, 2);
    const [leaving, staying] = fixture.workers;
    if (leaving === undefined || staying === undefined) throw new Error("no workers");
    leaving.worker.leaving = true;
    const [gone, left] = staying.cores;
    if (gone === undefined || left === undefined) throw new Error("no cores");
    fixture.dispatcher.detach(gone.core);
    const { exchange } = submit(fixture.dispatcher);
    expect(exchange.core).toBe(left.core);
    submit(fixture.dispatcher);
    expect(left.core.inFlight).toBe(2);
    expect(fixture.busy()).toEqual([0, 1]);
  });
});

describe("of busy cores", () => {
  test("each gets as many as it may hold, and what is more waits", () => {
    const fixture = workersWith(3, 3);
    for (let i = 0; i < 6 * CORE_DEPTH + 5; i++) submit(fixture.dispatcher);
    expect(fixture.inHand().flat()).toEqual(Array(6).fill(CORE_DEPTH));
    expect(fixture.dispatcher.queued).toBe(5);
  });

  test("those that are slow get no more, those that are not do", () => {
    const fixture = workersWith(3);
    const old = [submit(fixture.dispatcher), submit(fixture.dispatcher)];
    vi.advanceTimersByTime(10);
    const young = submit(fixture.dispatcher);
    for (let i = 0; i < 3; i++) submit(fixture.dispatcher);
    expect(old.map(({ exchange }) => holderOf(fixture, exchange).core.inFlight)).toEqual([1, 1]);
    expect(holderOf(fixture, young.exchange).core.inFlight).toBe(4);
    vi.advanceTimersByTime(10);
    submit(fixture.dispatcher);
    expect(fixture.dispatcher.queued).toBeGreaterThan(0);
  });

  test("one that went on with its next request is not slow any more", () => {
    const fixture = workersWith(1);
    for (let i = 0; i < 2; i++) submit(fixture.dispatcher);
    vi.advanceTimersByTime(3);
    const [core] = fixture.workers[0]?.cores ?? [];
    core?.answer(1);
    vi.advanceTimersByTime(3);
    submit(fixture.dispatcher);
    expect(core?.core.inFlight).toBe(2);
  });

  test("a core whose requests were taken back rests until it has skipped them, and is used again", () => {
    const fixture = workersWith(1);
    const { dispatcher, workers } = fixture;
    const [core] = workers[0]?.cores ?? [];
    if (core === undefined) throw new Error("no core");
    submit(dispatcher);
    core.answer(1);
    for (let i = 0; i < 3; i++) submit(dispatcher);
    vi.advanceTimersByTime(10); // The worker has begun none of them.
    expect([core.core.inFlight, dispatcher.queued]).toEqual([0, 3]);
    for (const number of [2, 3, 4]) core.skip(number);
    expect([core.core.inFlight, dispatcher.queued]).toEqual([3, 0]);
  });
});

describe("a worker of greenlets that is stuck in one of them", () => {
  /** Two workers of four greenlets each, and a request that keeps the first from all others. */
  function stuck() {
    const { dispatcher } = dispatcherWith(0, { greenlets: true });
    const workers = [fakeWorker(1), fakeWorker(2)].map((worker) =>
      Array.from({ length: 4 }, (_, at) => new FakeCore(dispatcher, worker, at, 1)),
    );
    const all = workers.flat();
    const holder = ({ exchange }: ReturnType<typeof submit>) => {
      const found = all.find(({ core }) => core === exchange.core);
      if (found === undefined) throw new Error("no core has it");
      return found;
    };
    const computing = submit(dispatcher);
    const other = submit(dispatcher);
    holder(computing).claim(2);
    holder(other).claim(2);
    const behind = submit(dispatcher);
    return { dispatcher, holder, computing, other, behind };
  }

  test("loses what its others have not begun, and gets no more until it says something", () => {
    const { dispatcher, holder, computing, other, behind } = stuck();
    const first = holder(behind);
    const [worker, healthy] = [holder(computing).core.worker, holder(other).core.worker];
    expect(first.core.worker).toBe(worker);
    vi.advanceTimersByTime(6);
    expect(holder(behind).core.worker).toBe(healthy);
    holder(behind).claim(2);
    const more = [submit(dispatcher), submit(dispatcher)];
    expect(more.map((sent) => holder(sent).core.worker)).toEqual([healthy, healthy]);
    // It goes on: it skips what was taken back, and is given requests again.
    first.skip(2);
    expect(holder(submit(dispatcher)).core.worker).toBe(worker);
    holder(behind).answer(2);
    expect(behind.client.status).toBe(200);
  });

  test("keeps what it has when no other worker has room, and is used as soon as it begins that", () => {
    const { dispatcher, holder, other, behind } = stuck();
    const taken = holder(behind);
    const full = [other, ...Array.from({ length: 5 }, () => submit(dispatcher))];
    const busy = full.map(holder).filter(({ core }) => core.worker !== taken.core.worker);
    for (const core of busy) core.claim(2);
    vi.advanceTimersByTime(10);
    expect(holder(behind)).toBe(taken);
    expect(taken.counters.limit).toBe(0);
    for (const sent of [behind, ...full]) holder(sent).claim(2);
    vi.advanceTimersByTime(10);
    busy[0]?.answer(2);
    expect(taken.core.worker.stuckAt).toBe(-1);
  });

  test("is not one that goes on with others, however long a request waits for its turn", () => {
    const { dispatcher, holder, computing, behind } = stuck();
    const taken = holder(behind);
    const speaking = holder(computing);
    for (let ms = 0; ms < 40; ms++) {
      speaking.core.receive(frame(ms === 0 ? Kind.answer : Kind.data, 0, 2, "x"));
      vi.advanceTimersByTime(1);
    }
    expect(holder(behind)).toBe(taken);
    expect(dispatcher.queued).toBe(0);
  });
});

test("harakiri ends the worker of the oldest request only, among many that run", () => {
  const { dispatcher, told } = dispatcherWith(0, { harakiri: 1 });
  const [one, two] = [fakeWorker(1), fakeWorker(2)];
  const first = new FakeCore(dispatcher, one);
  const old = submit(dispatcher);
  first.claim(1);
  vi.advanceTimersByTime(600);
  for (let at = 0; at < 50; at++) new FakeCore(dispatcher, two, at);
  const young = Array.from({ length: 50 }, () => submit(dispatcher));
  vi.advanceTimersByTime(600);
  dispatcher.checkHarakiri(performance.now());
  expect(told).toEqual(["harakiri 1"]);
  expect(old.client.status).toBe(504);
  expect(young.every(({ client }) => client.status === 0)).toBe(true);
});

test("harakiri ends a worker that goes on sending parts of its answer, too", () => {
  const { dispatcher, cores, told } = dispatcherWith(2, { harakiri: 1 });
  const { exchange } = submit(dispatcher);
  const sending = cores.find(({ core }) => core === exchange.core);
  vi.advanceTimersByTime(600);
  submit(dispatcher);
  vi.advanceTimersByTime(600);
  sending?.answer(1, false);
  dispatcher.checkHarakiri(performance.now());
  expect(told).toEqual([`harakiri ${sending?.core.worker.id}`]);
});

test("finding a core looks at few of hundreds", () => {
  const fixture = workersWith(400, 400);
  let looks = 0;
  for (const { cores } of fixture.workers) {
    for (const { core } of cores) {
      const { available } = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(core));
      const get = () => {
        looks++;
        return available?.get?.call(core);
      };
      Object.defineProperty(core, "available", { get });
    }
  }
  for (let i = 0; i < 800; i++) submit(fixture.dispatcher);
  expect(fixture.busy()).toEqual([400, 400]);
  expect(looks).toBeLessThanOrEqual(800);
  // All are busy and slow: what comes now waits, until one of them has answered.
  vi.advanceTimersByTime(10);
  looks = 0;
  for (let i = 0; i < 100; i++) submit(fixture.dispatcher);
  const [core] = fixture.workers[0]?.cores ?? [];
  core?.answer(1);
  expect(fixture.dispatcher.queued).toBe(100 - CORE_DEPTH);
  expect(looks).toBeLessThan(2 * CORE_DEPTH);
});

/** The worker answers the request that this core has. */
function answerOf({ workers }: Fixture, core: FakeCore["core"]): void {
  const fake = workers.flatMap(({ cores }) => cores).find((one) => one.core === core);
  fake?.answer(core.current?.number ?? 0);
}
