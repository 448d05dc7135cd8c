/** Letters in a FIFO. */
import { spawnSync } from "node:child_process";
import {
  closeSync,
  constants,
  existsSync,
  lstatSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { request } from "../helpers/http.ts";
import { needs } from "../helpers/needs.ts";
import { freePort } from "../helpers/ports.ts";
import { launch } from "../helpers/process.ts";
import { page, runTsuwsgi } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";
import { serveTold } from "./told.ts";

/** What `echo LETTERS > FIFO` does, but fails where that would wait for a reader. */
function write(path: string, letters: string): void {
  const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  try {
    writeSync(fd, letters);
  } finally {
    closeSync(fd);
  }
}

function makeFifo(path: string): void {
  expect(spawnSync("mkfifo", [path]).status).toBe(0);
}

describe("letters", () => {
  test("each does what its command does, several at once and in their order", async () => {
    const { server, at, expecting, edit, port } = await serveTold("master-fifo = DIR/fifo");
    const fifo = at("fifo");
    expect(lstatSync(fifo).isFIFO()).toBe(true);
    expect(lstatSync(fifo).mode & 0o777).toBe(0o600);
    await expecting("worker 2 (pid", () => write(fifo, "s\n"));
    await expecting("master-fifo p: resumed", () => write(fifo, "p p\n"));
    expect(server.stderr()).toMatch(/fifo p: paused, requests wait\n.*fifo p: resumed/);
    edit("two");
    await expecting("reload is done", () => write(fifo, "r"));
    expect(await page(port, "/")).toMatch(/^two /);
    edit("three");
    await expecting("chain reload is done", () => write(fifo, "c"));
    expect(await page(port, "/")).toMatch(/^three /);
    await expecting("reload of the workers is done", () => write(fifo, "w"));
    await expecting("brutal reload is done", () => write(fifo, "R"));
    await expecting("brutal reload of the workers is done", () => write(fifo, "W"));
    await expecting("1 of 2", () => write(fifo, "-"));
    await expecting("2 of 2", () => write(fifo, "+"));
    write(fifo, "q");
    expect((await server.exit).code).toBe(0);
    expect(server.stderr()).toContain("master-fifo q: stopping");
    await server.assertGone();
  });

  test("Q stops at once; a paused server too", async () => {
    const { server, at, expecting, port } = await serveTold("master-fifo = DIR/fifo");
    await expecting("paused", () => write(at("fifo"), "p"));
    const waiting = request(port).catch(() => undefined);
    write(at("fifo"), "Q");
    expect((await server.exit).code).toBe(0);
    expect(server.stderr()).toContain("master-fifo Q: stopping at once");
    await waiting;
    await server.assertGone();
  });

  test("what has no object here is said, and what is no command", async () => {
    const { at, expecting, count } = await serveTold("master-fifo = DIR/fifo");
    await expecting(`no such commands: "zX"`, () => write(at("fifo"), "BzEfSX\n"));
    expect(count("B: nothing to do: no emperor is asked for help")).toBe(1);
    expect(count("E: nothing to do: this is no emperor")).toBe(1);
    expect(count("nothing to do: the master is not forked")).toBe(1);
    expect(count("nothing to do: there are no subscriptions")).toBe(1);
  });

  test("P writes the pidfiles anew", async () => {
    const lines = ["master-fifo = DIR/fifo", "pidfile = DIR/one", "safe-pidfile2 = DIR/two"];
    const { at, expecting, server } = await serveTold(...lines);
    writeFileSync(at("one"), "");
    writeFileSync(at("two"), "99999999\n");
    await expecting(`wrote ${at("two")}`, () => write(at("fifo"), "P"));
    for (const name of ["one", "two"])
      expect(readFileSync(at(name), "utf8")).toBe(`${server.pid}\n`);
  });

  test("who writes without end stops nothing", async () => {
    const { server, at, expecting, port } = await serveTold("master-fifo = DIR/fifo");
    const flood = launch("/bin/sh", ["-c", `yes zzzzzzzzzzzzzzzzzzzzzzzzz > ${at("fifo")}`]);
    await until("letters to be dropped", () => server.stderr().includes("letters at once"));
    for (let count = 0; count < 20; count++) expect(await page(port, "/")).toMatch(/^one /);
    await expecting("reload is done", () => server.signal("SIGHUP"));
    await flood.kill();
    expect((await server.stop()).code).toBe(0);
  });

  test("a writer that waits does not hold the others up", async () => {
    const { at, expecting } = await serveTold("master-fifo = DIR/fifo");
    const idle = openSync(at("fifo"), constants.O_WRONLY | constants.O_NONBLOCK);
    await expecting("statistics:", () => write(at("fifo"), "s"));
    closeSync(idle);
    await expecting("statistics:", () => write(at("fifo"), "s"));
  });
});

describe("several", () => {
  const two = ["master-fifo = DIR/f0", "master-fifo = DIR/f1"];

  test("a digit goes over to another, which is made then; one too high to the first", async () => {
    const { at, expecting } = await serveTold(...two, "vacuum = true");
    expect(existsSync(at("f1"))).toBe(false);
    await expecting(`master-fifo is now ${at("f1")}`, () => write(at("f0"), "1"));
    expect(() => write(at("f0"), "s")).toThrow("ENXIO");
    await expecting("statistics:", () => write(at("f1"), "s"));
    await expecting(`master-fifo is now ${at("f0")}`, () => write(at("f1"), "7"));
    await expecting("statistics:", () => write(at("f0"), "s"));
  });

  test("the next server takes the first, and then the present one's place, as in uWSGI", async () => {
    const first = await serveTold(...two);
    const [f0, f1] = [first.at("f0"), first.at("f1")];
    await first.expecting(`master-fifo is now ${f1}`, () => write(f0, "1"));
    const second = await serveTold(`master-fifo = ${f0}`, `master-fifo = ${f1}`, "vacuum = true");
    await second.expecting("statistics:", () => write(f0, "s"));
    await second.expecting(`master-fifo is now ${f1}`, () => write(f0, "1"));
    await second.expecting("statistics:", () => write(f1, "s"));
    expect(first.count("statistics:")).toBe(0);
    expect((await first.server.stop()).code).toBe(0);
    // It is the other's by now.
    await second.expecting("statistics:", () => write(f1, "s"));
  });

  test("where there is something else it stays with the present one", async () => {
    const { at, expecting } = await serveTold(...two);
    writeFileSync(at("f1"), "precious");
    await expecting(`it stays ${at("f0")}`, () => write(at("f0"), "1"));
    await expecting("statistics:", () => write(at("f0"), "s"));
    expect(readFileSync(at("f1"), "utf8")).toBe("precious");
  });
});

describe("the path", () => {
  test("a stale FIFO is taken over; vacuum removes it, without it stays", async () => {
    for (const vacuum of [true, false]) {
      const directory = temporaryDirectory();
      const path = join(directory, "fifo");
      makeFifo(path);
      const told = await serveTold(`master-fifo = ${path}`, `vacuum = ${vacuum}`);
      await told.expecting("statistics:", () => write(path, "s"));
      expect((await told.server.stop()).code).toBe(0);
      expect(existsSync(path)).toBe(!vacuum);
    }
  });

  test("one that was removed is made anew by a reload, and by its digit", async () => {
    const { at, expecting, server } = await serveTold(
      "master-fifo = DIR/f0",
      "master-fifo = DIR/f1",
    );
    const isNow = (name: string) => `master-fifo is now ${at(name)}`;
    rmSync(at("f0"));
    await expecting(isNow("f0"), () => server.signal("SIGHUP"));
    await expecting(isNow("f1"), () => write(at("f0"), "1"));
    const fd = openSync(at("f1"), constants.O_WRONLY | constants.O_NONBLOCK);
    rmSync(at("f1"));
    await expecting(isNow("f1"), () => void writeSync(fd, "1"));
    closeSync(fd);
    await expecting("statistics:", () => write(at("f1"), "s"));
  });

  test("what is no FIFO stays, and the server does not start", async () => {
    const directory = temporaryDirectory({ file: "precious" });
    const args = ["--http-socket", `127.0.0.1:${await freePort()}`, "--wsgi-file", "/dev/null"];
    const path = join(directory, "file");
    const { code, stderr } = await runTsuwsgi(["--lenient", ...args, "--master-fifo", path]);
    expect(code).toBe(1);
    expect(stderr).toContain(`\`master-fifo\`: ${path} is a file, not a FIFO`);
    expect(readFileSync(path, "utf8")).toBe("precious");
    const none = join(directory, "none", "fifo");
    const missing = await runTsuwsgi(["--lenient", ...args, "--master-fifo", none]);
    expect(missing.code).toBe(1);
    expect(missing.stderr).toMatch(/`master-fifo`: \S+ does not exist/);
  });

  test("one that another server reads is not taken", async () => {
    const { at, server, expecting } = await serveTold("master-fifo = DIR/fifo");
    const socket = `127.0.0.1:${await freePort()}`;
    const args = ["--http-socket", socket, "--wsgi-file", at("app.py")];
    const second = await runTsuwsgi([...args, "--master-fifo", at("fifo")]);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(
      `process ${server.pid} (tsuwsgi master) reads from it; stop that server or`,
    );
    await expecting("statistics:", () => write(at("fifo"), "s"));
  });
});

const peer = needs("uwsgi");

peer("uWSGI itself", () => {
  test("makes its FIFO with the same rights, and switches in the same way", async () => {
    const directory = temporaryDirectory({
      "app.py": "def application(e, s):\n    s('200 OK', [])\n    return [b'']\n",
    });
    const at = (name: string) => join(directory, name);
    const address = `127.0.0.1:${await freePort()}`;
    const args = ["--plugin", "python3", "--http-socket", address, "--wsgi-file", at("app.py")];
    const fifos = ["--master-fifo", at("f0"), "--master-fifo", at("f1")];
    const server = launch("uwsgi", [...args, ...fifos]);
    await until("the FIFO", () => lstatSync(at("f0")).isFIFO());
    expect(lstatSync(at("f0")).mode & 0o777).toBe(0o600);
    expect(existsSync(at("f1"))).toBe(false);
    await until("a reader", () => write(at("f0"), "1") === undefined);
    await until("the switch", () => server.stderr().includes("active master fifo is now"));
    await until("the other's reader", () => write(at("f1"), "s") === undefined);
    // How it ends is not looked at: on a busy machine it sometimes does not, by letter or by signal.
  });
});
