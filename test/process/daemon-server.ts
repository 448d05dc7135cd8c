/** Servers with programs beside them, for the tests of these. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll } from "vitest";
import { freePort } from "../helpers/ports.ts";
import type { Program } from "../helpers/process.ts";
import { projectPath, startServer } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";

/** An application. */
export const wsgiFile = projectPath("test/apps/sleep.py");

/** A running server, and what its programs do. */
export interface Served {
  readonly directory: string;
  readonly server: Program;
  /** A file that a program has written, as soon as there is something in it. */
  readonly file: (name: string) => Promise<string>;
  readonly logged: (part: string) => Promise<unknown>;
}

/** Programs that outlive their server; they end after the test file. */
export const outliving: number[] = [];
afterAll(() => {
  for (const pid of outliving) if (isThere(pid)) process.kill(pid, "SIGKILL");
});

/** Starts a server in a new directory, with these lines of configuration. */
export async function serve(...lines: readonly string[]): Promise<Served> {
  return await serveIn(temporaryDirectory(), ...lines);
}

/** The same in a directory that is there. */
export async function serveIn(directory: string, ...lines: readonly string[]): Promise<Served> {
  const port = await freePort();
  const ini = join(directory, "app.ini");
  const all = [
    ...["[uwsgi]", `chdir = ${directory}`, `http-socket = 127.0.0.1:${port}`],
    ...[`wsgi-file = ${wsgiFile}`, "disable-logging = true", ...lines],
  ];
  writeFileSync(ini, all.map((line) => `${line}\n`).join(""));
  const server = await startServer(["--ini", ini], { http: port });
  const file = (name: string) =>
    until(`${name}; it wrote: ${server.stderr()}`, () => read(directory, name) || undefined);
  const logged = (part: string) => until(part, () => server.stderr().includes(part));
  return { directory, server, file, logged };
}

/** What a file holds; the empty string when it is not there. */
export function read(directory: string, name: string): string {
  const path = join(directory, name);
  return existsSync(path) ? readFileSync(path, "utf8").trim() : "";
}

/** Whether a process has not ended, and is no zombie that waits for whoever inherited it. */
export function isThere(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "latin1"));
  } catch {
    return false;
  }
}

/** A shell program that writes its number whole, so that nobody reads half of it. */
export const tell = (name: string) => `echo $$ > ${name}.new && mv ${name}.new ${name}`;
