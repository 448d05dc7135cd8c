import { existsSync, fstatSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { afterEach, expect, test } from "vitest";
import { makeRunDirectory, type RunDirectory } from "../../../src/launch/master/run-directory.ts";
import { COUNTER_STRIDE } from "../../../src/launch/protocol/counters.ts";

let directory: RunDirectory | undefined;
afterEach(() => {
  directory?.remove();
  directory = undefined;
});

test("private, empty, with counters for every core that have no name", () => {
  directory = makeRunDirectory(6);
  expect(basename(directory.path)).toMatch(/^tsuwsgi-/);
  expect(statSync(directory.path).mode & 0o777).toBe(0o700);
  expect(readdirSync(directory.path)).toEqual([]);
  expect(fstatSync(directory.countersFd)).toMatchObject({ size: 6 * COUNTER_STRIDE, nlink: 0 });
});

test("removed with what is in it, once", () => {
  const made = makeRunDirectory(1);
  writeFileSync(made.coresPath, "");
  made.remove();
  expect(existsSync(made.path)).toBe(false);
});

test.skipIf(process.getuid?.() !== 0)(
  "given away with the socket, for the workers to connect",
  () => {
    directory = makeRunDirectory(1);
    writeFileSync(directory.coresPath, "");
    directory.give(undefined, undefined);
    expect(statSync(directory.path).uid).toBe(0);
    directory.give(65534, undefined);
    for (const path of [directory.path, directory.coresPath])
      expect(statSync(path)).toMatchObject({ uid: 65534, gid: 0 });
  },
);
