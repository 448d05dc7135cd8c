/** Files and directories that the kernel watches, and file systems. */
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";
import { serveTold } from "./told.ts";

describe("fs-reload", () => {
  test("a change is a reload at once, and one; a file that takes its place is watched", async () => {
    const { at, expecting, count } = await serveTold("fs-reload = DIR/app.py");
    const file = at("app.py");
    const source = readFileSync(file, "utf8");
    await expecting("reload is done", () => {
      for (let part = 0; part < 20; part++) appendFileSync(file, "\n");
    });
    expect(count(`${file} has changed: reload begins`)).toBe(1);
    for (let turn = 0; turn < 2; turn++)
      await expecting("reload is done", () => {
        writeFileSync(at("new"), source);
        renameSync(at("new"), file);
      });
  });

  test("what is not there yet reloads when it is made; fs-brutal-reload is brutal", async () => {
    const { at, expecting, server } = await serveTold("fs-brutal-reload = DIR/watched");
    await until("the look", () => server.stderr().includes("is watched as soon as it can be"));
    await expecting("brutal reload is done", () => mkdirSync(at("watched")));
    await expecting("brutal reload is done", () => writeFileSync(at("watched/file"), ""));
    expect(server.stderr()).not.toMatch(/: reload begins/);
  });
});

test("check-mountpoint: the server ends with 1 when it is gone", async () => {
  const directory = temporaryDirectory();
  const mount = join(directory, "mount");
  mkdirSync(mount);
  const { server } = await serveTold(`check-mountpoint = ${mount}`);
  rmdirSync(mount);
  expect((await server.exit).code).toBe(1);
  expect(server.stderr()).toContain(
    `the file system of ${mount} (check-mountpoint) is not reachable: ENOENT`,
  );
  await server.assertGone();
});
