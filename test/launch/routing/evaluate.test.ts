// biome-ignore-all lint/suspicious/noTemplateCurlyInString: uWSGI writes its variables so.
import { describe, expect, test } from "vitest";
import { evaluate, type RouteOutcome } from "../../../src/launch/routing/evaluate.ts";
import { type RouteScope, type RouteWorld, routeScope } from "../../../src/launch/routing/scope.ts";
import { parseRoute, stageOf } from "../../../src/settings/routing/parse-route.ts";
import type { Route } from "../../../src/settings/routing/route-settings.ts";

const lines: string[] = [];
const world: RouteWorld = {
  file: (kind, path) => path === `/is/${kind}`,
  passwords: (path) => (path === "/users" ? "# me:x\nme:{SHA}pw\n" : undefined),
  mime: (path) => (path.endsWith(".css") ? "text/css" : undefined),
  sha1: (text) => text,
  uuid: () => "a-uuid",
  now: () => 1_700_000_000_123.5,
  pid: 7,
  log: (line) => void lines.push(line),
};

function table(...rules: readonly string[]): Route[] {
  return rules.map((rule) => {
    const [, option = "", value = ""] = /^(\S+) = (.*)$/.exec(rule) ?? [];
    expect(stageOf(option)).toBe("request");
    const read = parseRoute(option, value);
    if ("fault" in read) throw new Error(`${rule}: ${read.fault.message}`);
    return read.ok;
  });
}

function run(
  vars: { readonly [name: string]: string },
  ...rules: readonly string[]
): { outcome: RouteOutcome; scope: RouteScope; vars: Map<string, string> } {
  const scope = routeScope(new Map(Object.entries(vars)), world);
  return { outcome: evaluate(table(...rules), scope), scope, vars: scope.vars };
}

test("harakiri goes on, and the last one counts", () => {
  const { outcome, scope } = run(
    { PATH_INFO: "/a" },
    "route = . harakiri:30",
    "route = ^/a harakiri:5",
  );
  expect([outcome.kind, scope.harakiri]).toEqual(["continue", 5]);
});

/** What a template becomes. */
function expanded(
  template: string,
  vars: { readonly [name: string]: string } = {},
): string | undefined {
  return run(vars, `route-run = addvar:OUT=${template}`).vars.get("OUT");
}

test.each([
  ["${A}-${B}", { A: "1" }, "1-"],
  ["$$", {}, "$$"],
  ["$${A}", { A: "1" }, "$${A}"],
  ["${uwsgi[pid]} ${uwsgi[uuid]} ${uwsgi[status]}", {}, "7 a-uuid 500"],
  ["${uwsgi[sor]} ${uwsgi[rtime]} ${uwsgi[rsize]}", {}, "1700000000123500 0 0"],
  ["${time[unix]} ${time[micros]}", {}, "1700000000 1700000000123500"],
  ["${httptime[10]}", {}, "Tue, 14 Nov 2023 22:13:30 GMT"],
  ["${httptime[999999999999999]}", {}, ""],
  ["${mime[F]}|${mime[G]}", { F: "a.css", G: "x" }, "text/css|"],
  ["${base64[A]} ${hex[A]}", { A: "\xff/" }, "/y8= FF2F"],
  ["${qs[a]}${qs[b]}", { QUERY_STRING: "a&a=&a=1&c=b=2&b==" }, "1="],
  ["${cookie[a]}", { HTTP_COOKIE: " a = 1;a=2 ; b" }, "2"],
  ["${odd[}", { "odd[": "x" }, "x"],
])("%s with %j is %j", (template, vars, text) => {
  expect(expanded(template, vars)).toBe(text);
});

test("a group may name a variable, and is never read again", () => {
  const rule = "route = ^/(\\w+)/(.*) addvar:OUT=${qs[$1]}:$2";
  const vars = { PATH_INFO: "/k/${SECRET}", QUERY_STRING: "k=v", SECRET: "!" };
  expect(run(vars, rule).vars.get("OUT")).toBe("v:${SECRET}");
});

describe("paths", () => {
  test.each([
    ["/a/b", "/srv/a/b"],
    ["/../b", undefined],
    ["/a/..", undefined],
    ["/a\0b", undefined],
    ["/a..b/...", "/srv/a..b/..."],
  ])("%j gives %j", (PATH_INFO, path) => {
    const { outcome } = run({ PATH_INFO }, "route-run = static:/srv${PATH_INFO}");
    expect(outcome).toEqual({ kind: "static", path });
  });

  test("the table's own .. is meant", () => {
    const { outcome } = run({ X: "y" }, "route-run = static:/srv/../${X}");
    expect(outcome).toEqual({ kind: "static", path: "/srv/../y" });
  });
});

test.each(["exists", "isfile", "isdir", "islink", "isexec"])("the condition %s", (kind) => {
  const rules = [
    `route-if = ${kind}:/is/\${K} addvar:Y=1`,
    `route-if-not = ${kind}:/is/x addvar:N=1`,
  ];
  const { vars } = run({ K: kind }, ...rules);
  expect([vars.get("Y"), vars.get("N")]).toEqual(["1", "1"]);
});

test.each([
  ["ipv4in:10.1.2.3;10.0.0.0/8", true],
  ["ipv4in:11.1.2.3;10.0.0.0/8", false],
  ["ipv4in:10.1.2.3;10.1.2.3", true],
  ["ipv4in:10.1.2.3;0.0.0.0/0", true],
  ["ipv4in:10.1.2.3;10.0.0.0/33", false],
  ["ipv4in:10.1.2.300;0.0.0.0/0", false],
  ["ipv4in:2001:db8::1234:5678;0.0.0.0/0", false],
  ["ipv6in:2001:db8::1;2001:db8::/32", true],
  ["ipv6in:2001:db9::1;2001:db8::/32", false],
  ["ipv6in:::ffff:10.0.0.1;::ffff:10.0.0.0/104", true],
  ["ipv6in:1::2::3;::/0", false],
  ["ipv6in:fe80::1;fe80::1", true],
])("%s is %s", (condition, holds) => {
  expect(run({}, `route-if = ${condition} addvar:Y=1`).vars.has("Y")).toBe(holds);
});

describe("jumps", () => {
  test("go forward to a label, or to a rule's number", () => {
    const rules = [
      "route-run = goto:${TO}",
      "route-run = addvar:A=1",
      "route-label = b",
      "route-run = addvar:B=1",
    ];
    expect([...run({ TO: "b" }, ...rules).vars.keys()]).toEqual(["TO", "B"]);
    expect([...run({ TO: "3" }, ...rules).vars.keys()]).toEqual(["TO", "B"]);
  });

  test("elsewhere they end the request, and the log says so", () => {
    lines.length = 0;
    const rules = ["route-label = a", "route-run = goto:${TO}"];
    for (const TO of ["a", "0", "none", "9"]) {
      expect(run({ TO }, ...rules).outcome).toMatchObject({
        answer: { status: "500 Internal Server Error" },
      });
    }
    expect(lines).toHaveLength(4);
  });
});

describe("answers", () => {
  test.each([
    ["break:", "500 Internal Server Error", "Internal Server Error"],
    ["break:503", "503 Service Unavailable", ""],
    ["break:499 My own", "499 My own", ""],
    ["break:nonsense", "500 Internal Server Error", ""],
    ["return:404", "404 Not Found", "Not Found"],
    ["redirect:/${X}", "302 Found", "Moved"],
    ["redirect-301:/", "301 Moved Permanently", "Moved Permanently"],
  ])("%s", (action, status, body) => {
    const { outcome } = run({ X: "y" }, `route-run = ${action}`);
    expect(outcome).toMatchObject({ kind: "answer", answer: { status, body } });
  });

  test("one that rules make: a status, then text", () => {
    const rules = [
      "route-run = clearheaders:201 Made",
      "route-run = send:a${X}",
      "route-run = send-crnl:b",
    ];
    const answer = { status: "201 Made", fields: [], body: "a1b\r\n", close: false };
    expect(run({ X: "1" }, ...rules).outcome).toEqual({ kind: "answer", answer });
    expect(run({ X: "1" }, ...rules, "route-run = break:").outcome).toEqual({
      kind: "answer",
      answer,
    });
  });

  test("a file, if it is there or must be", () => {
    const file = "filename=/is/${K},status=404,content_type=text/x";
    const found = { kind: "file", path: "/is/isfile", status: "404 Not Found", type: "text/x" };
    expect(run({ K: "isfile" }, `route-run = file-next:${file}`).outcome).toEqual(found);
    expect(run({ K: "none" }, `route-run = file-next:${file}`).outcome).toEqual({
      kind: "continue",
    });
    expect(run({ K: "none" }, `route-run = file:${file}`).outcome).toMatchObject({ kind: "file" });
  });

  test("another server's", () => {
    expect(run({ X: "h:1" }, "route-run = http:${X},a.b,/u").outcome).toEqual({
      kind: "http",
      address: "h:1",
      host: "a.b",
      uri: "/u",
    });
    expect(run({}, "route-run = uwsgi:/run/s,0,1,app").outcome).toEqual({
      kind: "uwsgi",
      address: "/run/s",
      modifier1: 0,
      modifier2: 1,
      appId: "app",
    });
    const { outcome, vars } = run({}, "route-run = uwsgi:,0,0,/a", "route-run = break:500");
    expect([outcome.kind, vars.get("UWSGI_APPID")]).toEqual(["continue", "/a"]);
  });
});

describe("basicauth", () => {
  const field = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;
  const status = (HTTP_AUTHORIZATION: string, rule: string, more = {}) => {
    const { outcome, vars } = run({ HTTP_AUTHORIZATION, ...more }, `route-run = ${rule}`);
    return outcome.kind === "answer" ? outcome.answer.status : vars.get("REMOTE_USER");
  };
  const refused = "401 Authorization Required";

  test.each([
    [field("me:pw"), "me"],
    [field("me:pw2"), refused],
    [field("me:"), refused],
    [field("# me:x"), refused],
    [field("me"), refused],
    ["Bearer x", refused],
    ["", refused],
  ])("%s by a file", (authorization, said) => {
    expect(status(authorization, "basicauth:R,/users")).toBe(said);
  });

  test("a file that is not there lets nobody pass", () => {
    expect(status(field("me:pw"), "basicauth:R,/none")).toBe(refused);
  });

  test("who was checked before passes; -next leaves a wrong password to the next rule", () => {
    expect(status("", "basicauth:R,a:b", { REMOTE_USER: "you" })).toBe("you");
    expect(status(field("x:y"), "basicauth-next:R,a:b")).toBe(undefined);
    expect(status("", "basicauth-next:R,a:b")).toBe(refused);
  });
});
