/** The Python side beside uWSGI's own: the same options, and what the application finds, in which order. */
import { readFileSync, rmSync } from "node:fs";
import { expect, test } from "vitest";
import { request } from "../helpers/http.ts";
import { needs } from "../helpers/needs.ts";
import { freePort } from "../helpers/ports.ts";
import { launch, type Program } from "../helpers/process.ts";
import { startServer, untilReady } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";

/** Says where it is, at its import: the module's name, and whether that is the process of the first one. */
const says = `import os, sys
first = sys.modules.setdefault("first", type(sys)("first"))
first.pid = getattr(first, "pid", os.getpid())
print(__name__, "same process" if os.getpid() == first.pid else "another", file=open(os.environ["ORDER"], "a"))
`;

const directory = temporaryDirectory({
  "app.py": `${says}
import array, os, sys
looked = [os.path.basename(os.path.normpath(entry)) for entry in sys.path if "/libs/" in os.path.abspath(entry)]
found = (sys.argv, looked, sys.flags.optimize, sys.executable, os.environ.get("EARLY"))

def application(environ, start_response):
    start_response("200 OK", [])
    path = environ["PATH_INFO"]
    if path == "/bytes":
        return b"as they are"
    if path == "/array":
        return [array.array("B", b"in an array")]
    return [repr(found).encode()]
`,
  "imported.py": says,
  "shared.py": says,
  "jobs/by_path.py": says,
  "package/__init__.py": `${says}from . import inner\n`,
  "package/inner.py": "",
  "broken.py": "raise RuntimeError('not importable')\n",
  "real.py": `${says}NAME = "real"\n`,
  "uses_alias.py": `${says}import other_name\nassert other_name.NAME == "real"\n`,
  "libs/a/in_a.py": "",
  "libs/b/in_b.py": "",
});

type Kind = "tsuwsgi" | "uwsgi";

async function start(
  kind: Kind,
  args: readonly string[],
): Promise<{ server: Program; port: number }> {
  rmSync(`${directory}/${kind}`, { force: true });
  const port = await freePort();
  const all = ["--http-socket", `127.0.0.1:${port}`, "--master", "--env", `ORDER=${kind}`];
  all.push("--processes", "1", ...args);
  if (kind === "tsuwsgi")
    return { port, server: await startServer(all, { http: port }, { cwd: directory }) };
  const server = launch("uwsgi", ["--plugin", "python3", ...all], { cwd: directory });
  await untilReady(server, { http: port });
  return { port, server };
}

/** What was imported, in order, and what some pages are. */
async function seen(kind: Kind, args: readonly string[], paths: readonly string[]) {
  const { server, port } = await start(kind, args);
  const pages = [];
  for (const path of paths) pages.push((await request(port, { path })).text());
  const order = readFileSync(`${directory}/${kind}`, "utf8").trim().split("\n");
  await server.stop("SIGINT");
  // Of a file uWSGI's name has the path as written, ours the whole.
  const names = order.map((line) => line.replace(/^uwsgi_file_\S*?app(_py)?(?= )/, "app"));
  return { order: names, pages };
}

function both(args: readonly string[], paths: readonly string[]) {
  return Promise.all([seen("tsuwsgi", args, paths), seen("uwsgi", args, paths)]);
}

needs("uwsgi")("beside uWSGI", () => {
  const imports = [
    ...["--import", "imported", "--import", "./jobs/by_path.py", "--shared-import", "shared"],
    ...["--import", "broken", "--import", "./package", "--pyimport", "uses_alias"],
    ...["--pymodule-alias", "other_name=real", "--wsgi-file", "app.py"],
  ];

  test.each([
    ["once", []],
    ["lazy-apps", ["--lazy-apps"]],
    ["lazy", ["--lazy"]],
  ])("what is imported, when and where: %s", async (_name, more) => {
    const [ours, theirs] = await both([...imports, ...more], []);
    expect(ours).toEqual(theirs);
    expect(ours.order).toHaveLength(7);
  });

  test.each<[string, readonly string[], readonly string[]]>([
    ["pyargv, wildcards", ["--pyargv", "-v  --name 'a b'", "--pythonpath", "libs/*"], ["/"]],
    ["optimize", ["-O", "2", "--py-executable", "/opt/python", "--pp", "no/such*"], ["/"]],
    ["results", ["--wsgi-accept-buffer", "--no-site"], ["/bytes", "/array"]],
  ])("%s", async (_name, args, paths) => {
    const all = ["--py-executable", "/usr/bin/python3", "--wsgi-file", "app.py", ...args];
    const [ours, theirs] = await both(all, paths);
    expect(ours).toEqual(theirs);
  });

  test("eval", async () => {
    const code = [
      "import os; open(os.environ['ORDER'], 'a').write(__name__ + ' eval')",
      "app = lambda environ, start: start('200 OK', []) and None or [b'evaluated']",
    ].join("; ");
    const args = ["--eval", code, "--callable", "app"];
    const [ours, theirs] = await both(args, ["/"]);
    expect(ours).toEqual(theirs);
    expect(ours.pages).toEqual(["evaluated"]);
  });
});

needs("uwsgi")("names of processes beside uWSGI", () => {
  test.each([
    ["--procname-prefix", "pre", "--procname", "all", "--procname-master", "boss"],
    ["--procname-prefix-spaced", "pre", "--procname-append", " post", "--procname-master", "boss"],
    ["--procname", "x".repeat(70)],
  ])("%s %s %s %s %s %s", async (...given) => {
    const args = [...given.filter((one) => typeof one === "string"), "--wsgi-file", "app.py"];
    const names = async (kind: Kind) => {
      const { server } = await start(kind, args);
      const titles = server.processes().map(titleOf);
      await server.stop("SIGINT");
      return titles;
    };
    const [ours, theirs] = await Promise.all([names("tsuwsgi"), names("uwsgi")]);
    const [master = "", worker = ""] = theirs.map((title) => title.replace("uWSGI", "tsuwsgi"));
    expect(ours).toContain(master);
    // Ours tells the application too.
    expect(ours.map((title) => title.replace("worker 1 app.py", "worker 1"))).toContain(worker);
    expect(ours.every((title) => !title.includes("node"))).toBe(true);
  });
});

/** What ps shows of a process, without what is left of the room. */
function titleOf(pid: number): string {
  return (readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0")[0] ?? "").trimEnd();
}
