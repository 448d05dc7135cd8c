// biome-ignore-all lint/suspicious/noTemplateCurlyInString: uWSGI writes its variables so.
import { describe, expect, test } from "vitest";
import { settled, sound } from "../settled.ts";

/** What is said about one more line, with the part of it that is at fault. */
function fault(line: string): string {
  const { said } = settled([...sound, line].join("\n"));
  expect(said).toHaveLength(1);
  const [, column = "0"] = /^app\.ini:3:(\d+) /.exec(said[0] ?? "") ?? [];
  return `${line.slice(Number(column) - 1)} | ${said[0]?.replace(/^\S+ /, "")}`;
}

describe("a fault in a route has its place", () => {
  test.each([
    ["route = ^/a", "^/a | error route: a route has a condition, one blank, and an action"],
    ["route = ^/a last", "last | error route: the action `last` has no colon"],
    ["route = ^/a redirekt:/x", "redirekt:/x | error route: there is no action `redirekt`"],
    [
      "route = ^/a setfile:/x.py",
      "setfile:/x.py | error route: the action `setfile` is not supported by tsuwsgi",
    ],
    ["route = ^/a harakiri:5m", "5m | error route: `5m` is not a number of seconds"],
    [
      "response-route = ^/a harakiri:5",
      "harakiri:5 | error route: `harakiri` does nothing once there is an answer",
    ],
    ["route = ^/a return:99", "99 | error route: `99` is not a status of HTTP"],
    ["route = ^/a addvar:X", "X | error route: `addvar` needs a name and a value"],
    [
      "route = ^/a addvar:wsgi.input=1",
      "wsgi.input=1 | error route: names with a dot are WSGI's own",
    ],
    ["route = ^/a addheader:X", "X | error route: `X` is not a header field"],
    [
      "route = ^/a addheader:Content-Length: 1",
      "Content-Length: 1 | error route: `Content-Length` is the server's to set",
    ],
    ["route = ^/a log:${X", "${X | error route: the brace after the dollar is not closed"],
    [
      "route = ^/a log:${time[now]}",
      "${time[now]} | error route: `${time[now]}` is not known to tsuwsgi",
    ],
    [
      "route = ^/a basicauth:Realm",
      "Realm | error route: `basicauth` needs a realm and who may pass",
    ],
    ["route = ^/a file:/x", "/x | error route: `file` has no argument `/x`"],
    ["route = ^/a file:status=200", "status=200 | error route: `file` needs a file"],
    ["route = ^/a http:nowhere:x", "nowhere:x | error route: `nowhere:x` is not an address"],
    [
      "route = ^/a uwsgi:127.0.0.1:1",
      "127.0.0.1:1 | error route: `uwsgi` needs an address and two modifiers",
    ],
    [
      "route = ^/a uwsgi:,5,0",
      ",5,0 | error route: other modifiers are for other languages than Python",
    ],
    ["route-if = exists last:", "exists last: | error route: the condition `exists` has no colon"],
    [
      "route-if = equal:a last:",
      "equal:a last: | error route: `equal` compares two texts, and there is no semicolon between them",
    ],
    [
      "route-if = re:a;b( last:",
      "b( last: | error route: the regular expression is wrong: Unterminated group",
    ],
    ["error-route-status = 4xx last:", "4xx last: | error route: `4xx` is not a status of HTTP"],
    [
      "response-route-run = http:127.0.0.1:1",
      "http:127.0.0.1:1 | error route: `http` does nothing once there is an answer",
    ],
    [
      "final-route-run = addheader:X: 1",
      "addheader:X: 1 | error route: `addheader` does nothing once the answer is complete",
    ],
    ["route-run = goto:x", "goto:x | error route-label: there is no label `x`"],
  ])("%s", (line, said) => {
    expect(fault(line)).toBe(said);
  });
});

test("rules keep their order across options, and tables are apart", () => {
  const lines = [
    "route-run = last:",
    "final-route-run = log:x",
    "route-label = a",
    "route = ^/ goto:b",
    "route-label = b",
  ];
  const { settings, said } = settled([...sound, ...lines].join("\n"));
  expect(said).toEqual([]);
  expect(
    settings.routes.request.map((route) => ("label" in route ? route.label : route.action.do)),
  ).toEqual(["continue", "a", "goto", "b"]);
  expect(settings.routes.final).toHaveLength(1);
});

test("paths of password files and pages are relative to chdir", () => {
  const lines = ["chdir = /srv", "route-run = basicauth:R,users", "error-page-404 = sub/404.html"];
  const { settings } = settled([...sound, ...lines].join("\n"));
  expect(settings.routes.request[0]).toMatchObject({ action: { who: { path: "/srv/users" } } });
  expect(settings.routes.pages).toEqual([{ status: 404, path: "/srv/sub/404.html" }]);
});

describe("mounts", () => {
  test.each([
    ["mount = /a=module", "error mount-target"],
    ["mount = /a=paste.ini", "error mount-target"],
    ["mount = a=m:x", "error invalid-value"],
    ["worker-mount = /a=m:x", "error unsupported-value"],
    ["mount = /a=m:x", "warning mount-unreachable"],
    ["manage-script-name = true\nmount = /a=m:x", "warning one-interpreter"],
  ])("%s", (line, said) => {
    expect(settled([...sound, line].join("\n")).said[0]).toContain(said);
  });

  test("files are relative to chdir and have the common callable; the first of a path stays", () => {
    const lines = [
      "chdir = /srv",
      "callable = app",
      "mount = /a=x.py",
      "mount = /b=m:other",
      "mount = /a=y.wsgi",
    ];
    const { settings, said } = settled(
      [...sound, "manage-script-name = true", "single-interpreter = true", ...lines].join("\n"),
    );
    expect(said.map((line) => line.split(" ")[2])).toEqual(["repeated-mount:"]);
    expect(settings.mounts.list).toEqual([
      { mountpoint: "/a", app: { kind: "file", path: "/srv/x.py", callable: "app" } },
      { mountpoint: "/b", app: { kind: "module", module: "m", callable: "other" } },
    ]);
  });
});
