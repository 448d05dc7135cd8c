/** Touched files, watched directories and file systems. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { needs } from "../helpers/needs.ts";
import { freePort } from "../helpers/ports.ts";
import { launch } from "../helpers/process.ts";
import { page } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";
import { serveTold } from "./told.ts";

describe("touch-…", () => {
  test("made, touched, replaced by an older one and removed: each time it reloads", async () => {
    const { at, edit, expecting, port, server } = await serveTold("touch-reload = DIR/touched");
    const file = at("touched");
    await until("the first look", () =>
      server.stderr().includes("counts as touched when it is made"),
    );
    const reloads = async (version: string, act: () => void) => {
      edit(version);
      await expecting("reload is done", act);
      expect(await page(port, "/")).toMatch(new RegExp(`^${version} `));
    };
    await reloads("made", () => writeFileSync(file, ""));
    await reloads("touched", () => utimesSync(file, new Date(), new Date()));
    await reloads("older", () => {
      writeFileSync(at("other"), "");
      utimesSync(at("other"), 1000, 1000);
      renameSync(at("other"), file);
    });
    await reloads("removed", () => rmSync(file));
    expect(server.stderr()).toContain(`${file} was touched: reload begins`);
  });

  test("each option has its own command; a directory counts when something is made in it", async () => {
    const { at, expecting, server } = await serveTold(
      "touch-workers-reload = DIR/workers",
      "touch-chain-reload = DIR/chain",
      "touch-logrotate = DIR/rotate",
      "touch-logreopen = DIR/reopen",
    );
    await until("the looks", () => server.stderr().includes(`${at("reopen")} is not there`));
    await expecting("reload of the workers is done", () => mkdirSync(at("workers")));
    await expecting("reload of the workers is done", () => writeFileSync(at("workers/new"), ""));
    await expecting("chain reload is done", () => writeFileSync(at("chain"), ""));
    const isRotated = `${at("rotate")} was touched: the log is to be rotated`;
    await expecting(isRotated, () => writeFileSync(at("rotate"), ""));
    const isReopened = `${at("reopen")} was touched: the log is to be opened anew`;
    await expecting(isReopened, () => writeFileSync(at("reopen"), ""));
    for (const what of ["rotated", "opened anew"])
      await until("why not", () =>
        server.stderr().includes(`the log is not ${what}: it is no file`),
      );
  });

  test("touch-exec runs its command, says how it fails, and waits for none", async () => {
    const { at, expecting, server, port } = await serveTold(
      `touch-exec = DIR/a echo "$WORD from $PWD" > DIR/said`,
      "touch-exec = DIR/b exit 3",
      "touch-exec = DIR/c sleep 1000",
      "env = WORD=hello",
      "chdir = DIR",
    );
    await until("the looks", () => server.stderr().includes(`${at("c")} is not there`));
    await expecting(`${at("a")} was touched: running echo`, () => writeFileSync(at("a"), ""));
    await until(
      "the command",
      () => readFileSync(at("said"), "utf8") === `hello from ${at(".")}\n`.replace("/.\n", "\n"),
    );
    await expecting("exit 3 ended: exit code 3", () => writeFileSync(at("b"), ""));
    await expecting("running sleep 1000", () => writeFileSync(at("c"), ""));
    expect(await page(port, "/")).toMatch(/^one /);
    expect((await server.stop()).code).toBe(0);
  });

  test("a reload takes over what the configuration says by then, and loses no touch", async () => {
    const { at, ini, expecting, server } = await serveTold("touch-reload = DIR/first");
    appendFileSync(ini, `touch-reload = ${at("second")}\n`);
    await until("the first look", () => server.stderr().includes(`${at("first")} is not there`));
    await expecting("reload is done", () => writeFileSync(at("first"), ""));
    await until("the second's look", () =>
      server.stderr().includes(`${at("second")} is not there`),
    );
    await expecting("reload is done", () => writeFileSync(at("second"), ""));
  });
});

const peer = needs("uwsgi");

peer("uWSGI itself", () => {
  test("counts the making, touching and removal of a file too", async () => {
    const directory = temporaryDirectory({
      "app.py": "def application(e, s):\n    s('200 OK', [])\n    return [b'']\n",
    });
    const at = (name: string) => join(directory, name);
    const address = `127.0.0.1:${await freePort()}`;
    const args = ["--plugin", "python3", "--http-socket", address, "--wsgi-file", at("app.py")];
    const server = launch("uwsgi", [...args, "--touch-workers-reload", at("t")]);
    const touched = () => server.stderr().split("has been touched... workers reload").length - 1;
    await until("the first look", () => server.stderr().includes(`unable to stat() ${at("t")}`));
    writeFileSync(at("t"), "");
    await until("the making", () => touched() === 1);
    utimesSync(at("t"), Date.now() / 1000 + 5, Date.now() / 1000 + 5);
    await until("the touch", () => touched() === 2);
    rmSync(at("t"));
    await until("the removal", () => touched() === 3);
    expect(existsSync(at("t"))).toBe(false);
    await server.stop("SIGINT");
  });
});
