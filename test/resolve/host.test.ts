import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { collector } from "../../src/diagnostic.ts";
import { maxConfigurationBytes, realHost } from "../../src/resolve/host.ts";
import { loadFile } from "../../src/resolve/load.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";

test("files are read, and what is no file is said plainly", () => {
  const directory = temporaryDirectory({
    "a.ini": "x",
    big: new Uint8Array(maxConfigurationBytes + 1),
  });
  const { readFile } = realHost();
  expect(readFile(join(directory, "a.ini"))).toMatchObject({ ok: true });
  expect(readFile(directory)).toEqual({ ok: false, problem: "it is a directory" });
  expect(readFile(join(directory, "gone"))).toEqual({ ok: false, problem: "no such file" });
  expect(readFile(join(directory, "a.ini/b"))).toEqual({ ok: false, problem: "no such file" });
  expect(readFile(join(directory, "big"))).toEqual({
    ok: false,
    problem: "it is larger than 8 MiB",
  });
  expect(readFile("/dev/null")).toEqual({ ok: false, problem: "it is not a file" });
});

test("the path of a linked file is the link's, in the directory's real place", () => {
  const directory = temporaryDirectory({ "real/a.ini": "[uwsgi]\np = %p\n" });
  symlinkSync("real", join(directory, "dir"));
  symlinkSync("a.ini", join(directory, "real/link.ini"));
  const { report } = collector();
  const resolved = loadFile(join(directory, "dir/link.ini"), realHost(), report);
  expect(resolved.entries[0]?.value).toBe(join(directory, "real/link.ini"));
});

test("facts of the machine", () => {
  const host = realHost();
  expect(host.cwd()).toBe(process.cwd());
  expect(host.cpus()).toBeGreaterThan(0);
  expect(host.hostname()).not.toBe("");
  expect(host.user()).toMatchObject({ uid: process.getuid?.() });
  expect(host.inode(process.cwd())).toBeGreaterThan(0);
  expect(host.readText("/nowhere/at/all")).toBeUndefined();
});
