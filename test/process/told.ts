/** Servers that are told things: started on a small application, with a log to wait for. */
import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { freePort } from "../helpers/ports.ts";
import type { Program } from "../helpers/process.ts";
import { startServer, tsuwsgi } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";

/** Answers with its version, its process and its directory. */
const application = (version: string) => `
import os

def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [("${version} %d %s" % (os.getpid(), os.getcwd())).encode()]
`;

export interface Told {
  readonly directory: string;
  readonly ini: string;
  readonly port: number;
  readonly server: Program;
  /** A path in the directory. */
  readonly at: (name: string) => string;
  /** Writes another version of the application. */
  readonly edit: (version: string) => void;
  /** Does something, and waits for one more line with this text in the log. */
  readonly expecting: (text: string, act: () => void | Promise<void>) => Promise<void>;
  /** How often the log has this text. */
  readonly count: (text: string) => number;
}

/**
 * Starts a server with a master and two workers.
 * @param lines more of the configuration; `DIR` stands for the directory
 */
export async function serveTold(...lines: readonly string[]): Promise<Told> {
  const port = await freePort();
  const directory = temporaryDirectory();
  const at = (name: string) => join(directory, name);
  const ini = at("app.ini");
  const edit = (version: string) => writeFileSync(at("app.py"), application(version));
  edit("one");
  writeFileSync(ini, "[uwsgi]\nmaster = true\nprocesses = 2\ndisable-logging = true\n");
  const own = [`http-socket = 127.0.0.1:${port}`, `wsgi-file = ${at("app.py")}`];
  for (const line of [...own, ...lines])
    appendFileSync(ini, `${line.replaceAll("DIR", directory)}\n`);
  const server = await startServer(["--ini", ini], { http: port });
  const count = (text: string) => server.stderr().split(text).length - 1;
  const expecting = async (text: string, act: () => void | Promise<void>) => {
    const before = count(text);
    await act();
    try {
      await until("a line in the log", () => count(text) > before);
    } catch (cause) {
      throw new Error(`"${text}" did not come; the log:\n${server.stderr()}`, { cause });
    }
  };
  return { directory, ini, port, server, at, edit, expecting, count };
}

/** Starts another server of the same application that is to be refused; what it says. */
export async function refused({ at }: Told, ...more: readonly string[]): Promise<string> {
  const socket = ["--http-socket", `127.0.0.1:${await freePort()}`];
  const second = tsuwsgi([...socket, "--wsgi-file", at("app.py"), "--master", ...more]);
  expect((await second.exit).code).toBe(1);
  await second.assertGone();
  return second.stderr();
}
