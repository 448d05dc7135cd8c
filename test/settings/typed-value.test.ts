import { describe, expect, test } from "vitest";
import { bareEntry, resolvedFrom } from "./resolved.ts";
import { rulesFor, settled, sound } from "./settled.ts";

const fine = sound.join("\n");

describe("numbers", () => {
  test.each([
    ["processes = auto", "not-a-number", "%k"],
    ["processes =", "not-a-number", "uWSGI reads 0"],
    ["processes = 4 ; four", "inline-comment", "leave `4`"],
    ["processes = 4 # four", "inline-comment", "leave `4`"],
    ["harakiri = 30 // x", "inline-comment", "leave `30`"],
    ['processes = "4"', "quoted-value", "write `4`"],
    ["buffer-size = 64k", "unit-suffix", "write `65536` (bytes)"],
    ["limit-post = 1G", "unit-suffix", "write `1073741824` (bytes)"],
    ["harakiri = 5m", "unit-suffix", "write `300` (seconds)"],
    ["max-requests = 5k", "unit-suffix", "write `5000`"],
    ["max-requests = 1_000", "unit-suffix", "write `1000`"],
    ["harakiri = true", "not-a-number", "reads `true` as 0"],
    ["processes = two", "not-a-number", "plain number"],
    ["processes = 0x10", "not-a-number", "plain number"],
  ])("%s", (line, rule, help) => {
    const strict = settled(`${fine}\nmaster = true\n${line}`);
    expect(strict.said.map((text) => text.split(" ").slice(1, 3))).toEqual([["error", `${rule}:`]]);
    expect(strict.said[0]).toMatch(/^app\.ini:4:/);
    expect(strict.helps[0]).toContain(help);
  });

  test("an environment variable that is not set is named", () => {
    const resolved = resolvedFrom(`${fine}\nprocesses =`);
    const entries = resolved.entries.map((entry) =>
      entry.key === "processes" ? { ...entry, written: "$(WEB_CONCURRENCY)" } : entry,
    );
    expect(settled({ ...resolved, entries }).helps[0]).toContain(
      "nothing sets `$(WEB_CONCURRENCY)`",
    );
  });

  test.each([
    ["processes = 0", "out-of-range"],
    ["processes = -1", "out-of-range"],
    ["processes = 1025", "out-of-range"],
    ["processes = 99999999999999999999999", "out-of-range"],
    ["threads = 0", "out-of-range"],
    ["harakiri = 2147484", "out-of-range"],
    ["listen = 0", "out-of-range"],
    ["limit-post = -1", "out-of-range"],
  ])("%s", (line, rule) => {
    expect(rulesFor("master = true", line)).toEqual([`error ${rule}`]);
  });

  test("an earlier value that a later one replaces is checked as well", () => {
    expect(rulesFor("processes = 0", "processes = 2")).toEqual(["error out-of-range"]);
  });

  test("lenient reads as atoi does, and says so", () => {
    const { settings, said } = settled(
      `${fine}\nmaster = true\nlenient = true\nharakiri = 30s ; x\nthreads = 2 # b`,
    );
    expect([settings.harakiri, settings.threads]).toEqual([30, 2]);
    expect(said.map((line) => line.split(" ")[1])).toEqual(["warning", "warning"]);
    expect(said[0]).toContain("read as 30, as uWSGI does");
  });

  test("lenient does not start zero processes", () => {
    expect(rulesFor("lenient = true", "processes = auto").sort()).toEqual([
      "error out-of-range",
      "warning not-a-number",
    ]);
  });
});

describe("flags", () => {
  test.each([
    ["master = true", true],
    ["master = On", true],
    ["master = YES", true],
    ["master = 1", true],
    ["master", true],
    ["master = false", false],
    ["master = Off", false],
    ["master = no", false],
    ["master = 0", false],
  ])("%s", (line, value) => {
    const { settings, said } = settled(`${fine}\n${line}`);
    expect([settings.master, said]).toEqual([value, []]);
  });

  test.each([
    ["master = maybe", "not-a-boolean"],
    ["master = disabled", "not-a-boolean"],
    ["master = 00", "not-a-boolean"],
    ["master = false ; comment", "inline-comment"],
    ['master = "false"', "quoted-value"],
  ])("%s", (line, rule) => {
    expect(rulesFor(line)).toEqual([`error ${rule}`]);
    expect(rulesFor("lenient = true", line)).toEqual([`warning ${rule}`]);
    expect(settled(`${fine}\nlenient = true\n${line}`).settings.master).toBe(true);
  });
});

describe("text", () => {
  test.each([
    ["chdir = /srv ; x", "inline-comment"],
    ["socket = /tmp/s # main", "inline-comment"],
    ["wsgi-file = 'app.py'", "quoted-value"],
  ])("%s", (line, rule) => {
    const others = ["http = :1", line, line.startsWith("wsgi-file") ? "" : "module = m"];
    const { said } = settled(others.join("\n"));
    expect(said.map((text) => text.split(" ").slice(1, 3).join(" "))).toEqual([`error ${rule}:`]);
  });

  test("an environment variable may hold anything", () => {
    const { settings, said } = settled(`${fine}\nenv = A="x" ; y # z`);
    expect([settings.env[0]?.value, said]).toEqual(['"x" ; y # z', []]);
  });

  test.each([
    ["env = NOVALUE", "invalid-value"],
    ["static-map = /s", "invalid-value"],
    ["module = a/b.py", "invalid-value"],
    ["callable = a b", "invalid-value"],
    ["pidfile =", "invalid-value"],
  ])("%s", (line, rule) => {
    expect(rulesFor(line)).toEqual([`error ${rule}`]);
  });

  test("an option alone on the command line stands for its usual value", () => {
    const resolved = resolvedFrom(fine);
    const entries = [...resolved.entries, bareEntry("chmod-socket"), bareEntry("need-app")];
    const { settings, said } = settled({ ...resolved, entries });
    expect([settings.chmodSocket, settings.needApp, said]).toEqual([0o666, true, []]);
  });
});
