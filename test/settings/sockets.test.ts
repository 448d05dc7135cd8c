import { describe, expect, test } from "vitest";
import { collector } from "../../src/diagnostic.ts";
import { memoryHost } from "../../src/resolve/memory-host.ts";
import { settle } from "../../src/settings/settle.ts";
import { resolvedFrom } from "./resolved.ts";
import { rulesFor, settled } from "./settled.ts";

/** The sockets of these lines, as `protocol address`. */
function sockets(...lines: readonly string[]): string[] {
  const { settings, said } = settled(["module = app", ...lines].join("\n"));
  expect(said).toEqual([]);
  return settings.sockets.map(({ protocol, text }) => `${protocol} ${text}`);
}

describe("protocols", () => {
  test("each option has its own", () => {
    const options = ["http", "http-socket", "http11-socket", "socket", "uwsgi-socket"];
    const gateways = ["fastcgi-socket", "fastcgi-nph-socket", "scgi-socket", "scgi-nph-socket"];
    const lines = [...options, ...gateways].map((name, index) => `${name} = :${index + 1}`);
    expect(sockets(...lines).map((line) => line.split(" ")[0])).toEqual([
      ...["http", "http-socket", "http-socket", "uwsgi", "uwsgi"],
      ...["fastcgi", "fastcgi-nph", "scgi", "scgi-nph"],
    ]);
  });

  test.each([
    ["http", "http-socket"],
    ["http11", "http-socket"],
    ["uwsgi", "uwsgi"],
    ["fastcgi", "fastcgi"],
    ["fastcgi-nph", "fastcgi-nph"],
    ["scgi", "scgi"],
    ["scgi-nph", "scgi-nph"],
  ])("`protocol = %s` is for plain sockets, before it and behind it", (name, protocol) => {
    const lines = ["socket = :1", `protocol = ${name}`, "socket = :2", "uwsgi-socket = :3"];
    expect(sockets(...lines)).toEqual([`${protocol} :1`, `${protocol} :2`, "uwsgi :3"]);
    expect(sockets("socket = :1", `socket-protocol = ${name}`)).toEqual([`${protocol} :1`]);
  });

  test("the last one wins", () => {
    expect(sockets("socket = :1", "protocol = scgi", "protocol = http")).toEqual([
      "http-socket :1",
    ]);
  });
});

describe("shared sockets", () => {
  test("stand for the number that names them", () => {
    const lines = ["shared-socket = :80", "undeferred-shared-socket = :81"];
    expect(sockets(...lines, "http = =1", "uwsgi-socket = =0")).toEqual(["http :81", "uwsgi :80"]);
    const { settings } = settled([...lines, "http = =1", "socket = =0", "module = m"].join("\n"));
    expect(settings.sockets[0]?.place.line).toBe(2);
  });

  test("can speak TLS, and send on to it", () => {
    const lines = ["shared-socket = :443", "https = =0,c.pem,k.pem", "shared-socket = :80"];
    const { settings, said } = settled(
      [...lines, "http-to-https = =1,443", "module = m"].join("\n"),
    );
    expect(said).toEqual([]);
    expect(settings.sockets).toMatchObject([
      { protocol: "https", text: ":443", tls: { identity: { certificate: "/start/c.pem" } } },
      { protocol: "http-to-https", text: ":80", redirectPort: "443" },
    ]);
  });

  test.each([
    [["http = =0"], ["error no-shared-socket"]],
    [["shared-socket = :80", "http = =1", "socket = =0"], ["error no-shared-socket"]],
    [["shared-socket = :80"], ["error unused-shared-socket"]],
    [["shared-socket = :80", "lenient = true"], ["warning unused-shared-socket"]],
    [["shared-socket = :80", "http = =0", "socket = =0"], ["error repeated-socket"]],
    [["shared-socket = :80", "http = =0", "socket = :80"], ["error repeated-socket"]],
    [["shared-socket = :0", "http = =0", "socket = =0"], ["error repeated-socket"]],
    [["shared-socket = :0", "shared-socket = :0", "http = =0", "socket = =1"], []],
    [["shared-socket = :x", "http = =0"], ["error invalid-address"]],
    [["stats = =0"], ["error invalid-address"]],
    [["stats = fd://3"], ["error invalid-address"]],
    [["http = fd://x"], ["error invalid-address"]],
    [["http = fd://3", "socket = fd://3"], ["error repeated-socket"]],
  ])("%j: %j", (lines, rules) => {
    expect(rulesFor(...lines)).toEqual(rules);
  });
});

describe("addresses that include each other", () => {
  test.each([
    [["http = 127.0.0.1:81", "socket = :81"], 1],
    [["http = [::]:81", "socket = :81"], 1],
    [["http = 127.0.0.1:81", "socket = [::]:81"], 1],
    [["http = [::1]:81", "socket = [::]:81"], 1],
    [["http = [::]:81", "socket = :81", "scgi-socket = 127.0.0.1:81"], 2],
    [["http = [::1]:81", "socket = :81"], 0],
    [["http = 127.0.0.1:81", "socket = 127.0.0.2:81"], 0],
    [["http = :81", "socket = 127.0.0.1:82"], 0],
    [["http = :0", "socket = 127.0.0.1:0"], 0],
    [["http = :81", "socket = 127.0.0.1:81", "reuse-port = true"], 0],
    [["http = :81", "socket = :81", "reuse-port = true"], 1],
  ])("%j", (lines, count) => {
    expect(rulesFor(...lines)).toEqual(Array(count).fill("error repeated-socket"));
  });
});

describe("abstract names", () => {
  const address = (...lines: string[]) =>
    settled(["module = m", "chdir = /elsewhere", ...lines].join("\n")).settings.sockets[0]?.address;

  test("are what is behind the mark, or all of a path with `abstract-socket`", () => {
    expect(address("socket = @a/b")).toEqual({ kind: "abstract", name: "a/b" });
    expect(address("socket = \\0a")).toEqual({ kind: "abstract", name: "a" });
    expect(address("abstract-socket = true", "socket = run/app")).toEqual({
      ...{ kind: "abstract", name: "run/app" },
    });
    expect(address("socket = run/app")).toEqual({ kind: "unix", path: "/elsewhere/run/app" });
    const { settings } = settled("socket = a\nstats = s\nabstract-socket = true\nmodule = m");
    expect(settings.stats).toEqual({ kind: "abstract", name: "s" });
  });

  test("and a path that becomes the same are one", () => {
    expect(rulesFor("abstract-socket = true", "socket = a", "scgi-socket = @a")).toEqual([
      "error repeated-socket",
    ]);
  });
});

describe("what is asked of the system", () => {
  test("nothing, unless it is written", () => {
    expect(settled("http = :1\nmodule = m").settings.socketOptions).toEqual({
      ...{ protocol: "uwsgi", owner: undefined, reusePort: false, freebind: false },
      ...{ keepalive: false, fastOpen: 0, sendBuffer: 0, receiveBuffer: 0 },
    });
  });

  test("each option sets its own", () => {
    const lines = ["reuse-port = true", "freebind = true", "so-keepalive = true"];
    const numbers = ["socket-sndbuf = 1000", "socket-rcvbuf = 2000", "tcp-fast-open = 3"];
    const { settings } = settled(["http = :1", "module = m", ...lines, ...numbers].join("\n"));
    expect(settings.socketOptions).toMatchObject({
      ...{ reusePort: true, freebind: true, keepalive: true },
      ...{ sendBuffer: 1000, receiveBuffer: 2000, fastOpen: 3 },
    });
  });

  test.each([
    ["www-data", { uid: 33, gid: undefined }],
    ["www-data:www-data", { uid: 33, gid: 33 }],
    ["7:8", { uid: 7, gid: 8 }],
  ])("chown-socket = %s", (value, owner) => {
    const { settings } = settled(`http = s\nmodule = m\nchown-socket = ${value}`);
    expect(settings.socketOptions.owner).toEqual(owner);
  });

  test.each([
    ["chown-socket = nosuch", "error unknown-user"],
    ["chown-socket = root:nosuch", "error unknown-group"],
    ["chown-socket = :www-data", "error invalid-value"],
    ["chown-socket = root:", "error invalid-value"],
    ["umask = 22", "error invalid-value"],
    ["umask = 1022", "error invalid-value"],
    ["umask = 888", "error invalid-value"],
    ["chmod = 0660", "error invalid-value"],
    ["protocol = https", "error invalid-value"],
    ["socket-sndbuf = 64k", "error unit-suffix"],
    ["map-socket = 0:1", "error unsupported-option:"],
  ])("%s: %s", (line, rule) => {
    expect(rulesFor(line).map((one) => one.replace(/:$/, ""))).toEqual([rule.replace(/:$/, "")]);
  });

  test.each([
    ["umask = 022", 0o022],
    ["umask = 0077", 0o077],
  ])("%s", (line, umask) => {
    expect(settled(`http = s\nmodule = m\n${line}`).settings.umask).toBe(umask);
  });

  test.each(["chmod = 620", "chmod-socket = 620"])("%s", (line) => {
    expect(settled(`http = s\nmodule = m\n${line}`).settings.chmodSocket).toBe(0o620);
  });
});

test("systemd's activation stands for a socket", () => {
  const rules = (env: { [name: string]: string }) => {
    const { report, found } = collector();
    settle(resolvedFrom("module = m"), memoryHost({ cwd: "/start", env }), report);
    return found.map(({ rule }) => rule);
  };
  expect(rules({ LISTEN_FDS: "1" })).toEqual([]);
  expect(rules({ LISTEN_FDS: "0" })).toEqual(["no-socket"]);
  expect(rules({ LISTEN_FDS: "x" })).toEqual(["no-socket"]);
  expect(rules({})).toEqual(["no-socket"]);
});
