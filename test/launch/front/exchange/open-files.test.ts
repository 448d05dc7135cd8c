/** Files that another process has open; here that process is this one. */
import { closeSync, fstatSync, openSync, readSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  canOpen,
  type OpenFile,
  OpenFiles,
} from "../../../../src/launch/front/exchange/open-files.ts";
import { descriptorLimit, divide } from "../../../../src/launch/front/transport/descriptors.ts";
import { temporaryDirectory } from "../../../helpers/tmp.ts";

const path = join(temporaryDirectory({ file: "some text" }), "file");

function placeOf(descriptor: number, inode = fstatSync(descriptor, { bigint: true }).ino) {
  return { pid: process.pid, descriptor, inode, offset: 0, length: 1 };
}

function open(files: OpenFiles, place: ReturnType<typeof placeOf>): Promise<OpenFile | undefined> {
  return new Promise((resolve) => files.open(place, resolve));
}

test("a file is opened once more, with a position of its own, also when its name is gone", async () => {
  const gone = join(temporaryDirectory(), "gone");
  writeFileSync(gone, "unlinked");
  const lent = openSync(gone, "r");
  rmSync(gone);
  readSync(lent, Buffer.alloc(3));
  const files = new OpenFiles(1);
  expect(files.room).toBe(true);
  const file = await open(files, placeOf(lent));
  closeSync(lent);
  expect(files.room).toBe(false);
  const text = Buffer.alloc(8);
  readSync(file?.fd ?? -1, text);
  expect(text.toString()).toBe("unlinked");
  file?.close();
  expect(files.room).toBe(true);
});

test("another file under the same number, none, or what is no file is not taken", async () => {
  const files = new OpenFiles(1);
  const lent = openSync(path, "r");
  expect(await open(files, placeOf(lent, 1n))).toBeUndefined();
  const device = openSync("/dev/null", "r");
  expect(await open(files, placeOf(device))).toBeUndefined();
  const closed = placeOf(lent);
  closeSync(lent);
  closeSync(device);
  expect(await open(files, closed)).toBeUndefined();
  expect(files.room).toBe(true);
});

test("whether a process can be looked into is seen from a file that both have", () => {
  const ours = openSync(path, "r");
  const theirs = openSync(path, "r");
  const other = openSync("/dev/null", "r");
  expect(canOpen(process.pid, theirs, ours)).toBe(true);
  expect(canOpen(process.pid, other, ours)).toBe(false);
  expect(canOpen(2 ** 30, theirs, ours)).toBe(false);
  for (const fd of [ours, theirs, other]) closeSync(fd);
});

test("descriptors are divided so that connections, files and cores fit, and some are always left", () => {
  for (const limit of [1024, 4096, 20_000, 1_048_576]) {
    const { connections, files } = divide(limit, 100);
    expect(connections + files + 2 * 100).toBeLessThanOrEqual(limit - 100);
    expect(connections).toBeGreaterThan(limit / 2);
  }
  expect(divide(30, 1000)).toEqual({ connections: 8, files: 8 });
  expect(descriptorLimit()).toBeGreaterThan(100);
});
