/** Timed commands of a running server. At its start those run whose minute it is, so no test waits for the clock. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { needs } from "../helpers/needs.ts";
import { freePorts } from "../helpers/ports.ts";
import { launch } from "../helpers/process.ts";
import { startServer, untilReady } from "../helpers/server.ts";
import { open, type Target } from "../helpers/target.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";
import { read, serve, wsgiFile } from "./daemon-server.ts";

const always = "-1 -1 -1 -1 -1";

describe("cron", () => {
  test("runs a command in the server's place, once in a minute, and not again by a reload", async () => {
    const { directory, server, logged } = await serve(
      "env = FOO=bar",
      // Where the reload falls into the next minute, that one's run says another minute.
      `cron = ${always} echo "$(pwd) $FOO $(date -Iminutes)" >> told`,
    );
    await until("the command", () => read(directory, "told"));
    server.signal("SIGHUP");
    await logged("reload is done");
    await logged("ended after");
    const lines = read(directory, "told").split("\n");
    expect(new Set(lines).size).toBe(lines.length);
    expect(lines[0]).toContain(`${directory} bar `);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    await server.assertGone();
  });

  test("has its time where TZ says", async () => {
    const utc = new Date();
    // Two zones, of which one has another hour than the other.
    const hour = (utc.getUTCHours() + 5) % 24;
    const next = (hour + 1) % 24;
    const { directory } = await serve(
      "env = TZ=XXX-5",
      `cron = -1 ${hour} -1 -1 -1 echo > there`,
      // Should the hour end between this and the start.
      `cron = -1 ${next} -1 -1 -1 echo > there`,
      `cron = -1 ${(hour + 12) % 24} -1 -1 -1 echo > elsewhere`,
      `attach-daemon = date -R > zone; exec sleep 1000`,
    );
    await until("the command", () => isThere(directory, "there"));
    await until("the zone", () => read(directory, "zone") !== "");
    expect(isThere(directory, "elsewhere")).toBe(false);
    expect(read(directory, "zone")).toMatch(/ \+0500$/);
  });

  test("is killed after its time, and with all that it has started", async () => {
    const { server, logged } = await serve(
      "cron-harakiri = 100",
      "cron2 = harakiri=1,unique=1 sleep 1000 & sleep 1000; echo never",
    );
    await logged("HARAKIRI: cron");
    await logged("killed by SIGKILL");
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    await server.assertGone();
  });

  test("ends with the server, after the chance to do so itself", async () => {
    const { directory, server } = await serve(
      `unique-cron = ${always} trap 'echo bye > said; exit' TERM; echo > up; while :; do sleep 0.05; done`,
    );
    await until("it to run", () => isThere(directory, "up"));
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(read(directory, "said")).toBe("bye");
    await server.assertGone();
  });

  test("ends when the master is killed", async () => {
    const { directory, server } = await serve(`cron = ${always} echo > up; sleep 1000; echo never`);
    await until("it to run", () => isThere(directory, "up"));
    server.signal("SIGKILL");
    await server.assertGone();
  });
});

function isThere(directory: string, name: string): boolean {
  return existsSync(join(directory, name));
}

needs("uwsgi")("as uWSGI does it", () => {
  const job = `(id -u; pwd; echo $FOO; readlink /proc/$$/fd/0; ps -o sid= -p $$ | tr -d ' ' | grep -qx $$ && echo leader) > told; sleep 1000`;
  const options = (directory: string, port: number, stats: number) => [
    ...["--http-socket", `127.0.0.1:${port}`, "--wsgi-file", wsgiFile, "--master"],
    ...["--env", "FOO=bar", "--chdir", directory, "--stats", `127.0.0.1:${stats}`],
    ...["--cron", `${always} ${job}`, "--attach-daemon", "sleep 1000"],
  ];

  test("runs at the start, where and as whom; what the statistics show", async () => {
    const [port = 0, other = 0, on = 0, theirs = 0] = await freePorts(4);
    const [own, their] = [temporaryDirectory(), temporaryDirectory()];
    const server = await startServer(options(own, port, on), { http: port });
    const command = 'exec uwsgi --plugin python3 "$@" </dev/null';
    const uwsgi = launch("sh", ["-c", command, "sh", ...options(their, other, theirs)]);
    await untilReady(uwsgi, { http: other });
    const told = (directory: string) =>
      until("all of it", () => {
        const text = read(directory, "told");
        return text.endsWith("leader") && text.replaceAll(directory, "DIRECTORY");
      });
    expect((await told(own)).replace("/dev/null", "INPUT")).toBe(
      (await told(their)).replace("/dev/null", "INPUT"),
    );
    const [ours, peers] = [await stats(on), await stats(theirs)];
    expect(Object.keys(ours)).toEqual(Object.keys(peers));
    expect(shape(ours.crons)).toEqual(shape(peers.crons));
    expect(shape(ours.daemons)).toEqual(shape(peers.daemons));
    expect(ours.crons[0].command).toBe(peers.crons[0].command);
    expect(ours.crons[0].pid).toBeGreaterThan(1);
    expect(ours.daemons[0].cmd).toBe("sleep 1000");
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    await server.assertGone();
  });
});

/** What a stats server sends until it closes the connection. */
async function stats(target: Target) {
  const socket = await open(target);
  let text = "";
  for await (const part of socket) text += part;
  return JSON.parse(text);
}

/** Names, order and types of a list's first item. */
function shape(list: readonly object[]): unknown {
  return Object.entries(list[0] ?? {}).map(([name, value]) => [name, typeof value]);
}
