import { execFileSync } from "node:child_process";
import process from "node:process";
import { describe, expect, test } from "vitest";
import { options } from "../../src/commands/options.ts";
import { ownFlags, ownValued } from "../../src/options/own.ts";
import { projectPath, runTsuwsgi } from "../helpers/server.ts";

const own = ownFlags.length + ownValued.length;

/** What the command writes, and its exit code. */
function ask(text?: string, request: Partial<Parameters<typeof options>[1]> = {}) {
  let out = "";
  let err = "";
  const code = options(
    text,
    { format: "table", ...request },
    {
      write: (more) => {
        out += more;
      },
      error: (more) => {
        err += more;
      },
      writeColor: false,
      errorColor: false,
    },
  );
  return { out, err, code, lines: out.trimEnd().split("\n") };
}

describe("the table", () => {
  test("has all options, in lines of at most 100 columns", () => {
    const { lines, code } = ask();
    expect(code).toBe(0);
    expect(lines.filter((line) => line.length > 100)).toEqual([]);
    // A line with a type begins an option; all of uWSGI's groups and tsuwsgi's own.
    const states = lines.map((line) => line.slice(52, 62).trim());
    expect(states.filter((state) => state !== "")).toHaveLength(1 + 1134 + own);
  });

  test("aligns names, type, status and summary", () => {
    expect(ask("thunder-l").lines).toEqual([
      "OPTION                                TYPE          STATUS    SUMMARY",
      "thunder-lock                          flag          moot      Let one worker at a time accept",
      "                                                              connections.",
      "thunder-lock-watchdog                 flag          moot      Free the lock of `thunder-lock` when",
      "                                                              its holder dies.",
    ]);
  });

  test("searches names, aliases and summaries, whatever the case", () => {
    const names = (text: string) =>
      ask(text).lines.flatMap((line) => /^([\w-]+),? .*(?:ted|moot|sed) /.exec(line)?.[1] ?? []);
    expect(names("ORKERS")).toContain("processes");
    expect(names("regular expression")).toContain("pcre-jit");
    expect(names("thunder-l")).toEqual(["thunder-lock", "thunder-lock-watchdog"]);
  });

  test.each(["supported", "moot", "refused"] as const)("only what is %s", (status) => {
    const { lines } = ask(undefined, { status });
    const states = lines.slice(1).map((line) => line.slice(52, 62).trim());
    expect(new Set(states.filter((state) => state !== ""))).toEqual(new Set([status]));
  });
});

describe("an exact name", () => {
  test("is explained with all facts", () => {
    expect(ask("workers").out).toBe(`processes, workers, -p
  Number of worker processes.

  status        supported
  type          integer
  value         a whole number from 1 to 1024; 1 if absent
  argument      required on the command line
  repeated      the last one counts
  origin        uWSGI

  tsuwsgi acts on it.
`);
  });

  test("may have its dashes", () => {
    expect(ask("--workers").out).toBe(ask("processes").out);
  });

  test("says why a moot option does nothing", () => {
    expect(ask("no-defer-accept").out).toContain(
      "accepts it and does nothing, since connections are accepted at once.",
    );
  });

  test("says what to do instead of a refused option", () => {
    const { out } = ask("zerg");
    expect(out).toMatch(/^zerg\n {2}About zerg servers\.\n/);
    expect(out).toMatch(/Instead: take it out: a reload .*; or\s+start with `--lenient`/s);
    expect(out).toContain("see also      zerg-fallback,");
    expect(ask("php-set").out).toContain("tsuwsgi runs Python applications only, and refuses it.");
    expect(ask("php-set").out).toContain("origin        uWSGI's php plugin, not in 2.0.21");
  });

  test("says of what the reading obeys that it does", () => {
    const { out } = ask("set-ph");
    expect(out).toContain("tsuwsgi obeys it while it reads the configuration.");
    expect(out).toContain("placeholders  not expanded");
    expect(ask("lenient").out).toContain("origin        tsuwsgi's own");
  });

  test("is a text like any other where a status is asked for", () => {
    expect(ask("harakiri", { status: "refused" }).out).toMatch(/^harakiri-graceful-signal /m);
  });
});

describe("as JSON", () => {
  test("an option has these keys", () => {
    expect(JSON.parse(ask("threads", { format: "json" }).out)).toEqual([
      {
        name: "threads",
        aliases: [],
        short: null,
        type: "integer",
        argument: "required",
        repeatable: false,
        plugin: null,
        status: "supported",
        summary: "Requests that one worker runs at the same time.",
      },
    ]);
  });

  test("all options are there, with the same keys", () => {
    const all: object[] = JSON.parse(ask(undefined, { format: "json" }).out);
    expect(all).toHaveLength(1134 + own);
    expect(new Set(all.map((option) => Object.keys(option).join())).size).toBe(1);
  });

  test("nothing found is an empty list, and status 2", () => {
    const { out, err, code } = ask("proceses", { format: "json" });
    expect([out, code]).toEqual(["[]\n", 2]);
    expect(err).toContain("`processes`");
  });
});

test("an unknown name is wrong usage, with the nearest names", () => {
  expect(ask("proceses")).toMatchObject({
    out: "",
    code: 2,
    err: "tsuwsgi: no option has `proceses` in its name or summary; did you mean `processes`?\n",
  });
  expect(ask("qqqqqqqqqq").err).toContain("`tsuwsgi options` lists all");
  expect(ask("thunder-lock", { status: "refused" })).toMatchObject({ code: 2 });
});

describe("the command", () => {
  test("takes a text, a status and a format", async () => {
    const args = ["options", "thunder-l", "--status", "moot", "--format", "json"];
    const { code, stdout, stderr } = await runTsuwsgi(args, {});
    expect([code, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toHaveLength(2);
    expect(await runTsuwsgi(["options", "--status", "unheard"], {})).toMatchObject({ code: 2 });
    expect((await runTsuwsgi(["options", "harakiri"], {})).stdout).toMatch(/^harakiri, -t\n/);
  });

  test("does not mind a reader that goes away", () => {
    const script = `"$1" "$2" options 2>&1 | head -n 1; echo "\${PIPESTATUS[0]}"`;
    const args = ["-c", script, "bash", process.execPath, projectPath("dist/cli.js")];
    const [first, status, ...rest] = execFileSync("bash", args, { encoding: "utf8" }).split("\n");
    expect(first).toMatch(/^OPTION +TYPE +STATUS +SUMMARY$/);
    expect([status, rest]).toEqual(["0", [""]]);
  });
});
