/** Several applications in one server, beside the real uWSGI and alone. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Pair, startBoth } from "../helpers/beside.ts";
import { request } from "../helpers/http.ts";
import { needs } from "../helpers/needs.ts";
import { freePort } from "../helpers/ports.ts";
import { page, startServer, tsuwsgi } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { requestVars, uwsgiRequest } from "../helpers/uwsgi-client.ts";

/** Tells who answers, and where it thinks that it is. */
const app = (name: string) => `import json
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/json")])
    where = [environ.get(key, "") for key in ("SCRIPT_NAME", "PATH_INFO", "REQUEST_URI")]
    return [json.dumps(["${name}"] + where).encode()]
other = application
`;

const files = {
  "one.py": app("one"),
  "two.py": app("two"),
  "three.wsgi": app("three"),
  "main.py": app("main"),
};

const paths = [
  ...["/", "/a", "/a/", "/a/x", "/ab", "/a/b", "/a/b/c", "/a/bc", "/c", "/%61/x", "/a%2fb/x"],
  ...["/a//x", "//a/x", "/caf%C3%A9/x", "/a?/a/b"],
];

const configurations: readonly (readonly string[])[] = [
  [
    "manage-script-name = true",
    "module = main",
    "mount = /a=one:application",
    "mount = /a/b=two.py",
  ],
  ["manage-script-name = true", "mount = /a=one:application", "mount = /a/b=three.wsgi"],
  ["manage-script-name = true", "mount = /a/b=two.py", "mount = /a=one.py"],
  ["manage-script-name = true", "mount = /=main.py", "mount = /a=one:other"],
  ["manage-script-name = true", "no-default-app = true", "mount = /a=one.py", "mount = /=two.py"],
  ["manage-script-name = true", "no-default-app = true", "module = main", "mount = /a=one.py"],
  ["manage-script-name = true", "ignore-script-name = true", "module = main", "mount = /a=one.py"],
  ["manage-script-name = true", "wsgi-file = main.py", "mount = /a/=one.py"],
  ["manage-script-name = true", "wsgi-file = main.py", "mount = /caf\u00e9=one.py"],
  ["manage-script-name = true", "callable = other", "mount = /a=one.py"],
  ["module = main", "mount = /a=one:application"],
  ["mount = /a=one:application", "mount = /b=two.py", "lazy-apps = true"],
];

/** SCRIPT_NAMEs as a web server gives them. */
const scriptNames = ["", "/", "/a", "/a/b", "/none"];

needs("uwsgi")("as in uWSGI", () => {
  describe.each(configurations)("%s, %s, %s, %s", (...given) => {
    const lines = given.filter((line) => line !== undefined);
    // There uWSGI gives away what lies behind the path in its memory.
    const asked = lines.some((line) => line.includes("/a/=")) ? paths.filter(isInside) : paths;
    let pair: Pair;
    beforeAll(async () => {
      pair = await startBoth(files, lines);
    });
    afterAll(() => pair.end());

    test("over HTTP", async () => {
      const ask = (port: number) => Promise.all(asked.map((path) => answer(port, path)));
      expect(await ask(pair.ours.http)).toEqual(await ask(pair.theirs.http));
    });

    test("over the uwsgi protocol, with and without SCRIPT_NAME", async () => {
      const vars = asked.flatMap((path) =>
        scriptNames.map((name) => requestVars(bytesOf(path), { SCRIPT_NAME: name })),
      );
      const ask = async (port: number) => {
        const seen: unknown[] = [];
        for (const one of vars) {
          const { status, text } = await uwsgiRequest(port, one);
          seen.push([one, status, text()]);
        }
        return seen;
      };
      expect(await ask(pair.ours.uwsgi)).toEqual(await ask(pair.theirs.uwsgi));
    });
  });
});

function isInside(path: string): boolean {
  return !/^\/a(\?|$)/.test(path);
}

/** A path as a web server has it in PATH_INFO, one character a byte. */
function bytesOf(path: string): string {
  return Buffer.from(decodeURIComponent(path)).toString("latin1");
}

async function answer(port: number, path: string): Promise<unknown> {
  const { status, text } = await request(port, { path });
  return [path, status, text()];
}

async function start(
  lines: readonly string[],
  more: { readonly [path: string]: string } = {},
): Promise<{ port: number; stderr: () => string }> {
  const cwd = temporaryDirectory({
    ...files,
    ...more,
    "app.ini": `[uwsgi]\n${lines.join("\n")}\n`,
  });
  const port = await freePort();
  const args = ["--http-socket", `127.0.0.1:${port}`, "--ini", "app.ini"];
  const server = await startServer(args, { accepts: port }, { cwd });
  return { port, stderr: server.stderr };
}

test("`/` is the default application wherever its line stands", async () => {
  const { port } = await start([
    "manage-script-name = true",
    "mount = /a=one:application",
    "mount = /=main.py",
  ]);
  expect(JSON.parse(await page(port, "/x"))).toEqual(["main", "", "/x", "/x"]);
  expect(JSON.parse(await page(port, "/a/x"))).toEqual(["one", "/a", "/x", "/a/x"]);
});

test("the mountpoint itself has an empty path, also where it was written with a slash", async () => {
  const { port } = await start([
    "manage-script-name = true",
    "module = main",
    "mount = /a/=one.py",
  ]);
  expect(JSON.parse(await page(port, "/a"))).toEqual(["one", "/a/", "", "/a"]);
});

test("one that raises at its import answers 500, the others are served, and the log has its place", async () => {
  const { port, stderr } = await start(
    [
      "manage-script-name = true",
      "module = main",
      "mount = /a=bad.py",
      "mount = /b=one.py",
      "mount = /c=worse.py",
    ],
    {
      "bad.py": "raise RuntimeError('no luck')\n",
      "worse.py": "raise RuntimeError('none at all')\n",
    },
  );
  expect((await request(port, { path: "/a/x" })).status).toBe(500);
  expect(JSON.parse(await page(port, "/b/x"))).toEqual(["one", "/b", "/x", "/b/x"]);
  expect(JSON.parse(await page(port, "/x"))).toEqual(["main", "", "/x", "/x"]);
  expect(stderr()).toMatch(
    / app\.ini:4:9: error: .*\/a: importing .*bad\.py raised RuntimeError: no luck$/m,
  );
  expect(stderr()).toMatch(
    /^app\.ini:6:9: error: .*\/c: importing .*worse\.py raised .*none at all$/m,
  );
});

test.each([[[]], [["lazy-apps = true"]]])(
  "with need-app one that cannot be loaded ends the start with 22 (%j)",
  async (more) => {
    const lines = [
      "need-app = true",
      "module = main",
      "mount = /a=bad.py",
      "master = true",
      ...more,
    ];
    const cwd = temporaryDirectory({
      ...files,
      "bad.py": "raise RuntimeError('no luck')\n",
      "app.ini": `[uwsgi]\n${lines.join("\n")}\n`,
    });
    const port = await freePort();
    const server = tsuwsgi(["--http-socket", `127.0.0.1:${port}`, "--ini", "app.ini"], { cwd });
    expect((await server.exit).code).toBe(22);
    expect(server.stderr()).toContain("app.ini:4:9: error: ");
  },
);

test("what a mount names is looked at before the start, with its place", async () => {
  const lines = [
    "module = main",
    "mount = /a=none.py",
    "mount = /b=nowhere:app",
    "mount = /c=one:nope",
  ];
  const cwd = temporaryDirectory({ ...files, "app.ini": `[uwsgi]\n${lines.join("\n")}\n` });
  const server = tsuwsgi(["--http-socket", "127.0.0.1:1", "--ini", "app.ini"], { cwd });
  expect((await server.exit).code).toBe(22);
  const said = server.stderr();
  expect(said).toContain("app.ini:3:9");
  expect(said).toContain("none.py does not exist");
  expect(said).toContain("app.ini:4:9");
  expect(said).toContain("no Python module `nowhere`");
  expect(said).toContain("app.ini:5:9");
  expect(said).toContain("has no `nope`");
});
