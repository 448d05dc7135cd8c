/** Flask, Django and Bottle under wsgiref.validate: whatever the server does against PEP 3333 raises. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { HttpConnection, request } from "../helpers/http.ts";
import { needs } from "../helpers/needs.ts";
import { freePort } from "../helpers/ports.ts";
import type { Program } from "../helpers/process.ts";
import { projectPath, startServer } from "../helpers/server.ts";

for (const framework of ["flask", "django", "bottle"] as const) {
  needs(framework)(framework, () => {
    let port: number;
    let server: Program;

    beforeAll(async () => {
      port = await freePort();
      const args = [
        ...["--master", "--http-socket", `127.0.0.1:${port}`, "--processes", "2", "--need-app"],
        ...["--chdir", projectPath("test/apps"), "--module", `${framework}_pages:application`],
      ];
      server = await startServer(args, { accepts: port });
    });

    afterAll(async () => {
      await server?.stop();
      await server?.assertGone();
    });

    test("pages, twice on one connection", async () => {
      const connection = await HttpConnection.open(port);
      for (const path of ["/", "/"]) {
        const response = await connection.request({ path });
        expect([response.status, response.text()]).toEqual([200, "hello"]);
      }
      connection.destroy();
    });

    test("a path and a query that are not ASCII", async () => {
      const response = await request(port, { path: "/greet/J%C3%BCrgen?lang=%E2%82%AC" });
      expect([response.status, response.text()]).toEqual([200, "Jürgen €"]);
    });

    test("a form", async () => {
      const headers = [["Content-Type", "application/x-www-form-urlencoded"]] as const;
      const response = await request(port, {
        ...{ method: "POST", path: "/form", headers },
        body: "a=x+y&b=%C3%A9",
      });
      expect([response.status, response.text()]).toEqual([200, "x y|é"]);
    });

    test("a file of 300 kB in a form", async () => {
      const headers = [["Content-Type", "multipart/form-data; boundary=edge"]] as const;
      const disposition = 'Content-Disposition: form-data; name="file"; filename="big.bin"';
      const part = `--edge\r\n${disposition}\r\nContent-Type: application/octet-stream\r\n\r\n`;
      const body = `${part}${"x".repeat(300_000)}\r\n--edge--\r\n`;
      const response = await request(port, { method: "POST", path: "/upload", headers, body });
      expect([response.status, response.text()]).toEqual([200, "big.bin 300000"]);
    });

    test("an answer in parts, of unknown length", async () => {
      const response = await request(port, { path: "/stream" });
      expect([response.status, response.text()]).toEqual([200, "part 0\npart 1\npart 2\n"]);
    });

    test("cookies there and back", async () => {
      const response = await request(port, {
        path: "/cookies",
        headers: [["Cookie", "given=yes"]],
      });
      const set = response.headers.filter(([name]) => name.toLowerCase() === "set-cookie");
      expect(response.text()).toBe("yes");
      expect(set.map(([, value]) => value.split(";")[0])).toEqual(["one=1", "two=2"]);
    });

    test("HEAD has the fields of GET and no content", async () => {
      const response = await request(port, { method: "HEAD", path: "/" });
      expect([response.status, response.body.length]).toEqual([200, 0]);
      expect(response.header("content-type")).toMatch(/^text\/html/);
    });

    test.each([
      ["/away", 302],
      ["/none", 404],
      ["/boom", 500],
    ])("%s is a %d", async (path, status) => {
      expect((await request(port, { path })).status).toBe(status);
    });

    test("the validator had nothing to say", () => {
      expect(server.stderr()).not.toMatch(/AssertionError|WSGIWarning|garbage collected/);
    });
  });
}
