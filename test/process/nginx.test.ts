/** The generated text in a real nginx, in front of a real server. */
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type NginxOptions, nginx } from "../../src/generate/nginx.ts";
import type { Settings } from "../../src/settings/settings.ts";
import { noStatics } from "../../src/settings/static-settings.ts";
import { goldenCases } from "../generate/cases.ts";
import { settingsWith, socketAt } from "../generate/settings.ts";
import { HttpConnection, type HttpRequest, request } from "../helpers/http.ts";
import { needs } from "../helpers/needs.ts";
import { checkNginx, startNginx } from "../helpers/nginx.ts";
import { freePort, freePorts } from "../helpers/ports.ts";
import type { Program } from "../helpers/process.ts";
import { projectPath, startServer } from "../helpers/server.ts";
import type { Target } from "../helpers/target.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";

function text(settings: Settings, options: NginxOptions): string {
  const result = nginx(settings, options);
  if (result.kind === "problem") throw new Error(result.problem.message);
  return result.text;
}

/** What goes before a server block, and what belongs into one; see `bare` in the generator. */
function inServerBlock(written: string, port: number): string {
  const [before = "", inside = ""] = written.split(/^# The rest .*$/m);
  return `${before}server { listen 127.0.0.1:${port}; ${inside} }`;
}

needs("nginx")("nginx takes every kept text", () => {
  test.each(Object.entries(goldenCases))("%s", async (_, { settings, options }) => {
    const written = text(settings, options);
    const whole =
      options.serverName === undefined ? inServerBlock(written, await freePort()) : written;
    const { code, stderr } = await checkNginx(whole.replace("listen 80;", "listen 8080;"));
    // Without a word: also nginx's warnings (duplicate names, buffers that do not fit) would show.
    const notices = /^nginx: .*(syntax is ok|test is successful)\n/gm;
    expect({ code, said: stderr.replace(notices, "") }).toEqual({ code: 0, said: "" });
  });
});

const files = {
  "static/hello.txt": "hello from a file\n",
  "static/deep/er.txt": "deeper\n",
  "static_secret/key.txt": "secret sibling\n",
  "secret.txt": "secret parent\n",
};

/** Connections that a server has on a Unix socket: their state is 03 (Linux, proc(5)). */
function connected(path: string): number {
  const lines = readFileSync("/proc/net/unix", "utf8").split("\n");
  return lines.filter((line) => line.endsWith(` ${path}`) && / 0001 03 /.test(line)).length;
}

/** The protocol, and where the server listens: a path in its directory, or a free port. */
const variants = [
  ["uwsgi", "unix"],
  ["uwsgi", "tcp"],
  ["fastcgi", "unix"],
  ["fastcgi", "tcp"],
  ["scgi", "unix"],
  ["http", "tcp"],
  ["http-socket", "unix"],
] as const;

needs("nginx")("nginx in front", () => {
  describe.each(variants)("%s over %s", (protocol, kind) => {
    let port: number;
    let where: Target;
    let server: Program;
    let front: Program;

    beforeAll(async () => {
      const directory = temporaryDirectory(files);
      const [first = 0, second = 0] = await freePorts(2);
      port = first;
      where = kind === "unix" ? join(directory, "app.sock") : second;
      const address = typeof where === "string" ? where : `127.0.0.1:${where}`;
      const option = protocol.startsWith("http") ? protocol : `${protocol}-socket`;
      const settings = settingsWith({
        sockets: [socketAt(protocol, where)],
        statics: {
          ...noStatics(),
          maps: [{ mountpoint: "/static", directory: join(directory, "static") }],
        },
        bufferSize: 8192,
        limitPost: 11_000_000,
        harakiri: 30,
      });
      const args = [
        ...["--master", `--${option}`, address, "--wsgi-file", projectPath("test/apps/echo.py")],
        ...["--processes", "2", "--buffer-size", "8192", "--limit-post", "11000000"],
        ...["--harakiri", "30", "--need-app"],
      ];
      server = await startServer(args, { accepts: where });
      const options = { serverName: "example.test", listen: `127.0.0.1:${port}` };
      front = await startNginx(text(settings, options), port);
    });

    afterAll(async () => {
      await front?.stop();
      await server?.stop();
      await server?.assertGone();
    });

    /** The environ that the application saw. */
    async function environ(wanted: HttpRequest): Promise<Record<string, string | number>> {
      const response = await request(port, wanted);
      expect(response.status).toBe(200);
      return JSON.parse(response.text());
    }

    test("a page", async () => {
      const seen = await environ({ path: "/a%20b/c?x=%2F", headers: [["Host", "example.test"]] });
      expect(seen).toMatchObject({
        REQUEST_METHOD: "GET",
        PATH_INFO: "/a b/c",
        QUERY_STRING: "x=%2F",
        HTTP_X_REAL_IP: "127.0.0.1",
        HTTP_HOST: `example.test:${port}`,
        HTTP_X_FORWARDED_PROTO: "http",
        HTTP_X_FORWARDED_FOR: "127.0.0.1",
      });
      if (!protocol.startsWith("http")) expect(seen.REMOTE_ADDR).toBe("127.0.0.1");
    });

    test("the Host of an absolute request line, not a lying header", async () => {
      const headers = [["Host", "evil.test"]] as const;
      const seen = await environ({ path: "http://example.test/", headers });
      expect(seen.HTTP_HOST).toBe(`example.test:${port}`);
    });

    test("a client cannot claim to have come by https or by another host", async () => {
      const claims = [
        "Forwarded",
        "X-Forwarded-Proto",
        "X-Forwarded-Ssl",
        "X-Forwarded-Scheme",
        "X-Forwarded-Host",
        "X-Forwarded-Port",
        "X-Forwarded-Prefix",
        "X_Forwarded_Proto",
        "X-Real-IP",
        "Proxy",
      ];
      const seen = await environ({
        headers: claims.map((name) => [name, "spoofed-https"] as const),
      });
      expect(Object.entries(seen).filter(([, value]) => value === "spoofed-https")).toEqual([]);
      expect(seen).toMatchObject({ HTTP_X_FORWARDED_PROTO: "http", HTTP_X_REAL_IP: "127.0.0.1" });
      expect(seen.HTTPS).toBeUndefined();
      expect(seen["wsgi.url_scheme"]).toBe("http");
    });

    test("a file, by nginx itself", async () => {
      const response = await request(port, { path: "/static/hello.txt" });
      expect([response.status, response.text()]).toEqual([200, "hello from a file\n"]);
      expect(response.header("server")).toMatch(/^nginx/);
      const deeper = await request(port, { path: "/static/deep/er.txt" });
      expect(deeper.text()).toBe("deeper\n");
    });

    test.each([
      "/static../secret.txt",
      "/static../static_secret/key.txt",
      "/static_secret/key.txt",
      "/static/../secret.txt",
      "/static/..%2fsecret.txt",
      "/static/%2e%2e/secret.txt",
      "/static/..\\secret.txt",
    ])("nothing beside the directory by %s", async (path) => {
      const response = await request(port, { path });
      expect(response.text()).not.toContain("secret parent");
      expect(response.text()).not.toContain("secret sibling");
    });

    test("a form", async () => {
      const headers = [["Content-Type", "application/x-www-form-urlencoded"]] as const;
      const seen = await environ({ method: "POST", path: "/form", headers, body: "a=b" });
      expect(seen).toMatchObject({
        REQUEST_METHOD: "POST",
        CONTENT_TYPE: "application/x-www-form-urlencoded",
        CONTENT_LENGTH: "3",
        "body.size": 3,
      });
    });

    test("a body in chunks", async () => {
      const connection = await HttpConnection.open(port);
      const head = "POST /chunks HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
      connection.send(`${head}5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n`);
      expect(JSON.parse((await connection.read()).text())).toMatchObject({ "body.size": 11 });
      connection.destroy();
    });

    test("HEAD, and behind it another request on the client's connection", async () => {
      const connection = await HttpConnection.open(port);
      expect((await connection.request({ method: "HEAD", path: "/head" })).status).toBe(200);
      const next = await connection.request({ path: "/next" });
      expect(JSON.parse(next.text())).toMatchObject({ PATH_INFO: "/next" });
      connection.destroy();
    });

    // The uwsgi protocol and SCGI have a connection for each request; over FastCGI REMOTE_PORT is the client's.
    const tells = protocol.startsWith("http") ? "port" : protocol === "fastcgi" && kind;
    if (tells === "port" || tells === "unix")
      test("nginx keeps its connection to the server", async () => {
        const ports = new Set<unknown>();
        for (const body of ["", "a=b", "", "x".repeat(100_000), ""]) {
          const seen = await environ(body === "" ? {} : { method: "POST", body });
          ports.add(seen.REMOTE_PORT);
        }
        if (tells === "port") expect(ports.size).toBe(1);
        if (typeof where === "string") expect(connected(where)).toBe(1);
      });

    test("ten megabytes up", async () => {
      const body = randomBytes(10_000_000);
      const seen = await environ({ method: "POST", path: "/up", body });
      const sha256 = createHash("sha256").update(body).digest("hex");
      expect(seen).toMatchObject({ "body.size": body.length, "body.sha256": sha256 });
    });

    test("more than limit-post is refused", async () => {
      const headers = [["Content-Length", "11000001"]] as const;
      const response = await request(port, { method: "POST", headers });
      expect(response.status).toBe(413);
    });

    test("one long line passes, a longer one is refused", async () => {
      const seen = await environ({ headers: [["Cookie", "c".repeat(5000)]] });
      expect(seen.HTTP_COOKIE).toHaveLength(5000);
      const response = await request(port, { headers: [["Cookie", "c".repeat(9000)]] });
      expect(response.status).toBe(400);
    });
  });
});
