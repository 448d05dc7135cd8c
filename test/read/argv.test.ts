import { describe, expect, test } from "vitest";
import { collector } from "../../src/diagnostic.ts";
import { readArgv } from "../../src/read/argv.ts";
import { readEnvironment } from "../../src/read/environment.ts";
import { brief, textOf, written } from "./marked.ts";

function readAll(...argv: string[]) {
  const { report, found } = collector();
  return { ...readArgv(argv, report), found };
}

function pairs(...argv: string[]): [string, string][] {
  return readAll(...argv).entries.map(({ key, value }) => [key, value]);
}

test("long, joined, short and combined options", () => {
  expect(pairs("--processes", "2", "--threads=3", "-p", "4", "-p5", "-Mp", "6", "-MT")).toEqual([
    ["processes", "2"],
    ["threads", "3"],
    ["processes", "4"],
    ["processes", "5"],
    ["master", "true"],
    ["processes", "6"],
    ["master", "true"],
    ["enable-threads", "true"],
  ]);
});

test("files are kept for the end, applications come after the options", () => {
  const { entries, files, found } = readAll("app:main", "a.ini", "b.yaml", "web.py", "-M");
  expect(found).toEqual([]);
  expect(entries.map(({ key, value }) => [key, value])).toEqual([
    ["master", "true"],
    ["module", "app:main"],
    ["wsgi-file", "web.py"],
  ]);
  expect(files.map(({ path, span }) => [path, textOf(span)])).toEqual([
    ["a.ini", "a.ini"],
    ["b.yaml", "b.yaml"],
  ]);
});

test("tsuwsgi's own flag", () => {
  expect(pairs("--lenient")).toEqual([["lenient", "true"]]);
});

test("places are in the arguments as a shell would take them", () => {
  const { entries } = readAll(
    "--procname=my app",
    "--env",
    "A=it's",
    "-p4",
    "--chdir=/x",
    "--master",
  );
  expect(entries[0]?.keySpan.source).toEqual({
    name: "(command line)",
    text: "--procname='my app' --env 'A=it'\\''s' -p4 --chdir=/x --master",
  });
  expect(entries.map(written)).toEqual([
    ["--procname", "'my app'"],
    ["--env", "'A=it'\\''s'"],
    ["-p", "4"],
    ["--chdir", "/x"],
    ["--master", ""],
  ]);
});

describe("findings", () => {
  test.each([
    [["--harakari", "3"], "1:1 error unknown-option", "did you mean `--harakiri`?"],
    [["-MW"], "1:3 error unknown-option", "two dashes"],
    [["--mast"], "1:1 error ambiguous-option", "`--master`, `--master-fifo`"],
    [["--master=1"], "1:1 error unexpected-value", "write `--master`"],
    [["-M", "--procname"], "1:4 error missing-value", "write `--procname=…`"],
    [["-p"], "1:1 error missing-value", "write `--processes=…`"],
    [["--procname", "--master"], "1:12 warning option-as-value", "give `procname`"],
    [["--http-keepalive", "1"], "1:18 error loose-value", "write `--http-keepalive=1`"],
    [["-master"], "1:1 warning one-dash", "write `--master`"],
    [["a.ini:dev"], "1:1 error bare-section", "write `--ini a.ini:dev`"],
    [["a.yml:dev"], "1:1 error bare-section", "write `--yaml a.yml:dev`"],
    [["hello"], "1:1 error bare-argument", "module:callable"],
    [["--", "--master"], "1:4 error bare-argument", "module:callable"],
  ])("%j", (argv, expected, help) => {
    const { found } = readAll(...argv);
    expect(brief(found)).toEqual([`(command line):${expected}`]);
    expect(found[0]?.help).toContain(help);
  });

  test("the value that an optional one leaves may be a file", () => {
    const { entries, files, found } = readAll("--log-date", "a.ini");
    expect(found).toEqual([]);
    expect(entries.map(({ key }) => key)).toEqual(["log-date"]);
    expect(files).toHaveLength(1);
  });
});

test("options of the environment", () => {
  const entries = readEnvironment({
    HOME: "/root",
    UWSGI_HTTP_SOCKET: ":80",
    UWSGI_RELOADS: "1",
    UWSGI_EMPEROR_FD: "3",
    UWSGI_ENV: "A=1",
  });
  expect(entries.map(({ key, value }) => [key, value])).toEqual([
    ["http-socket", ":80"],
    ["env", "A=1"],
  ]);
  expect(entries.map(written)).toEqual([
    ["UWSGI_HTTP_SOCKET", ":80"],
    ["UWSGI_ENV", "A=1"],
  ]);
  expect(entries[0]?.keySpan.source.name).toBe("(environment)");
});
