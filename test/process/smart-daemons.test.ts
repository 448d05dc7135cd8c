/** Programs beside the server that go into the background, have users of their own, and run as uWSGI's. */
import { chmodSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { needs } from "../helpers/needs.ts";
import { freePort } from "../helpers/ports.ts";
import { launch, type Program } from "../helpers/process.ts";
import { startServer, untilReady } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";
import { isThere, outliving, read, serve, serveIn, wsgiFile } from "./daemon-server.ts";

describe("smart-attach-daemon", () => {
  const background =
    "smart-attach-daemon = smart.pid setsid sh -c 'echo $$ > smart.pid; exec sleep 1000' &";

  test("is started, outlives the server, and is found by the next", async () => {
    const { directory, server, file, logged } = await serve(background);
    const pid = Number(await file("smart.pid"));
    outliving.push(pid);
    await logged(`(pid ${pid}): runs`);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(isThere(pid)).toBe(true);
    const next = await serveIn(directory, background);
    await next.logged(`(pid ${pid}): runs already`);
    process.kill(pid, "SIGKILL");
    const other = await until("another", () => {
      const now = Number(read(directory, "smart.pid"));
      return now > 0 && now !== pid && now;
    });
    outliving.push(other);
    await next.server.stop();
  });

  test("2 is put into the background by the server", async () => {
    const { server, file } = await serve("smart-attach-daemon2 = smart.pid exec sleep 1000");
    const pid = Number(await file("smart.pid"));
    outliving.push(pid);
    const status = readFileSync(`/proc/${pid}/stat`, "latin1");
    const [, parent, group, session] = status.slice(status.lastIndexOf(")") + 2).split(" ");
    expect(Number(parent)).not.toBe(server.pid);
    expect([Number(group), Number(session)]).toEqual([pid, pid]);
    await server.stop();
    expect(isThere(pid)).toBe(true);
  });

  test("with notifypid is told about reload and stop", async () => {
    const told = "trap 'echo HUP >> got' HUP; trap 'echo USR1 >> got; exit' USR1";
    const { server, directory, file, logged } = await serve(
      `attach-daemon2 = cmd=${told}; echo > up; while :; do sleep 0.05; done,pidfile=p,daemonize=1,notifypid=1,stopsignal=10`,
    );
    const pid = Number(await file("p"));
    outliving.push(pid);
    await logged(`(pid ${pid}): runs`);
    await until("it to run", () => existsSync(join(directory, "up")));
    server.signal("SIGHUP");
    await until("the reload", () => read(directory, "got") === "HUP");
    await server.stop();
    await until("the stop", () => read(directory, "got") === "HUP\nUSR1");
    await until("its end", () => !isThere(pid));
  });
});

describe.skipIf(process.getuid?.() !== 0)("as root [else skipped: only root can]", () => {
  test("a program gets a user and a group of its own", async () => {
    const directory = temporaryDirectory();
    chmodSync(directory, 0o777);
    const { file, server } = await serveIn(
      directory,
      "attach-daemon2 = cmd=(id -u; id -G) > new; mv new told; exec sleep 1000,uid=65534,gid=65533",
    );
    expect((await file("told")).split("\n")).toEqual(["65534", "65533"]);
    await server.stop();
    await server.assertGone();
  });

  test("with ns_pid is process 1 of its namespace, and ends with the server", async () => {
    const { server, file } = await serve(
      "attach-daemon2 = cmd=trap 'exit' TERM; echo $$ > told; while :; do sleep 0.05; done,ns_pid=1",
    );
    expect(await file("told")).toBe("1");
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    await server.assertGone();
  });
});

needs("uwsgi")("as uWSGI does it", () => {
  const script = `(id -u; pwd; echo $FOO; readlink /proc/$$/fd/0; ps -o sid= -p $$ | tr -d ' ' | grep -qx "$$" && echo leader) > told; trap 'echo TERM >> got; exit' TERM; while :; do sleep 0.05; done`;
  const options = (directory: string, port: number) => [
    ...["--http-socket", `127.0.0.1:${port}`, "--wsgi-file", wsgiFile, "--master"],
    ...["--env", "FOO=bar", "--chdir", directory, "--die-on-term"],
    ...["--attach-daemon", script],
  ];
  const seen = async (program: Program, directory: string) => {
    const told = await until("all of it", () => {
      const text = read(directory, "told");
      return text.endsWith("leader") && text;
    });
    await program.stop();
    await until("its signal", () => read(directory, "got"));
    return [told.replaceAll(directory, "DIRECTORY"), read(directory, "got")];
  };

  test("user, directory, environment, input, session, signal of a stop", async () => {
    const [port, other] = [await freePort(), await freePort()];
    const [own, theirs] = [temporaryDirectory(), temporaryDirectory()];
    const server = await startServer(options(own, port), { http: port });
    const uwsgi = launch("uwsgi", ["--plugin", "python3", ...options(theirs, other)]);
    await untilReady(uwsgi, { http: other });
    expect(await seen(server, own)).toEqual(await seen(uwsgi, theirs));
  });
});
