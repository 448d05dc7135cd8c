import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, test } from "vitest";
import { projectPath, runTsuwsgi } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";

const app = "def application(environ, start_response):\n    return []\n";
const sound = "[uwsgi]\nhttp = 127.0.0.1:0\nwsgi-file = app.py\n";

interface Outcome {
  readonly code: number | null;
  /** The lines that state a finding, without the excerpts. */
  readonly messages: string[];
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the command in a directory, and sees to it that nothing there changes. */
async function attempt(
  directory: string,
  args: readonly string[],
  env: { readonly [name: string]: string | undefined } = {},
): Promise<Outcome> {
  const before = listing(directory);
  const { code, stdout, stderr } = await runTsuwsgi(args, { cwd: directory, env });
  expect(listing(directory)).toEqual(before);
  expect(stderr).not.toMatch(/^\s+at /m);
  const messages = stderr.split("\n").filter((line) => /(^|: )(error|warning): /.test(line));
  return { code, messages, stdout, stderr };
}

function listing(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" }).sort();
}

/** Starts the command as a user to whom permissions apply: root may do everything. */
function withoutPrivileges(directory: string, args: readonly string[]) {
  chmodSync(directory, 0o755);
  const account = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const options = { cwd: directory, encoding: "utf8", ...account } as const;
  return spawnSync(process.execPath, [projectPath("dist/cli.js"), ...args], options);
}

/** A directory with an application and the ini file. */
function project(
  ini: string | Uint8Array,
  files: { readonly [path: string]: string } = {},
): string {
  return temporaryDirectory({ "app.py": app, "app.ini": ini, ...files });
}

async function expectOne(outcome: Outcome, message: RegExp, code = 1): Promise<void> {
  expect(outcome.messages, outcome.stderr).toHaveLength(1);
  expect(outcome.messages[0]).toMatch(message);
  expect(outcome.code).toBe(code);
}

describe("the file", () => {
  test("missing", async () => {
    const directory = temporaryDirectory();
    await expectOne(await attempt(directory, ["--ini", "no.ini"]), /no\.ini/);
    await expectOne(await attempt(directory, ["no.ini"]), /no\.ini/);
  });

  test("a directory", async () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, "conf.ini"));
    await expectOne(await attempt(directory, ["--ini", "conf.ini"]), /conf\.ini.*directory/);
  });

  test("unreadable", () => {
    const directory = project(sound);
    chmodSync(join(directory, "app.ini"), 0);
    const { status, stderr } = withoutPrivileges(directory, ["--ini", "app.ini"]);
    expect(stderr).toMatch(
      /^\(command line\):1:7: error: cannot read `app\.ini`: permission denied/,
    );
    expect([status, stderr.match(/error: /g)?.length]).toEqual([1, 1]);
  });

  test("empty", async () => {
    await expectOne(await attempt(project(""), ["--ini", "app.ini"]), /app\.ini/);
  });

  test("binary", async () => {
    const bytes = Uint8Array.from({ length: 4096 }, (_, i) => (i * 7919) % 256);
    const outcome = await attempt(project(bytes), ["--ini", "app.ini"]);
    await expectOne(outcome, /app\.ini/);
    expect(outcome.stderr.length).toBeLessThan(2000);
  });

  test("not UTF-8", async () => {
    const text = Buffer.from(`${sound}chdir = /caf\u00e9\n`, "latin1");
    await expectOne(await attempt(project(text), ["--ini", "app.ini"]), /^app\.ini:4:\d+: error: /);
  });

  test("without [uwsgi]", async () => {
    await expectOne(
      await attempt(project("[uWSGI]\nhttp = :0\n"), ["--ini", "app.ini"]),
      /^app\.ini:.*\[?uwsgi\]?/i,
    );
  });

  test("YAML indented with a tab", async () => {
    const directory = temporaryDirectory({ "a.yaml": "uwsgi:\n\tmaster: true\n" });
    await expectOne(await attempt(directory, ["--yaml", "a.yaml"]), /^a\.yaml:2:1: error: .*tab/);
  });
});

describe("values", () => {
  test.each<[string, RegExp]>([
    ["processes = auto", /^app\.ini:4:13: error: .*\[not-a-number\]/],
    ["processes = -1", /^app\.ini:4:13: error: .*\[out-of-range\]/],
    ["processes = 100000", /^app\.ini:4:13: error: .*\[out-of-range\]/],
    ["processes = 4 ; four", /^app\.ini:4:13: error: .*\[inline-comment\]/],
    ["http = 127.0.0.1:99999", /^app\.ini:4:8: error: .*port.*\[invalid-address\]/],
    ["master = maybe", /^app\.ini:4:10: error: .*\[not-a-boolean\]/],
    ["proceses = 2", /^app\.ini:4:1: error: .*\[unknown-option\]/],
    ["mules = 2", /^app\.ini:4:1: error: .*not yet supported.*\[unsupported-option\]/],
    ["uid = no-such-user", /^app\.ini:4:7: error: .*\[unknown-user\]/],
    ["static-map = /static", /^app\.ini:4:14: error: .*\[invalid-value\]/],
  ])("%s", async (line, message) => {
    await expectOne(await attempt(project(`${sound}${line}\n`), ["--ini", "app.ini"]), message);
  });

  test("several faults are told in one run", async () => {
    const directory = project(`${sound}processes = auto\nmaster = maybe\nproceses = 4\n`);
    const { messages, code } = await attempt(directory, ["--ini", "app.ini"]);
    expect(messages).toHaveLength(3);
    expect(code).toBe(1);
  });

  test("on the command line", async () => {
    const outcome = await attempt(project(sound), ["--ini", "app.ini", "--processes", "auto"]);
    await expectOne(outcome, /command line.*error: .*\[not-a-number\]/);
  });
});

describe("the machine", () => {
  test.each<[string, RegExp]>([
    ["chdir = /no/where", /^app\.ini:4:9: error: .*\/no\/where does not exist.*\[chdir\]/],
    ["socket = no/where/s.sock", /^app\.ini:4:10: error: .*does not exist.*\[socket-directory\]/],
    [`socket = /tmp/${"x".repeat(200)}`, /^app\.ini:4:10: error: .*107 bytes/],
    ["pidfile = /no/where/pid", /^app\.ini:4:11: error: .*\[not-writable\]/],
    ["pidfile = /proc", /^app\.ini:4:11: error: .*directory.*\[not-writable\]/],
    ["logto = /no/where/log", /^app\.ini:4:9: error: .*\[not-writable\]/],
    [`http = /tmp/${"x".repeat(200)}/s`, /^app\.ini:4:8: error: .*107 bytes/],
    ["virtualenv = /no/where", /^app\.ini:4:14: error: .*\[virtualenv\]/],
  ])("%s", async (line, message) => {
    await expectOne(await attempt(project(`${sound}${line}\n`), ["--ini", "app.ini"]), message);
  });

  test.each<[string, string, RegExp, number]>([
    ["app.py", "", /^app\.ini:3:13: error: .*app\.py may not be read/, 22],
    ["app.pid", "pidfile = app.pid", /^app\.ini:4:11: error: .*app\.pid is not writable/, 1],
    ["app.log", "daemonize = app.log", /^app\.ini:4:13: error: .*app\.log is not writable/, 1],
  ])("no permission for %s", (file, line, message, code) => {
    const directory = project(`${sound}${line}\n`, { [file]: "" });
    chmodSync(join(directory, file), 0);
    const { status, stderr } = withoutPrivileges(directory, ["--ini", "app.ini"]);
    expect(stderr).toMatch(message);
    expect([status, stderr.match(/error: /g)?.length]).toEqual([code, 1]);
  });

  test("no Python", async () => {
    const directory = project(sound);
    const outcome = await attempt(directory, ["--ini", "app.ini"], { PATH: directory });
    await expectOne(outcome, /^app\.ini:3:13: error: .*python3.*PATH.*\[no-python\]/);
  });

  test("a Python that does not run", async () => {
    const directory = project(sound);
    symlinkSync("/bin/false", join(directory, "python3"));
    const outcome = await attempt(directory, ["--ini", "app.ini"], { PATH: directory });
    await expectOne(outcome, /^app\.ini:3:13: error: .*cannot be used.*\[python\]/);
  });
});

describe("the application", () => {
  test("missing", async () => {
    const outcome = await attempt(project("[uwsgi]\nhttp = :0\nwsgi-file = no.py\n"), ["app.ini"]);
    await expectOne(outcome, /^app\.ini:3:13: error: .*no\.py does not exist.*\[wsgi-file\]/, 22);
  });

  test("with a syntax error", async () => {
    const directory = project(sound, { "app.py": "def application(:\n" });
    const outcome = await attempt(directory, ["app.ini"]);
    await expectOne(outcome, /app\.py:1:\d+: error: .*\[app-syntax\]/, 22);
  });

  test("a module that is not there", async () => {
    const directory = project("[uwsgi]\nhttp = :0\nmodule = no.such:app\n");
    await expectOne(
      await attempt(directory, ["app.ini"]),
      /^app\.ini:3:10: error: there is no Python module `no` .*\[no-module\]/,
      22,
    );
  });

  test("without the callable", async () => {
    const directory = project(sound, { "app.py": "app = object()\nflask = dict()\n" });
    const outcome = await attempt(directory, ["app.ini"]);
    await expectOne(outcome, /^app\.ini:3:13: error: .*no `application`.*\[no-callable\]/, 22);
    expect(outcome.stderr).toContain("`flask`");
  });
});

describe("lint says what a start says", () => {
  test.each(["processes = auto", "chdir = /no/where", "proceses = 2", "harakiri = 5"])(
    "%s",
    async (line) => {
      const directory = project(`${sound}${line}\nsocket = no/where\n`);
      const started = await attempt(directory, ["--ini", "app.ini"]);
      const linted = await runTsuwsgi(["lint", "app.ini"], { cwd: directory });
      expect(linted.stdout).toBe(started.stderr);
      expect(linted.code).toBe(1);
      const asJson = await runTsuwsgi(["lint", "--format", "json", "app.ini"], { cwd: directory });
      expect(JSON.parse(asJson.stdout)).toHaveLength(started.messages.length);
    },
  );

  test("which is nothing of lines that do no harm", async () => {
    const directory = project(`${sound}plugin = python3\nthunder-lock = true\nprocesses = auto\n`);
    await expectOne(await attempt(directory, ["app.ini"]), /\[not-a-number\]/);
    const { stdout } = await runTsuwsgi(["lint", "app.ini"], { cwd: directory });
    expect(stdout).not.toMatch(/plugin|thunder/);
  });

  test("nothing is said of a sound file, and nothing of it is run", async () => {
    const directory = project(sound, {
      "app.py": `open("ran", "w")\n${app}`,
    });
    const { code, stdout } = await runTsuwsgi(["lint", "app.ini"], { cwd: directory });
    expect([code, stdout]).toEqual([0, ""]);
    expect(() => statSync(join(directory, "ran"))).toThrow();
    expect(listing(directory)).toEqual(["app.ini", "app.py"]);
  });
});

describe("a file given to lint", () => {
  test("that cannot be read stands for itself", async () => {
    const cwd = temporaryDirectory({ "empty.ini": "[uwsgi]\n" });
    const args = ["lint", "--format", "json", "no.ini", ".", "empty.ini"];
    const { code, stdout } = await runTsuwsgi(args, { cwd });
    expect(code).toBe(1);
    const rows: unknown = JSON.parse(stdout);
    expect(rows).toMatchObject([
      { file: "no.ini", line: 1, column: 1, rule: "unreadable-file", help: null },
      { file: ".", line: 1, column: 1, rule: "unreadable-file" },
      { file: "empty.ini", line: 1, column: 1, endColumn: 8, rule: "empty-file" },
    ]);
  });
});

describe("the command line", () => {
  test("--show-config prints what was read, also of a configuration that is wrong", async () => {
    const directory = project(`${sound}processes = auto\n`);
    const outcome = await attempt(directory, ["--show-config", "--ini", "app.ini"]);
    await expectOne(outcome, /\[not-a-number\]/);
    expect(outcome.stderr).toContain(
      "[uwsgi]\nshow-config = true\nini = app.ini\nhttp = 127.0.0.1:0\n",
    );
  });

  test("a word that is nothing", async () => {
    const outcome = await attempt(temporaryDirectory(), ["servers"]);
    await expectOne(outcome, /^\(command line\):1:1: error: .*\[bare-argument\]/);
    expect(outcome.stderr).toContain("`tsuwsgi --help` lists the commands");
  });

  test("nothing at all", async () => {
    const { code, stderr } = await runTsuwsgi([]);
    expect(code).toBe(2);
    expect(stderr).toContain("tsuwsgi --help");
  });

  test("sub-commands used wrongly are usage errors", async () => {
    for (const args of [
      ["lint"],
      ["lint", "--format", "xml", "a.ini"],
      ["nginx"],
      ["lint", "--frob"],
    ]) {
      const { code, stderr } = await runTsuwsgi(args);
      expect([args, code]).toEqual([args, 2]);
      expect(stderr).toMatch(/^error: /);
    }
  });

  test("--stop with a pidfile that is not there, or without one", async () => {
    const missing = await runTsuwsgi(["--stop", "/no/where"]);
    expect([missing.code, missing.stdout]).toEqual([1, ""]);
    expect(missing.stderr).toMatch(/^tsuwsgi: --stop: there is no pidfile \/no\/where/);
    expect((await runTsuwsgi(["--stop"])).code).toBe(2);
  });

  test("nginx writes to standard output, or says what keeps it from that", async () => {
    const directory = project("[uwsgi]\nsocket = @app\nwsgi-file = app.py\n");
    const refused = await runTsuwsgi(["nginx", "app.ini"], { cwd: directory });
    expect([refused.code, refused.stdout]).toEqual([1, ""]);
    expect(refused.stderr).toMatch(/^app\.ini:2:10: error: .*abstract socket/);
    const given = project("[uwsgi]\nsocket = /run/app.sock\nwsgi-file = app.py\n");
    const args = ["nginx", "app.ini", "--server-name", "example.org", "--listen", "8080"];
    const written = await runTsuwsgi(args, { cwd: given });
    expect([written.code, written.stderr]).toEqual([0, ""]);
    expect(written.stdout).toContain("server_name example.org;");
  });

  test("help and version, wherever they stand", async () => {
    for (const [args, said] of [
      [["no.ini", "--help"], /Usage: tsuwsgi/],
      [["--ini", "no.ini", "-h"], /Usage: tsuwsgi/],
      [["--ini", "no.ini", "--version"], /^\d+\.\d+\.\d+\n$/],
    ] as const) {
      const { code, stdout, stderr } = await runTsuwsgi(args);
      expect([code, stderr]).toEqual([0, ""]);
      expect(stdout).toMatch(said);
    }
    const help = await runTsuwsgi(["--help"]);
    expect([help.code, help.stderr]).toEqual([0, ""]);
    expect(help.stdout).toContain("lint");
    const version = await runTsuwsgi(["--version"]);
    expect([version.code, version.stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)]);
  });

  test("a reader that goes away early is no crash", () => {
    const command = `"$0" "$1" --help | head -c 1`;
    const cli = new URL("../../dist/cli.js", import.meta.url).pathname;
    const out = execFileSync("sh", ["-c", command, process.execPath, cli], { encoding: "utf8" });
    expect(out).toHaveLength(1);
  });
});
