import { describe, expect, test } from "vitest";
import type { Machine, PathKind } from "../../src/settings/machine.ts";
import { checkStatics } from "../../src/settings/preflight-static.ts";
import { noStatics } from "../../src/settings/static-settings.ts";
import { rulesFor, settled, sound } from "./settled.ts";

const fine = sound.join("\n");
const statics = (text: string) => settled(`${fine}\n${text}`).settings.statics;

test("every option has its place, and paths count from chdir", () => {
  const { settings, said } = settled(
    [
      ...[fine, "chdir = /srv", "check-static = a", "static-check = b", "static-map = /m=c=d"],
      ...["static-map2 = /w=/e", "check-static-docroot = true", "static-index = i.html"],
      ...["static-index = j.html", "static-safe = f", "static-skip-ext = .php"],
      ...["static-gzip-all = true", "static-gzip-dir = g/", "static-gzip-prefix = /h/"],
      ...["static-gzip-ext = .css", "static-gzip-suffix = .js", "static-gzip = ^x"],
      ...["mimefile = types", "mime-file = /etc/other", "honour-range = true"],
      ...["file-serve-mode = X-SendFile"],
    ].join("\n"),
  );
  expect(said).toEqual([]);
  expect(settings.statics).toEqual({
    checks: ["/srv/a", "/srv/b"],
    maps: [{ mountpoint: "/m", directory: "/srv/c=d" }],
    wholeMaps: [{ mountpoint: "/w", directory: "/e" }],
    docroot: true,
    index: ["i.html", "j.html"],
    safe: ["/srv/f"],
    skipEnds: [".php"],
    expires: [],
    gzipAll: true,
    gzipPrefixes: ["/srv/g", "/h/"],
    gzipEnds: [".css", ".js"],
    gzipPatterns: ["^x"],
    mimeFiles: ["/srv/types", "/etc/other"],
    honourRange: true,
    serveMode: "x-sendfile",
  });
  expect(settings.places).toHaveProperty(["statics.checks.1"]);
  expect(settings.places).toHaveProperty(["statics.wholeMaps.0"]);
});

test.each([
  ["static-expires = ^/srv/.*\\.png$ 60", "file", "^/srv/.*\\.png$", 60, false],
  ["static-expires-mtime = x  60", "file", "x", 60, true],
  ["static-expires-path-info = ^/a=b 1", "path-info", "^/a=b", 1, false],
  ["static-expires-path-info-mtime = a 1", "path-info", "a", 1, true],
  ["static-expires-uri = a 0", "uri", "a", 0, false],
  ["static-expires-uri-mtime = a 2", "uri", "a", 2, true],
  ["static-expires-type = text/css=3", "type", "text/css", 3, false],
  ["static-expires-type-mtime = a/b=3", "type", "a/b", 3, true],
])("%s", (line, subject, pattern, seconds, fromChange) => {
  expect(statics(line).expires).toEqual([{ subject, pattern, seconds, fromChange }]);
});

test.each(["x-sendfile", "xsendfile"])("%s is Apache's way", (mode) => {
  expect(statics(`fileserve-mode = ${mode}`).serveMode).toBe("x-sendfile");
});

test.each(["nginx", "Nginx", "x-accel-redirect", "xaccelredirect"])("%s is nginx's way", (mode) => {
  expect(statics(`file-serve-mode = ${mode}`).serveMode).toBe("x-accel-redirect");
});

describe("is refused, with its place", () => {
  test.each([
    "static-expires = abc",
    "static-expires = a b 60",
    "static-expires = a 60s",
    "static-expires = ( 60",
    "static-expires-uri = \\Aabc 60",
    "static-expires-type = text/css 60",
    "static-gzip = [",
    "static-gzip = a++",
    "file-serve-mode = apache",
    "static-map2 = /a",
  ])("%s", (line) => {
    expect(rulesFor(line)).toEqual(["error invalid-value"]);
  });
});

test("a mountpoint that no path begins with", () => {
  expect(rulesFor("static-map = s=/d")).toEqual(["warning no-effect"]);
  expect(rulesFor("static-map = =/d")).toEqual([]);
});

describe("the directories on a machine", () => {
  function said(tree: { readonly [path: string]: PathKind }, text: string): string[] {
    const found: string[] = [];
    const machine = {
      kind: (path: string) => tree[path] ?? "missing",
      readable: (path: string) => path !== "/locked",
    } as Partial<Machine> as Machine;
    const { settings } = settled(`http = :1\n${text}`);
    checkStatics(settings, machine, (rule, place, message) => {
      found.push(`${rule} ${place?.line}: ${message}`);
    });
    return found;
  }

  const tree = {
    "/d": "directory",
    "/proj": "directory",
    "/proj/app.py": "file",
    "/f": "file",
    "/locked": "file",
    "/": "directory",
    "/env": "directory",
    "/env/.env": "file",
    "/pkg": "directory",
    "/pkg/a/b/__init__.py": "file",
    "/start": "directory",
    "/start/app.ini": "file",
    "/proj/static": "directory",
  } as const;

  test.each([
    ["module = x\nstatic-map = /s=/d", []],
    ["module = x\nstatic-map = /s=/f", []],
    ["module = x\nstatic-map = /s=/no", ["static-map 3: `static-map`: /no does not exist"]],
    ["module = x\ncheck-static = /f", ["check-static 3: `check-static`: /f is not a directory"]],
    ["module = x\nstatic-map2 = /s=/no", ["static-map2 3: `static-map2`: /no does not exist"]],
    ["module = x\nstatic-safe = /no", ["static-safe 3: `static-safe`: /no does not exist"]],
    [
      "module = x\nstatic-safe = /",
      ["static-safe 3: `static-safe = /`: a link may lead to any file of this machine"],
    ],
    ["module = x\nmimefile = /f", []],
    [
      "module = x\nmimefile = /locked",
      ["mimefile 3: `mimefile`: /locked is no file that can be read"],
    ],
    ["wsgi-file = /proj/app.py\nstatic-map = /s=/proj/static", []],
    [
      "wsgi-file = /proj/app.py\ncheck-static = /proj",
      [
        "static-exposure 3: `check-static`: every file below /proj is served to everybody, /proj/app.py with them",
      ],
    ],
    [
      "module = app\npythonpath = /proj\nstatic-map = /s=/proj/",
      [
        "static-exposure 4: `static-map`: every file below /proj is served to everybody, /proj/app.py with them",
      ],
    ],
    [
      "module = a.b:app\npythonpath = /pkg\nstatic-map2 = /s=/pkg",
      [
        "static-exposure 4: `static-map2`: every file below /pkg is served to everybody, /pkg/a/b/__init__.py with them",
      ],
    ],
    [
      "module = x\ncheck-static = /env",
      [
        "static-exposure 3: `check-static`: every file below /env is served to everybody, /env/.env with them",
      ],
    ],
    [
      "module = x\ncheck-static = .",
      [
        "static-exposure 3: `check-static`: every file below /start is served to everybody, /start/app.ini with them",
      ],
    ],
    [
      "wsgi-file = /proj/app.py\ncheck-static = /",
      [
        "static-exposure 3: `check-static`: every file below / is served to everybody, /proj/app.py with them",
      ],
    ],
  ])("%s", (text, wanted) => {
    expect(said(tree, text)).toEqual(wanted);
  });
});

test("nothing is served by default", () => {
  expect(statics("")).toEqual(noStatics());
});
