/** Whom the server believes about its clients: schemes, and addresses in the access log. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { request } from "../helpers/http.ts";
import { needs } from "../helpers/needs.ts";
import { freePort, freePorts } from "../helpers/ports.ts";
import { launch, type Program } from "../helpers/process.ts";
import { page, projectPath, startServer, untilReady } from "../helpers/server.ts";
import type { Target } from "../helpers/target.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";
import { requestVars, uwsgiRequest } from "../helpers/uwsgi-client.ts";

const echo = ["--wsgi-file", projectPath("test/apps/echo.py"), "--master"];

/** What the application is told. */
async function told(target: Target, headers: readonly (readonly [string, string])[]) {
  const said: unknown = JSON.parse(await page(target, "/", { headers }));
  return said as Record<string, string>;
}

const proto = (value: string) => ["X-Forwarded-Proto", value] as const;
const ssl = (value: string) => ["X-Forwarded-SSL", value] as const;

async function start(...more: string[]): Promise<{ port: number; path: string; server: Program }> {
  const port = await freePort();
  const path = join(temporaryDirectory(), "http");
  const sockets = ["--http", `127.0.0.1:${port}`, "--http-socket", path];
  return { port, path, server: await startServer([...echo, ...sockets, ...more], { http: port }) };
}

const forwarded = "6.6.6.6, 203.0.113.9, 10.1.1.1";

/** The client of a request with that header, in the access log. */
async function logged(server: Program, target: Target): Promise<string> {
  await request(target, { path: "/find-me", headers: [["X-Forwarded-For", forwarded]] });
  return await clientIn(server, "/find-me");
}

async function clientIn(server: Program, path: string): Promise<string> {
  const line = await until("the line", () =>
    server
      .stderr()
      .split("\n")
      .find((text) => text.includes(path)),
  );
  return /\] (\S*) \(\)/.exec(line)?.[1] ?? line;
}

describe("the scheme", () => {
  test("is believed by default from this machine, and stays in the headers; the log has the peer", async () => {
    const { port, path, server } = await start();
    expect(await logged(server, port)).toBe("127.0.0.1");
    for (const target of [port, path]) {
      expect(await told(target, [proto("https")])).toMatchObject({
        ...{ "wsgi.url_scheme": "https", HTTP_X_FORWARDED_PROTO: "https" },
      });
      expect(await told(target, [ssl("on")])).toMatchObject({
        ...{ "wsgi.url_scheme": "https", HTTP_X_FORWARDED_SSL: "on" },
      });
      for (const headers of [[proto("http"), ssl("on")], [proto("https, http")], []])
        expect(await told(target, headers)).toMatchObject({ "wsgi.url_scheme": "http" });
    }
  });

  test.each([
    [["10.0.0.0/8"], false, false, "127.0.0.1"],
    [["unix"], false, true, "127.0.0.1"],
    [["127.0.0.0/31"], true, false, "10.1.1.1"],
    [["10.0.0.0/8", "loopback"], true, false, "203.0.113.9"],
  ])(
    "with trusted-proxy %j: port %s, Unix socket %s; client %s",
    async (peers, tcp, unix, client) => {
      const options = peers.flatMap((peer) => ["--trusted-proxy", peer]);
      const { port, path, server } = await start("--log-x-forwarded-for", ...options);
      const schemes = [port, path].map(
        async (target) => (await told(target, [proto("https"), ssl("on")]))["wsgi.url_scheme"],
      );
      expect(await Promise.all(schemes)).toEqual(
        [tcp, unix].map((yes) => (yes ? "https" : "http")),
      );
      expect(await logged(server, port)).toBe(client);
    },
  );

  test("over the uwsgi protocol is the web server's variables', not the client's headers", async () => {
    const port = await freePort();
    await startServer([...echo, "--socket", `127.0.0.1:${port}`], { uwsgi: port });
    const scheme = async (vars: Record<string, string>) => {
      const { body } = await uwsgiRequest(port, requestVars("/", vars));
      const said: unknown = JSON.parse(body.toString());
      return (said as Record<string, string>)["wsgi.url_scheme"];
    };
    expect(await scheme({ UWSGI_SCHEME: "https" })).toBe("https");
    expect(await scheme({ HTTPS: "on" })).toBe("https");
    expect(await scheme({ HTTP_X_FORWARDED_PROTO: "https", HTTP_X_FORWARDED_SSL: "on" })).toBe(
      "http",
    );
  });
});

needs("uwsgi")("a believed peer is taken as uWSGI takes it", () => {
  test("where that is sane", async () => {
    const [port = 0] = await freePorts(1);
    const uwsgi = launch("uwsgi", [
      ...[
        "--plugin",
        "python3",
        "--http-socket",
        `127.0.0.1:${port}`,
        "--need-app",
        "--die-on-term",
      ],
      ...["--wsgi-file", projectPath("test/apps/echo.py")],
    ]);
    await untilReady(uwsgi, { http: port });
    const ours = await start();
    for (const headers of [
      [],
      [proto("https")],
      [proto("http")],
      [ssl("on")],
      [ssl("ON")],
      [ssl("1")],
      [ssl("off")],
      [proto("http"), ssl("on")],
      [ssl("on"), proto("http")],
      [proto("https"), ssl("off")],
    ]) {
      const [theirs, own] = [await told(port, headers), await told(ours.port, headers)];
      expect([headers, own["wsgi.url_scheme"]]).toEqual([headers, theirs["wsgi.url_scheme"]]);
    }
  });
});

describe("log-x-forwarded-for", () => {
  test("counts on from the address that the web server says, over the uwsgi protocol", async () => {
    const port = await freePort();
    const more = ["--log-x-forwarded-for", "--trusted-proxy", "10.0.0.0/8"];
    const args = [...echo, "--socket", `127.0.0.1:${port}`, ...more];
    const server = await startServer(args, { uwsgi: port });
    const clients: string[] = [];
    for (const [path, address] of [
      ["/near", "10.9.9.9"],
      ["/far", "8.8.8.8"],
    ] as const) {
      const vars = { REMOTE_ADDR: address, HTTP_X_FORWARDED_FOR: forwarded };
      await uwsgiRequest(port, requestVars(path, vars));
      clients.push(await clientIn(server, path));
    }
    expect(clients).toEqual(["203.0.113.9", "8.8.8.8"]);
  });
});
