/** Starts a server for a measurement and ends it with all its processes. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { get } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { processTree } from "./process-tree.ts";
import { appDirectory, type Server, type Start } from "./servers.ts";
import { transferFile } from "./transfer.ts";

/** A server that answers. */
export interface Running {
  readonly port: number;
  /** What was started; their descendants belong to the server too. */
  readonly pids: readonly number[];
  readonly stop: () => Promise<void>;
}

/** How long a server may take to answer first, and to end, milliseconds. */
const patienceMs = 15_000;

/** Starts the server, its output to nowhere, and waits until it answers. Throws when it does not. */
export async function startServer(
  server: Server,
  start: Pick<Start, "app" | "log" | "processes">,
): Promise<Running> {
  const directory = mkdtempSync(join(tmpdir(), "tsuwsgi-bench-"));
  const port = await freePort();
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: "1", BENCH_FILE: transferFile() };
  let failed: Error | undefined;
  const children = server.commands({ ...start, port, directory }).map(([program, ...args]) =>
    spawn(program, args, { cwd: appDirectory, env, stdio: "ignore" }).once("error", (error) => {
      failed = error;
    }),
  );
  const stop = async () => {
    await Promise.all(children.map(end));
    rmSync(directory, { recursive: true, force: true });
  };
  const deadline = performance.now() + patienceMs;
  while (!(await answers(port, "/"))) {
    const late = performance.now() > deadline;
    if (failed || children.some(({ exitCode }) => exitCode !== null) || late) {
      await stop();
      throw new Error(`${server.name} does not answer`, { cause: failed });
    }
    await pause(20);
  }
  return { port, pids: children.flatMap(({ pid }) => pid ?? []), stop };
}

/** SIGINT, which all servers take as the word to leave, then SIGKILL for what is left of the tree. */
async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined) return;
  const tree = processTree(child.pid);
  child.kill("SIGINT");
  const deadline = performance.now() + patienceMs;
  while (tree.some(isAlive) && performance.now() < deadline) await pause(20);
  for (const pid of tree.filter(isAlive)) process.kill(pid, "SIGKILL");
}

function isAlive(pid: number): boolean {
  return processTree(pid).length > 0;
}

/** Requests a page on a connection of its own. True when the answer is a 200. */
export function answers(port: number, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = get({ host: "127.0.0.1", port, path, agent: false }, (response) => {
      response.resume();
      response.once("error", () => resolve(false));
      response.once("end", () => resolve(response.statusCode === 200));
    });
    asked.setTimeout(patienceMs, () => asked.destroy(new Error("no answer")));
    asked.once("error", () => resolve(false));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
