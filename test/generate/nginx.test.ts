import { describe, expect, test } from "vitest";
import { type NginxOptions, nginx } from "../../src/generate/nginx.ts";
import { noHttp } from "../../src/settings/http-settings.ts";
import type { Settings, SocketProtocol } from "../../src/settings/settings.ts";
import { goldenCases } from "./cases.ts";
import { settingsWith, socket, socketAt } from "./settings.ts";

function text(settings: Settings, options: NginxOptions = {}): string {
  const result = nginx(settings, options);
  if (result.kind === "problem") throw new Error(result.problem.message);
  return result.text;
}

function problem(settings: Settings, options: NginxOptions = {}) {
  const result = nginx(settings, options);
  if (result.kind === "text") throw new Error(result.text);
  return result.problem;
}

test("a socket for clients with certificates is none for nginx", () => {
  const clientCa = { source: "/ca", required: true };
  const identity = { certificate: "/c", key: "/k", ciphers: undefined, clientCa };
  const sockets = [{ ...socketAt("https", 8443), tls: { identity, http2: false } }];
  expect(nginx(settingsWith({ sockets }))).toMatchObject({
    kind: "problem",
    problem: { message: expect.stringContaining("only clients with a certificate") },
  });
});

describe("the whole text", () => {
  test.each(Object.entries(goldenCases))("%s", async (name, { settings, options }) => {
    await expect(text(settings, options)).toMatchFileSnapshot(`golden/${name}.conf`);
  });
});

describe("the upstream", () => {
  test.each([
    ["127.0.0.1", 4, "127.0.0.1:8000"],
    ["0.0.0.0", 4, "127.0.0.1:8000"],
    ["", 4, "127.0.0.1:8000"],
    ["192.0.2.7", 4, "192.0.2.7:8000"],
    ["app.internal", 4, "app.internal:8000"],
    ["::", 6, "[::1]:8000"],
    ["", 6, "[::1]:8000"],
    ["::1", 6, "[::1]:8000"],
    ["[2001:db8::7]", 6, "[2001:db8::7]:8000"],
  ] as const)("%j of IPv%i is reached at %s", (host, family, reached) => {
    const sockets = [socket("http", { kind: "tcp", host, port: 8000, family }, "x")];
    expect(text(settingsWith({ sockets }))).toContain(`    server ${reached} fail_timeout=0;\n`);
  });

  test("two sockets have two names", () => {
    const name = (where: string | number) =>
      /^upstream (\w+) \{$/m.exec(text(settingsWith({ sockets: [socketAt("uwsgi", where)] })))?.[1];
    expect(name("/run/a.sock")).toBe("tsuwsgi_run_a_sock");
    expect(name(8000)).toBe("tsuwsgi_127_0_0_1_8000");
  });

  test("connections are kept where the protocol can", () => {
    const kept = (protocol: SocketProtocol) =>
      text(settingsWith({ sockets: [socketAt(protocol, 8000)] })).includes("keepalive 32;");
    expect((["http", "http-socket", "fastcgi"] as const).map(kept)).toEqual([true, true, true]);
    expect((["uwsgi", "scgi", "scgi-nph"] as const).map(kept)).toEqual([false, false, false]);
  });

  test.each([
    ["uwsgi", "uwsgi_pass"],
    ["fastcgi", "fastcgi_pass"],
    ["scgi", "scgi_pass"],
    ["scgi-nph", "scgi_pass"],
    ["http-socket", "proxy_pass"],
  ] as const)("%s is reached by %s", (protocol, directive) => {
    const written = text(settingsWith({ sockets: [socketAt(protocol, 8000)] }));
    expect(written.match(/\w+_pass\b/g)).toEqual([directive]);
  });
});

describe("limits and timeouts", () => {
  const sockets = [socketAt("http", 8000)];

  test("no harakiri leaves nginx's own read timeout", () => {
    expect(text(settingsWith({ sockets }))).not.toContain("read_timeout");
    expect(text(settingsWith({ sockets, harakiri: 20 }))).toContain("proxy_read_timeout 25s;");
  });

  test("no limit-post is no limit in nginx either", () => {
    expect(text(settingsWith({ sockets }))).toContain("client_max_body_size 0;");
    expect(text(settingsWith({ sockets, limitPost: 4097 }))).toContain(
      "client_max_body_size 4097;",
    );
  });

  test("a buffer-size below nginx's least", () => {
    const of = (bufferSize: number) => text(settingsWith({ sockets, bufferSize }));
    expect(of(100)).toContain("large_client_header_buffers 2 512;");
    expect(of(65_535)).toContain("large_client_header_buffers 2 65535;");
  });
});

describe("idle connections are closed by nginx first", () => {
  test.each([
    ["http", 0, 60],
    ["http", 180, 60],
    ["http", 30, 24],
    ["http", 2, 1],
    ["http-socket", 30, 60],
  ] as const)("%s, http-keepalive = %i: %i s", (protocol, keepalive, seconds) => {
    const http = { ...noHttp(), keepalive };
    const settings = settingsWith({ sockets: [socketAt(protocol, 8000)], http });
    expect(text(settings)).toContain(`    keepalive_timeout ${seconds}s;\n`);
  });
});

describe("problems", () => {
  test.each([
    ["http", "proxyProtocol"],
    ["http", "routerProxyProtocol"],
    ["http-socket", "proxyProtocol"],
  ] as const)("%s with %s: nginx sends no PROXY headers", (protocol, field) => {
    const place = { file: "app.ini", line: 9, column: 1, endLine: 9, endColumn: 5 };
    const settings = settingsWith({
      sockets: [socketAt(protocol, 8000)],
      http: { ...noHttp(), [field]: true },
      places: { [`http.${field}`]: place },
    });
    expect(problem(settings)).toMatchObject({
      message: expect.stringContaining("PROXY headers"),
      place,
    });
  });

  test.each([
    ["http-socket", "routerProxyProtocol"],
    ["uwsgi", "proxyProtocol"],
  ] as const)("%s with %s is none", (protocol, field) => {
    const http = { ...noHttp(), [field]: true };
    expect(text(settingsWith({ sockets: [socketAt(protocol, 8000)], http }))).toContain("upstream");
  });

  test("no socket", () => {
    expect(problem(settingsWith({})).message).toMatch(/^no socket is configured/);
  });

  test("an abstract socket, pointed at", () => {
    const abstract = socket("uwsgi", { kind: "abstract", name: "app" }, "@app");
    const found = problem(settingsWith({ sockets: [abstract] }));
    expect(found.message).toBe("nginx cannot connect to the abstract socket @app");
    expect(found.help).toContain("(socket = /run/app/app.sock)");
    expect(found.place).toBe(abstract.place);
  });

  test("answers that nginx does not take", () => {
    const found = problem(settingsWith({ sockets: [socketAt("fastcgi-nph", "/run/s")] }));
    expect([found.message, found.help]).toEqual([
      "nginx does not take the status line of HTTP that /run/s answers with",
      "write `fastcgi-socket`",
    ]);
  });

  test("an abstract socket of FastCGI, and its option", () => {
    const abstract = socket("fastcgi", { kind: "abstract", name: "app" }, "@app");
    expect(problem(settingsWith({ sockets: [abstract] })).help).toContain("(fastcgi-socket = /run");
  });

  test("an address that only the start knows", () => {
    const inherited = socket("http", { kind: "fd", fd: 3 }, "fd://3");
    expect(problem(settingsWith({ sockets: [inherited] })).message).toContain(
      "fd://3 is known only",
    );
    const some = { kind: "tcp", host: "10.0.*", port: 80, family: 4 } as const;
    const pattern = problem(settingsWith({ sockets: [socket("http", some, "10.0.*:80")] }));
    expect(pattern.message).toContain("10.0.*:80 is chosen at the start");
  });

  test("a port that the kernel chooses", () => {
    const any = socket("http", { kind: "tcp", host: "127.0.0.1", port: 0, family: 4 }, ":0");
    expect(problem(settingsWith({ sockets: [any] })).message).toContain("chosen anew");
  });

  test.each(["", "a;b", "a{", "$host", "~^www", "a b;", "ex*mple.org", "*.example.*"])(
    "server name %j",
    (serverName) => {
      const found = problem(settingsWith({ sockets: [socketAt("http", 1)] }), { serverName });
      expect(found.message).toContain("is not a host name");
    },
  );

  test.each(["", "x", "0", "65536", "80; }", "80 ssl", "unix:/x", "::1:80"])(
    "listen %j",
    (listen) => {
      const found = problem(settingsWith({ sockets: [socketAt("http", 1)] }), {
        serverName: "x",
        listen,
      });
      expect(found.message).toContain("nginx can listen on");
    },
  );

  test("an address to listen on without a server block that it would be for", () => {
    const found = problem(settingsWith({ sockets: [socketAt("http", 1)] }), { listen: "8080" });
    expect(found.help).toContain("`--server-name`");
  });

  test.each(["8080", "127.0.0.1:8080", "[::1]:8080", "*:80", "example.org:80"])(
    "listens on %s",
    (listen) => {
      const settings = settingsWith({ sockets: [socketAt("http", 1)] });
      expect(text(settings, { listen, serverName: "x" })).toContain(`    listen ${listen};\n`);
    },
  );
});

test("a comment stays on its line", () => {
  const path = "/run/a\n} evil;";
  const written = text(settingsWith({ sockets: [socketAt("uwsgi", path)] }));
  expect(written.split("\n")[0]).toBe("# nginx in front of the socket /run/a?} evil;");
  expect(written).toContain('server "unix:/run/a\\n} evil;" fail_timeout=0;');
});
