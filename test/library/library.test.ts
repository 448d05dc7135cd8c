import { describe, expect, test } from "vitest";
import {
  convert,
  lint,
  memoryHost,
  nginx,
  readConfig,
  realHost,
  resolve,
  settle,
  show,
} from "../../src/index.ts";
import { brief } from "../read/marked.ts";

describe("readConfig", () => {
  test("takes the name for magic variables and for places", () => {
    const { entries, diagnostics } = readConfig("[dev]\na = %n|%x|%d|%k\n\n[dev\nb = 1\n", {
      format: "ini",
      section: "dev",
      name: "conf/shop.ini",
    });
    expect(entries.map(({ key, value }) => [key, value])).toEqual([["a", "shop|dev|/conf/|1"]]);
    expect(brief(diagnostics)).toEqual(["conf/shop.ini:4:1 error malformed-section"]);
  });

  test("without a name or a section", () => {
    const { entries, diagnostics } = readConfig("uwsgi:\n  a: <%n>\n  b:\n", { format: "yaml" });
    expect(entries.map(({ value }) => value)).toEqual(["<>"]);
    expect(brief(diagnostics)).toEqual(["(text):3:3 warning yaml-no-value"]);
  });

  test("takes the rest from a host", () => {
    const host = memoryHost({ cwd: "/srv", hostname: "web7", cpus: 5 });
    const { entries } = readConfig("[uwsgi]\na = %v %h %k %p\n", {
      format: "ini",
      name: "x",
      host,
    });
    expect(entries[0]?.value).toBe("/srv web7 5 /srv/x");
  });
});

test("resolve, settle, show and nginx go together", () => {
  const host = memoryHost({
    files: {
      "/a.ini": "[uwsgi]\nini = b.ini\nmodule = $(APP)\n",
      "/b.ini": "[uwsgi]\nhttp = 127.0.0.1:8123\n",
    },
    env: { APP: "shop" },
  });
  const resolved = resolve([{ path: "a.ini" }], host);
  expect(resolved.diagnostics).toEqual([]);
  expect(show(resolved)).toContain("\nhttp = 127.0.0.1:8123\nmodule = shop\n");
  const { settings, diagnostics } = settle(resolved, host);
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  expect(nginx(settings)).toMatchObject({ kind: "text" });
});

test("resolve takes entries and files, by their ending", () => {
  const host = memoryHost({
    files: { "/a.yml": "dev:\n  b: x%(a)%n\n", "/c": "[uwsgi]\nd = 1\n" },
  });
  const { entries } = readConfig("[uwsgi]\na = 1\n", { format: "ini" });
  const inputs = [{ entries }, { path: "a.yml", section: "dev" }, { path: "c" }];
  const resolved = resolve(inputs, host);
  expect(resolved.entries.map(({ key, value }) => [key, value])).toEqual([
    ["a", "1"],
    ["b", "x1a"],
    ["d", "1"],
  ]);
  expect(resolved.diagnostics).toEqual([]);
});

test("lint judges without a machine, and heeds lenient", async () => {
  const text = "[uwsgi]\nhttp = :1\nmodule = x\nharakri = 3\n[x\n";
  const host = (more = "") =>
    memoryHost({ files: { "/a.ini": text.replace("http", `${more}http`) } });
  const strict = await lint([{ path: "a.ini" }], host());
  expect(strict.ok).toBe(false);
  expect(strict.diagnostics.map(({ rule }) => rule)).toContain("malformed-section");
  const lenient = await lint([{ path: "a.ini" }], host("lenient = true\n"));
  expect(lenient.ok).toBe(true);
});

test("convert gives no text when something does not fit", () => {
  expect(convert("uwsgi:\n  a: b\n", { format: "yaml", to: "ini" })).toEqual({
    text: "[uwsgi]\na = b\n",
    diagnostics: [],
  });
  const { text, diagnostics } = convert("[uwsgi]\na b = 1\n", { format: "ini", to: "xml" });
  expect([text, brief(diagnostics)]).toEqual([undefined, ["(text):2:1 error cannot-convert"]]);
});

describe("memoryHost", () => {
  test("has what it was given and nothing else", () => {
    const host = memoryHost({ cwd: "/etc", files: { "a/b": "x", "/c": "y" }, stdin: "in" });
    const text = (path: string) => {
      const read = host.readFile(path);
      return read.ok ? new TextDecoder().decode(read.bytes) : read.problem;
    };
    expect(["/etc/a/b", "a/b", "/c", "-", "/etc/a", "/", "none"].map(text)).toEqual([
      "x",
      "x",
      "y",
      "in",
      "it is a directory",
      "it is a directory",
      "no such file",
    ]);
    expect(host.env).toEqual({});
  });

  test("answers all that the real one does", () => {
    expect(Object.keys(memoryHost()).sort()).toEqual(Object.keys(realHost()).sort());
  });
});
