import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { expect, test } from "vitest";
import type { Output } from "../../src/commands/output.ts";
import { tellByPidfile } from "../../src/commands/pidfile-command.ts";
import type { PidfileTelling } from "../../src/commands/tellings.ts";
import { masterTitle } from "../../src/settings/name-settings.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";

const directory = temporaryDirectory();

const stopping: PidfileTelling = { takes: "PIDFILE", signal: "SIGINT", verb: "stop", waits: true };

function stop(path: string, out: Output, timeoutMs?: number): Promise<number> {
  return tellByPidfile("--stop", stopping, path, out, timeoutMs);
}

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

/** A process that ends on SIGINT, or does not, and is called what a master is. */
async function child(
  onInterrupt: string,
  title = masterTitle,
): Promise<{ pid: number; exit: Promise<unknown>; end: () => Promise<unknown> }> {
  const script = `process.title = ${JSON.stringify(title)}; process.on("SIGINT", () => ${onInterrupt}); setInterval(() => {}, 1000); console.log("up")`;
  const started = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "ignore"] });
  await once(started.stdout, "data");
  const gone = once(started, "exit");
  return {
    pid: started.pid ?? -1,
    exit: gone,
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

test("a process that is something else gets no signal", async () => {
  const { pid, end } = await child("process.exit(3)", "another program");
  const { output: out, errors } = output();
  expect(await stop(pidfile(`${pid}`), out)).toBe(1);
  expect(errors[0]).toMatch(
    /--stop: process \d+ is another program and no tsuwsgi master; .* left over/,
  );
  process.kill(pid, 0);
  await end();
});

test("a reload sends SIGHUP and waits for nothing", async () => {
  const { pid, exit } = await child("{}");
  const hangup: PidfileTelling = {
    takes: "PIDFILE",
    signal: "SIGHUP",
    verb: "reload",
    waits: false,
  };
  const { output: out, errors } = output();
  expect(await tellByPidfile("--reload", hangup, pidfile(`${pid}`), out)).toBe(0);
  expect(errors).toEqual([]);
  expect(await exit).toEqual([null, "SIGHUP"]);
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
