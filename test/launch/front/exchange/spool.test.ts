/** Bodies in files: what comes back, and what happens when a core cannot open them. */
import { fstatSync, openSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";
import type { BodyRules } from "../../../../src/launch/front/exchange/exchange.ts";
import { OpenFiles } from "../../../../src/launch/front/exchange/open-files.ts";
import { openSpool, Spool } from "../../../../src/launch/front/exchange/spool.ts";
import { Memory } from "../../../../src/launch/front/transport/memory.ts";
import { Flag, FRAME_HEADER, Kind } from "../../../../src/launch/protocol/frame.ts";
import { temporaryDirectory } from "../../../helpers/tmp.ts";
import { until } from "../../../helpers/until.ts";
import { dispatcherWith, type FakeCore, upload } from "../fakes.ts";

const body = Buffer.from(Array.from({ length: 1_500_000 }, (_, i) => (i * 7) % 251));

function rules(files: OpenFiles, shared: boolean, directory = temporaryDirectory()): BodyRules {
  return {
    ...{ memory: new Memory(), inMemory: 50_000, shared },
    openSpool: (wrote) => openSpool(files, wrote, directory),
  };
}

/** Kinds, flags and payloads of the frames that a core got. */
function frames(core: FakeCore) {
  const found: { kind: number; flags: number; payload: Buffer }[] = [];
  for (let at = 0; at < core.sent.length; ) {
    const end = at + FRAME_HEADER + core.sent.readUInt32LE(at);
    const [kind = 0, flags = 0] = core.sent.subarray(at + 4, at + 6);
    found.push({ kind, flags, payload: core.sent.subarray(at + FRAME_HEADER, end) });
    at = end;
  }
  return found;
}

test("what is taken in comes back in order, and the file has no name", async () => {
  const directory = temporaryDirectory();
  const files = new OpenFiles(1);
  let wrote = 0;
  const spool = openSpool(files, () => wrote++, directory);
  expect([readdirSync(directory), files.room]).toEqual([[], false]);
  for (let at = 0; at < body.length; at += 100_000) spool.add(body.subarray(at, at + 100_000));
  expect(spool.written).toBe(false);
  expect(spool.behind).toBe(true);
  await until("all to be written", () => spool.written);
  expect([spool.size, spool.behind]).toEqual([body.length, false]);
  expect(wrote).toBeGreaterThan(0);
  const buffer = Buffer.alloc(body.length);
  await new Promise((resolve) => spool.read(buffer, 0, resolve));
  expect(buffer.equals(body)).toBe(true);
  expect(() => openSpool(files, () => {}, directory)).toThrow("too many files");
  spool.close();
  spool.close();
  expect(files.room).toBe(true);
});

test("a file that is closed while it is being written is closed once that is done", async () => {
  const files = new OpenFiles(1);
  const spool = openSpool(files, () => {}, temporaryDirectory());
  spool.add(body);
  spool.close();
  expect(files.room).toBe(false);
  await until("it to be closed", () => files.room);
});

test("what cannot be written is told", async () => {
  const files = new OpenFiles(1);
  const readOnly = openSync("/dev/null", "r");
  const errors: (Error | undefined)[] = [];
  const { ino } = fstatSync(readOnly, { bigint: true });
  const spool = new Spool(files.keep(readOnly), ino, (error) => errors.push(error));
  spool.add(Buffer.from("x"));
  await until("the error", () => errors.length === 1);
  expect(errors[0]).toBeInstanceOf(Error);
  spool.close();
});

test("a core that can open it gets the place of the file, and keeps it until it is done", async () => {
  const { dispatcher, cores } = dispatcherWith(1);
  const files = new OpenFiles(1);
  dispatcher.bodies = rules(files, true);
  const { exchange } = upload(dispatcher);
  exchange.body(body);
  exchange.endBody(true);
  const [core] = cores;
  await until("the request", () => (core?.sent.length ?? 0) > 0);
  const [request] = core === undefined ? [] : frames(core);
  expect(request?.kind).toBe(Kind.request);
  expect((request?.flags ?? 0) & (Flag.stream | Flag.spooled)).toBe(Flag.spooled);
  expect(request?.payload.readBigUInt64LE(request.payload.length - 8)).toBe(BigInt(body.length));
  expect(request?.payload.includes("CONTENT_LENGTH")).toBe(true);
  expect(files.room).toBe(false);
  core?.answer(1);
  expect(files.room).toBe(true);
});

test("a core that cannot gets it as a stream, no faster than it takes it", async () => {
  const { dispatcher, cores } = dispatcherWith(1);
  const files = new OpenFiles(1);
  dispatcher.bodies = rules(files, false);
  const { exchange } = upload(dispatcher);
  for (let at = 0; at < body.length; at += 60_000) exchange.body(body.subarray(at, at + 60_000));
  exchange.endBody(false);
  const core = cores[0];
  if (core === undefined) throw new Error("no core");
  const ended = () => frames(core).at(-1)?.flags === Flag.final;
  await until("the end of the body", () => core.sent.length > body.length && ended());
  const [request, ...parts] = frames(core);
  expect((request?.flags ?? 0) & (Flag.stream | Flag.spooled)).toBe(Flag.stream);
  expect(Buffer.concat(parts.map(({ payload }) => payload)).equals(body)).toBe(true);
  expect(files.room).toBe(true);
});

test("a client that goes, a full queue and a lost core leave no file open", async () => {
  const files = new OpenFiles(3);
  const { dispatcher, cores } = dispatcherWith(1);
  dispatcher.bodies = rules(files, true);
  const [gone, waiting, lost] = [upload(dispatcher), upload(dispatcher), upload(dispatcher)];
  for (const { exchange } of [gone, waiting, lost]) exchange.body(body);
  expect(files.room).toBe(false);
  gone.exchange.abandon();
  lost.exchange.endBody(false);
  await until("the request", () => cores[0]?.core.inFlight === 1);
  cores[0]?.claim(1);
  if (cores[0]) dispatcher.detach(cores[0].core);
  expect(lost.client.status).toBe(502);
  waiting.exchange.refuse(503);
  await until("all to be closed", () => files.count === 0);
});

test("beyond the memory of all connections a body goes to a file, or to a core, at once", async () => {
  const { dispatcher, cores } = dispatcherWith(2);
  const memory = new Memory(10_000);
  dispatcher.bodies = { ...rules(new OpenFiles(1), true), memory, inMemory: 0 };
  const { exchange } = upload(dispatcher);
  exchange.body(body.subarray(0, 9_000));
  expect([memory.bytes, cores[0]?.core.inFlight]).toEqual([9_000, 0]);
  exchange.body(body.subarray(0, 9_000));
  expect([memory.bytes, cores[0]?.core.inFlight, exchange.streamed]).toEqual([0, 1, true]);
  // Without a free core it is the client that waits.
  const other = upload(dispatcher);
  if (cores[1]) dispatcher.detach(cores[1].core);
  other.exchange.body(body.subarray(0, 11_000));
  expect(other.exchange.streamed).toBe(true);
  other.exchange.body(body.subarray(0, 11_000));
  expect(other.client.pauses).toBe(1);
  other.exchange.abandon();
  expect(memory.bytes).toBe(0);
});
