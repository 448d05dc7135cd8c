/** The commands as people call them: what they write where, and their exit codes. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, test } from "vitest";
import { commandTable } from "../../src/commands/command-table.ts";
import { main } from "../../src/commands/main.ts";
import { needs } from "../helpers/needs.ts";
import { projectPath, runTsuwsgi } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";

const files = {
  "app.ini": "[uwsgi]\nini = base.ini\nprocesses = 4\nname = café ☕\nmaster\n[dev]\nthreads = 2\n",
  "base.ini": "[uwsgi]\nworkers = 2\nlog-format = %(addr) %(name)\n",
  "a:b.ini": "[uwsgi]\nx = 1\n",
  "broken.yaml": "uwsgi:\n  a: b: c\n",
};
const cwd = temporaryDirectory(files);

async function run(...args: string[]) {
  return await runTsuwsgi(args, { cwd, env: { UWSGI_THREADS: "9" } });
}

/** Runs a command in this process. */
async function inProcess(...args: string[]) {
  let stdout = "";
  let stderr = "";
  const code = await main(args, {
    write: (text) => {
      stdout += text;
    },
    error: (text) => {
      stderr += text;
    },
    writeColor: false,
    errorColor: false,
  });
  return { code, stdout, stderr };
}

const block = `;uWSGI instance configuration
[uwsgi]
ini = app.ini
ini = base.ini
workers = 2
log-format = %(addr) café ☕
processes = 4
name = café ☕
master = 
;end of configuration
`;

describe("show", () => {
  test("prints the list, without the environment's options", async () => {
    expect(await run("show", "app.ini")).toEqual({ code: 0, stdout: block, stderr: "" });
  });

  test("of a section; of a file with a colon in its name", async () => {
    expect((await run("show", "app.ini:dev")).stdout).toContain("ini = app.ini:dev\nthreads = 2\n");
    expect((await run("show", "a:b.ini")).stdout).toContain("ini = a:b.ini:\nx = 1\n");
  });

  test("of standard input", () => {
    const args = [projectPath("dist/cli.js"), "show", "-"];
    const { stdout } = spawnSync(process.execPath, args, { cwd, input: files["app.ini"] });
    expect(stdout.toString()).toBe(block.replace("ini = app.ini", "ini = -"));
  });

  test("of what cannot be read to its end prints only why", async () => {
    const gone = await run("show", "gone.ini");
    expect([gone.code, gone.stdout]).toEqual([1, ""]);
    expect(gone.stderr).toContain("cannot read `gone.ini`: no such file");
    const broken = await run("show", "broken.yaml");
    expect([broken.code, broken.stdout]).toEqual([1, ""]);
    expect(broken.stderr).toContain("broken.yaml:2:7: error: ");
  });

  needs("uwsgi")("beside uWSGI", () => {
    test("is byte for byte its list", async () => {
      const hooks = ["--hook-asap", "call:show_config", "--hook-asap", "exit:0"];
      const uwsgi = spawnSync("uwsgi", ["--ini", "app.ini", ...hooks], { cwd });
      const all = uwsgi.stderr.toString("latin1");
      const from = all.indexOf(";uWSGI instance");
      const list = all.slice(from, all.indexOf("hook-asap = ", from));
      const { stdout } = await run("show", "app.ini");
      const end = ";end of configuration\n";
      expect(stdout).toBe(`${Buffer.from(list, "latin1").toString()}${end}`);
    });
  });
});

describe("--show-config at a start", () => {
  test("prints the list and goes on", async () => {
    const { code, stderr } = await runTsuwsgi(["--ini", "app.ini", "--show-config"], { cwd });
    expect(stderr.startsWith(block.replace(";end", "show-config = true\n;end"))).toBe(true);
    // It went on as far as it could: the configuration names no socket.
    expect([code, stderr.includes("no-socket")]).toEqual([1, true]);
  });
});

describe("convert", () => {
  const yaml = "uwsgi:\n  ini: base.ini\n  processes: 4\n  name: 'café ☕'\n  master: ''\n";

  test("writes to standard output", async () => {
    const { code, stdout, stderr } = await run("convert", "app.ini", "--to", "yaml");
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: yaml, stderr: "" });
  });

  test("writes a file, once", async () => {
    const args = ["convert", "app.ini:dev", "--to", "json", "--output", "out.json"];
    expect(await run(...args)).toEqual({ code: 0, stdout: "", stderr: "" });
    const text = readFileSync(join(cwd, "out.json"), "utf8");
    expect(text).toBe('{\n  "dev": {\n    "threads": 2\n  }\n}\n');
    expect(await run(...args)).toMatchObject({
      code: 1,
      stderr: "tsuwsgi: convert: `out.json` exists; `--force` overwrites it\n",
    });
    expect((await run(...args, "--force")).code).toBe(0);
  });

  test("writes nothing when something does not fit", async () => {
    const before = readdirSync(cwd);
    const { code, stderr } = await run(
      "convert",
      "broken.yaml",
      "--to",
      "ini",
      "--output",
      "o.ini",
    );
    expect([code, readdirSync(cwd)]).toEqual([1, before]);
    expect(stderr).toContain("broken.yaml:2:7: error: ");
    const gone = await run("convert", "gone.ini", "--to", "ini");
    expect([gone.code, gone.stdout]).toEqual([1, ""]);
  });
});

describe("FILE:SECTION", () => {
  test("for lint", async () => {
    const { stdout } = await run("lint", "app.ini:dev", "app.ini:none");
    expect(stdout).toContain("error: no section `[none]` here");
    expect(stdout).toContain("[no-app]");
    expect(stdout).not.toContain("app.ini:5");
  });

  test("for nginx", async () => {
    const directory = temporaryDirectory({
      "n.ini": "[uwsgi]\nhttp = :1\n[dev]\nhttp = 127.0.0.1:8123\nmodule = app\n",
    });
    const { stdout } = await runTsuwsgi(["nginx", "n.ini:dev"], { cwd: directory });
    expect(stdout).toContain("127.0.0.1:8123");
  });
});

describe("help", () => {
  test.each(Object.keys(commandTable))("of %s has examples, either way", async (name) => {
    const help = await inProcess("help", name);
    expect(help.code).toBe(0);
    expect(help.stdout).toMatch(new RegExp(`Examples:\n(?:  tsuwsgi ${name} .*\n)+`));
    expect(await inProcess(name, "--help")).toEqual(help);
  });

  test("of all lists the commands", async () => {
    const { code, stdout } = await inProcess("help");
    expect(code).toBe(0);
    for (const name of Object.keys(commandTable))
      expect(stdout).toMatch(new RegExp(`^  ${name} `, "m"));
    expect((await inProcess("--help")).stdout).toBe(stdout);
  });
});

test.each([
  [["lnt", "app.ini"], "tsuwsgi: `lnt` is not a command; did you mean `lint`?\n"],
  [["Convrt"], "tsuwsgi: `Convrt` is not a command; did you mean `convert`?\n"],
  [["help", "shwo"], "error: unknown command 'shwo'\n(Did you mean show?)\n"],
  [["show", "--formt", "ini", "a"], "error: unknown option '--formt'\n(Did you mean --format?)\n"],
  [["convert", "a", "--to", "toml"], /^error: option '--to <format>' argument 'toml' is invalid\./],
  [["convert", "a"], "error: required option '--to <format>' not specified\n"],
])("wrong usage: %j", async (args, message) => {
  const { code, stdout, stderr } = await inProcess(...args);
  expect([code, stdout]).toEqual([2, ""]);
  if (typeof message === "string") expect(stderr).toBe(message);
  else expect(stderr).toMatch(message);
});
