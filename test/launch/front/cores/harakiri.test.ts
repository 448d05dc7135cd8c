/** Requests that take too long: who is ended, and how. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Dispatcher } from "../../../../src/launch/front/cores/dispatch.ts";
import { Kind } from "../../../../src/launch/protocol/frame.ts";
import { dispatcherWith, FakeCore, fakeWorker, frame, submit } from "../fakes.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance", "setInterval", "clearInterval", "setImmediate"] });
});
afterEach(() => {
  vi.useRealTimers();
});

function the<T>(one: T | undefined): T {
  if (one === undefined) throw new Error("nobody has it");
  return one;
}

/** One worker of so many cores, each of which has begun a request. */
function busyWorker(cores: number, options: Parameters<typeof dispatcherWith>[1] = {}) {
  const { dispatcher, told } = dispatcherWith(0, { harakiri: 1, harakiriGraceful: 5, ...options });
  const worker = fakeWorker(1);
  const all = Array.from({ length: cores }, (_, at) => new FakeCore(dispatcher, worker, at));
  const submitted = all.map(() => submit(dispatcher));
  // In the order of the cores that have them.
  const requests = all.map(({ core }) =>
    the(submitted.find(({ exchange }) => exchange.core === core)),
  );
  for (const core of all) core.claim(1);
  return { dispatcher, told, worker, cores: all, requests, pass: passing(dispatcher) };
}

/** Lets milliseconds go by, with checks as often as the front has them: a longer pause would be a standstill. */
function passing(dispatcher: Pick<Dispatcher, "checkHarakiri">): (ms: number) => void {
  return (ms) => {
    const end = performance.now() + ms;
    while (performance.now() < end) {
      vi.advanceTimersByTime(Math.min(250, end - performance.now()));
      dispatcher.checkHarakiri(performance.now());
    }
  };
}

test("requests are ended alone: 504 each, and one signal for all of a worker", () => {
  const { told, cores, requests, pass } = busyWorker(3);
  pass(999);
  expect(told).toEqual([]);
  pass(1);
  expect(told).toEqual(["overdue 1", "overdue 1", "overdue 1", "signal 1"]);
  expect(requests.map(({ client }) => client.status)).toEqual([504, 504, 504]);
  expect(cores.map(({ counters }) => counters.overdue)).toEqual([1, 1, 1]);
  pass(250);
  expect(told).toHaveLength(4);
  for (const core of cores) core.answer(1);
  expect(cores.map(({ counters }) => counters.overdue)).toEqual([0, 0, 0]);
  pass(60_000);
  expect(told).toHaveLength(4);
});

test("one that does not end has its worker replaced, and killed when its others are done", () => {
  const { dispatcher, told, worker, cores, pass } = busyWorker(1);
  const other = new FakeCore(dispatcher, worker, 1);
  pass(1_000);
  const late = submit(dispatcher);
  other.claim(1);
  pass(600);
  // The younger one sends something, is done, and another comes.
  other.answer(1);
  expect(late.client.status).toBe(200);
  expect(told).toEqual(["overdue 1", "signal 1"]);
  pass(4_400);
  expect(told.slice(2)).toEqual(["worn 1 harakiri: a request of it cannot be ended"]);
  pass(250);
  expect(told).toHaveLength(3);
  expect(cores[0]?.core.running).toBe(true);
  dispatcher.retire(worker);
  pass(250);
  expect(told.slice(3)).toEqual(["harakiri 1"]);
});

test("what was not begun because the worker is at another goes elsewhere, and nobody is killed", () => {
  const { dispatcher, told, worker, pass } = busyWorker(1);
  new FakeCore(dispatcher, worker, 1, 1);
  const waiting = submit(dispatcher);
  pass(1_000);
  expect(told).toEqual(["overdue 1", "signal 1"]);
  expect([waiting.client.status, dispatcher.queued]).toEqual([0, 1]);
  expect(waiting.exchange.core).toBeUndefined();
  const next = new FakeCore(dispatcher, fakeWorker(2));
  expect(waiting.exchange.core).toBe(next.core);
});

test("a worker that begins nothing is killed, and nobody is answered for it", () => {
  const { dispatcher, told } = dispatcherWith(0, { harakiri: 1, harakiriGraceful: 5 });
  new FakeCore(dispatcher, fakeWorker(1), 0, 1);
  const waiting = submit(dispatcher);
  vi.advanceTimersByTime(1_000);
  dispatcher.checkHarakiri(performance.now());
  expect(told).toEqual(["harakiri 1"]);
  expect([waiting.client.status, dispatcher.queued]).toEqual([0, 1]);
});

test("harakiri-queue-threshold: while fewer wait nobody is ended, but by limits of their own", () => {
  const { dispatcher, told, requests, pass } = busyWorker(2, { harakiriQueue: 1 });
  pass(5_000);
  expect(told).toEqual([]);
  const [, second] = requests;
  if (second) dispatcher.limit(second.exchange, 6);
  pass(1_000);
  expect(told).toEqual(["limited", "overdue 1", "signal 1"]);
  expect(requests.map(({ client }) => client.status)).toEqual([0, 504]);
});

test("an application's own limit counts from when it is set, and can be taken back", () => {
  const { told, cores, requests, pass } = busyWorker(2, { harakiri: 0 });
  const [first, second] = cores;
  const deadline = (core: FakeCore | undefined, seconds: number) => {
    const bytes = frame(Kind.deadline, 0, 1, "");
    bytes.writeUInt32LE(seconds, 12);
    core?.core.receive(bytes);
  };
  pass(3_000);
  deadline(first, 2);
  deadline(second, 2);
  pass(1_000);
  deadline(second, 0);
  pass(999);
  expect(requests.map(({ client }) => client.status)).toEqual([0, 0]);
  pass(1);
  expect(requests.map(({ client }) => client.status)).toEqual([504, 0]);
  pass(60_000);
  expect(told.filter((one) => one.startsWith("overdue"))).toHaveLength(1);
});

test("a route's limit counts from when a core has the request", () => {
  const { dispatcher } = dispatcherWith(0, { harakiriGraceful: 5 });
  const request = submit(dispatcher);
  dispatcher.limit(request.exchange, 2);
  const pass = passing(dispatcher);
  pass(10_000);
  expect(request.client.status).toBe(0);
  new FakeCore(dispatcher, fakeWorker(1)).claim(1);
  pass(1_999);
  expect(request.client.status).toBe(0);
  pass(1);
  expect(request.client.status).toBe(504);
});

test("a worker from which all was taken back, and which does not notice, is stuck", () => {
  const { dispatcher, told } = dispatcherWith(0, { harakiri: 1, harakiriGraceful: 5 });
  const stuck = new FakeCore(dispatcher, fakeWorker(1), 0);
  submit(dispatcher);
  stuck.claim(1);
  stuck.answer(1);
  const requests = [submit(dispatcher), submit(dispatcher)];
  const other = new FakeCore(dispatcher, fakeWorker(2), 0);
  const pass = passing(dispatcher);
  // The one behind the other is taken back, and so are both, for the first is not begun either.
  for (let ms = 0; ms < 20 && stuck.core.inFlight > 0; ms++) pass(1);
  for (const { exchange } of requests) expect(exchange.core).toBe(other.core);
  for (const number of [1, 2]) {
    other.claim(number);
    other.answer(number);
  }
  pass(900);
  expect(told).toEqual([]);
  // One that is busy with something else is not.
  const busy = new FakeCore(dispatcher, stuck.core.worker, 1);
  submit(dispatcher);
  submit(dispatcher);
  busy.claim(1);
  pass(250);
  expect(told).toEqual([]);
  busy.answer(1);
  pass(250);
  expect(told).toEqual(["harakiri 1"]);
});

test("a core that connects again while its worker is about to go is told to go, too", () => {
  const { dispatcher, worker, cores } = busyWorker(2);
  dispatcher.retire(worker);
  const [first, second] = cores;
  first?.answer(1);
  // The second's connection broke, and comes back.
  if (second) dispatcher.detach(second.core);
  worker.cores.pop();
  expect(worker.quitting).toBe(false);
  const again = new FakeCore(dispatcher, worker, 1);
  vi.advanceTimersByTime(0);
  expect(worker.quitting).toBe(true);
  expect([first, again].map((core) => core?.sent.subarray(-16)[4])).toEqual([Kind.quit, Kind.quit]);
});

test("a worker that has failed, or whose application asks for it, is told of once", () => {
  const { dispatcher, told, worker } = busyWorker(2);
  dispatcher.failed(worker);
  dispatcher.failed(worker);
  dispatcher.worn(worker, "reload-on-exception");
  expect(told).toEqual(["worn 1 one of its cores has failed"]);
});
