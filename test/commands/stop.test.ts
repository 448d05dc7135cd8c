import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { expect, test } from "vitest";
import type { Output } from "../../src/commands/output.ts";
import { stop } from "../../src/commands/stop.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";

const directory = temporaryDirectory();

function output(): { output: Output; errors: string[] } {
  const errors: string[] = [];
  return {
    errors,
    output: {
      write: () => {},
      error: (text) => errors.push(text),
      writeColor: false,
      errorColor: false,
    },
  };
}

function pidfile(content: string): string {
  const path = join(directory, "pid");
  writeFileSync(path, content);
  return path;
}

/** A process that ends on SIGINT, or does not. */
async function child(onInterrupt: string): Promise<{ pid: number; end: () => Promise<unknown> }> {
  const script = `process.on("SIGINT", () => ${onInterrupt}); setInterval(() => {}, 1000); console.log("up")`;
  const started = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "ignore"] });
  await once(started.stdout, "data");
  const gone = once(started, "exit");
  return {
    pid: started.pid ?? -1,
    end: () => {
      started.kill("SIGKILL");
      return gone;
    },
  };
}

test("sends SIGINT and waits until the process is gone", async () => {
  const { pid, end } = await child("setTimeout(() => process.exit(0), 200)");
  const { output: out, errors } = output();
  expect(await stop(pidfile(`${pid}\n`), out)).toBe(0);
  expect(errors).toEqual([]);
  await end();
});

test("gives up after its time, and says that the process is still there", async () => {
  const { pid, end } = await child("{}");
  const { output: out, errors } = output();
  expect(await stop(pidfile(`${pid}`), out, 200)).toBe(1);
  expect(errors).toEqual([`tsuwsgi: --stop: process ${pid} is still there after 0.2 seconds\n`]);
  await end();
});

test("a process that is gone", async () => {
  const { pid, end } = await child("{}");
  await end();
  const { output: out, errors } = output();
  expect(await stop(pidfile(`${pid}`), out)).toBe(1);
  expect(errors[0]).toMatch(/there is no process \d+; .* is left over from an earlier run/);
});

test.each(["", "garbage", "-1", "0", "12 34", "99999999999", "4294967297"])(
  "a pidfile with %j signals nobody",
  async (content) => {
    const { output: out, errors } = output();
    expect(await stop(pidfile(content), out)).toBe(1);
    expect(errors[0]).toMatch(/does not hold a process id/);
  },
);

test("a pidfile that is missing or a directory", async () => {
  const { output: out, errors } = output();
  expect(await stop(join(directory, "none"), out)).toBe(1);
  mkdirSync(join(directory, "dir"));
  expect(await stop(join(directory, "dir"), out)).toBe(1);
  expect(errors[0]).toMatch(/there is no pidfile/);
  expect(errors[1]).toMatch(/is a directory/);
});

test.skipIf(process.getuid?.() === 0)("a process of another user", async () => {
  const { output: out, errors } = output();
  expect(await stop(pidfile("1"), out)).toBe(1);
  expect(errors[0]).toMatch(/belongs to another user/);
});
