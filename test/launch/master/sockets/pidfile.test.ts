import { spawn } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  readPid,
  removePidfile,
  writePidfile,
} from "../../../../src/launch/master/sockets/pidfile.ts";
import { temporaryDirectory } from "../../../helpers/tmp.ts";
import { until } from "../../../helpers/until.ts";

const place = { file: "app.ini", line: 2, column: 11, endLine: 2, endColumn: 20 };

test("holds our pid and a line end, and nothing else is left there", () => {
  const directory = temporaryDirectory();
  const path = join(directory, "app.pid");
  expect(writePidfile(path, place)).toBeUndefined();
  expect(readFileSync(path, "utf8")).toBe(`${process.pid}\n`);
  expect(readdirSync(directory)).toEqual(["app.pid"]);
  expect(removePidfile(path)).toBeUndefined();
  expect(readdirSync(directory)).toEqual([]);
});

test("one of a process that is no master is stale: replaced with a note", () => {
  const path = join(temporaryDirectory({ "app.pid": "1\n" }), "app.pid");
  expect(writePidfile(path, place)).toMatch(/stale pidfile/);
  expect(readPid(path)).toBe(process.pid);
});

test("our own pid, as a restarted container finds it, is not another server", () => {
  const path = join(temporaryDirectory({ "app.pid": `${process.pid}\n` }), "app.pid");
  expect(writePidfile(path, place)).toBeUndefined();
});

test("one of a running master is refused with its pid and the place", async () => {
  const master = spawn("bash", ["-c", 'exec -a "tsuwsgi master" sleep 60'], { stdio: "ignore" });
  try {
    const path = join(temporaryDirectory({ "app.pid": `${master.pid}\n` }), "app.pid");
    const cmdline = () => readFileSync(`/proc/${master.pid}/cmdline`, "latin1");
    await until("the title", () => cmdline().startsWith("tsuwsgi master"));
    const message = new RegExp(`^app.ini:2:11: error: .*process ${master.pid};`);
    expect(() => writePidfile(path, place)).toThrow(message);
    expect(readPid(path)).toBe(master.pid);
  } finally {
    master.kill("SIGKILL");
  }
});

test("a directory that is missing", () => {
  const path = join(temporaryDirectory(), "none", "app.pid");
  expect(() => writePidfile(path, place)).toThrow(/^app.ini:2:11: error: cannot write the pidfile/);
});

test.each(["x/app.pid", "a".repeat(300)])("a path that cannot be: %s", (name) => {
  const path = join(temporaryDirectory({ x: "" }), name);
  expect(() => writePidfile(path, place)).toThrow(/^app.ini:2:11: error: cannot write the pidfile/);
  expect(removePidfile(path)).toBeUndefined();
});

test("somebody else's pidfile is not removed", () => {
  const path = join(temporaryDirectory(), "app.pid");
  writeFileSync(path, "1\n");
  removePidfile(path);
  expect(readPid(path)).toBe(1);
});

test.each(["", "x", "-5", "0", "12 13"])("%j is no pid", (text) => {
  expect(readPid(join(temporaryDirectory({ p: text }), "p"))).toBeUndefined();
});
