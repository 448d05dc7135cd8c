/**
 * Applications of frameworks, over HTTP and over the uwsgi protocol. Those of `*_pages.py` run under
 * wsgiref.validate: whatever the server does against PEP 3333 raises.
 */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HttpConnection, type HttpRequest, type HttpResponse, request } from "../helpers/http.ts";
import { values } from "../helpers/http-response.ts";
import { needs } from "../helpers/needs.ts";
import { freePort } from "../helpers/ports.ts";
import type { LaunchOptions, Program } from "../helpers/process.ts";
import { projectPath, startServer } from "../helpers/server.ts";
import type { Target } from "../helpers/target.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { requestVars, uwsgiRequest } from "../helpers/uwsgi-client.ts";

/** A server with both protocols. */
interface Site {
  readonly server: Program;
  readonly http: number;
  readonly uwsgi: string;
}

const protocols = ["http", "uwsgi"] as const;
type Protocol = (typeof protocols)[number];

async function startSite(module: string, options: LaunchOptions = {}): Promise<Site> {
  const http = await freePort();
  const uwsgi = join(temporaryDirectory(), "app.sock");
  const args = [
    ...["--master", "--http-socket", `127.0.0.1:${http}`, "--socket", uwsgi, "--processes", "2"],
    ...["--need-app", "--chdir", projectPath("test/apps"), "--module", `${module}:application`],
  ];
  return { server: await startServer(args, { accepts: http }, options), http, uwsgi };
}

async function stopSite(site: Site | undefined): Promise<void> {
  await site?.server.stop();
  await site?.server.assertGone();
}

function ask(site: Site, protocol: Protocol, wanted: HttpRequest): Promise<HttpResponse> {
  return protocol === "http" ? request(site.http, wanted) : askUwsgi(site.uwsgi, wanted);
}

/** The request as nginx would pass it on. */
function askUwsgi(target: Target, wanted: HttpRequest): Promise<HttpResponse> {
  const { method = "GET", path = "/", headers = [], body } = wanted;
  const [escaped = ""] = path.split("?");
  const vars: Record<string, string> = {
    REQUEST_METHOD: method,
    PATH_INFO: Buffer.from(decodeURIComponent(escaped)).toString("latin1"),
    CONTENT_LENGTH: body === undefined ? "" : String(Buffer.from(body).length),
  };
  for (const [name, value] of headers) {
    const key = name.toUpperCase().replaceAll("-", "_");
    vars[key === "CONTENT_TYPE" ? key : `HTTP_${key}`] = value;
  }
  return uwsgiRequest(target, requestVars(path, vars), body);
}

for (const framework of ["flask", "django", "bottle", "falcon", "pyramid"] as const) {
  needs(framework)(framework, () => {
    let site: Site;

    beforeAll(async () => {
      site = await startSite(`${framework}_pages`);
    });

    afterAll(() => stopSite(site));

    test("pages, twice on one connection", async () => {
      const connection = await HttpConnection.open(site.http);
      for (const path of ["/", "/"]) {
        const response = await connection.request({ path });
        expect([response.status, response.text()]).toEqual([200, "hello"]);
      }
      connection.destroy();
    });

    describe.each(protocols)("over %s", (protocol) =>
      pages((wanted) => ask(site, protocol, wanted)),
    );

    test("the validator had nothing to say", () => {
      expect(site.server.stderr()).not.toMatch(/AssertionError|WSGIWarning|garbage collected/);
    });
  });
}

/** What every framework's pages answer. */
function pages(get: (wanted: HttpRequest) => Promise<HttpResponse>): void {
  test("a path and a query that are not ASCII", async () => {
    const response = await get({ path: "/greet/J%C3%BCrgen?lang=%E2%82%AC" });
    expect([response.status, response.text()]).toEqual([200, "Jürgen €"]);
  });

  test("a form", async () => {
    const headers = [["Content-Type", "application/x-www-form-urlencoded"]] as const;
    const body = "a=x+y&b=%C3%A9";
    const response = await get({ method: "POST", path: "/form", headers, body });
    expect([response.status, response.text()]).toEqual([200, "x y|é"]);
  });

  test.each([300, 300_000, 3_000_000])("a file of %d bytes in a form", async (bytes) => {
    const headers = [["Content-Type", "multipart/form-data; boundary=edge"]] as const;
    const disposition = 'Content-Disposition: form-data; name="file"; filename="big.bin"';
    const part = `--edge\r\n${disposition}\r\nContent-Type: application/octet-stream\r\n\r\n`;
    const body = `${part}${"x".repeat(bytes)}\r\n--edge--\r\n`;
    const response = await get({ method: "POST", path: "/upload", headers, body });
    expect([response.status, response.text()]).toEqual([200, `big.bin ${bytes}`]);
  });

  test("an answer in parts, of unknown length", async () => {
    const response = await get({ path: "/stream" });
    expect([response.status, response.text()]).toEqual([200, "part 0\npart 1\npart 2\n"]);
  });

  test("cookies there and back", async () => {
    const response = await get({ path: "/cookies", headers: [["Cookie", "given=yes"]] });
    expect(response.text()).toBe("yes");
    expect(cookiesOf(response)).toEqual(["one=1", "two=2"]);
  });

  test("HEAD has the fields of GET and no content", async () => {
    const response = await get({ method: "HEAD", path: "/" });
    expect([response.status, response.body.length]).toEqual([200, 0]);
    expect(response.header("content-type")).toMatch(/^text\/html/);
  });

  test.each([
    ["/away", 302],
    ["/none", 404],
    ["/boom", 500],
  ])("%s is a %d", async (path, status) => {
    expect((await get({ path })).status).toBe(status);
  });
}

/** Names and values of the cookies that are set. */
function cookiesOf(response: HttpResponse): string[] {
  return values(response, "set-cookie").map((value) => value.split(";")[0] ?? "");
}

needs("django")("Django's administration", () => {
  let site: Site;

  beforeAll(async () => {
    const database = join(temporaryDirectory(), "users.sqlite3");
    site = await startSite("django_admin", { env: { DATABASE: database } });
  });

  afterAll(() => stopSite(site));

  describe.each(protocols)("over %s", (protocol) => {
    const login = "/admin/login/?next=/admin/";
    const get = (path: string, cookies: string) =>
      ask(site, protocol, { path, headers: [["Cookie", cookies]] });
    const post = (path: string, cookies: string, fields: Record<string, string>) =>
      ask(site, protocol, {
        ...{ method: "POST", path, body: new URLSearchParams(fields).toString() },
        headers: [
          ["Cookie", cookies],
          ["Content-Type", "application/x-www-form-urlencoded"],
        ],
      });
    const token = (response: HttpResponse) =>
      /name="csrfmiddlewaretoken" value="(\w+)"/.exec(response.text())?.[1] ?? "";

    test("sends strangers to its login", async () => {
      const response = await get("/admin/", "");
      expect([response.status, response.header("location")]).toEqual([302, login]);
    });

    test("refuses a login without its token", async () => {
      const response = await post(login, "", { username: "root", password: "secret" });
      expect(response.status).toBe(403);
    });

    test("refuses a wrong password", async () => {
      const form = await get(login, "");
      const fields = { csrfmiddlewaretoken: token(form), username: "root", password: "wrong" };
      const response = await post(login, cookiesOf(form).join("; "), fields);
      expect(response.status).toBe(200);
      expect(cookiesOf(response).join()).not.toContain("sessionid");
    });

    test("lets its user in, who makes a group", async () => {
      const form = await get(login, "");
      const fields = { csrfmiddlewaretoken: token(form), username: "root", password: "secret" };
      const entered = await post(login, cookiesOf(form).join("; "), fields);
      expect([entered.status, entered.header("location")]).toEqual([302, "/admin/"]);
      const cookies = cookiesOf(entered).join("; ");
      expect(cookies).toMatch(/sessionid=\w+/);
      const index = await get("/admin/", cookies);
      expect([index.status, index.text()]).toEqual([200, expect.stringContaining("root")]);
      const add = await get("/admin/auth/group/add/", cookies);
      const group = { csrfmiddlewaretoken: token(add), name: `groupe d'été ${protocol}` };
      expect((await post("/admin/auth/group/add/", cookies, group)).status).toBe(302);
      expect((await get("/admin/auth/group/", cookies)).text()).toContain(
        `groupe d&#x27;été ${protocol}`,
      );
    });
  });
});
