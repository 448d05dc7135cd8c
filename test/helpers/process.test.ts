import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { launch } from "./process.ts";
import { until } from "./until.ts";

const node = process.execPath;

test("output and exit code", async () => {
  const program = launch(node, ["-e", "console.log(1); console.error(2); process.exit(3)"]);
  expect(await program.exit).toEqual({ code: 3, signal: null });
  expect([program.stdout(), program.stderr(), program.running()]).toEqual(["1\n", "2\n", false]);
  await program.assertGone();
});

test("a program that is not there", async () => {
  await expect(launch("/nowhere/program", []).exit).rejects.toThrow(
    "cannot start /nowhere/program",
  );
});

test("a daemon that is left behind is found, named and killed", async () => {
  // The child outlives its parent in a session of its own, as a daemon does.
  const code = `require("child_process").spawn("sleep", ["600"], { detached: true, stdio: "ignore" }).unref()`;
  const program = launch(node, ["-e", code]);
  await program.exit;
  const [left, ...more] = program.processes();
  expect(more).toEqual([]);
  expect(left).not.toBe(program.pid);
  await program.kill();
  expect(program.processes()).toEqual([]);
});

test("a run directory that is left behind is a failure", async () => {
  const code = `
    const fs = require("fs");
    const directory = fs.mkdtempSync(require("os").tmpdir() + "/tsuwsgi-");
    fs.openSync(directory + "/counters", "w");
    console.log(directory);
    setInterval(() => {}, 1000)`;
  const program = launch(node, ["-e", code]);
  const directory = (await until("its name", () => program.stdout() || undefined)).trim();
  expect(program.runDirectories()).toEqual([directory]);
  expect(await program.stop()).toEqual({ code: null, signal: "SIGTERM" });
  await expect(program.assertGone(500)).rejects.toThrow(`left behind: ${directory}`);
  await program.kill();
  expect(existsSync(directory)).toBe(false);
  await program.assertGone();
});

test("a wait names what did not come, and why", async () => {
  const look = () => {
    throw new Error("not now");
  };
  const failure = until("the end", look, 30);
  await expect(failure).rejects.toThrow("waited 30 ms in vain for the end");
  await expect(failure).rejects.toHaveProperty("cause.message", "not now");
});
