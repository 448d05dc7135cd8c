import { describe, expect, test } from "vitest";
import { namesOf } from "../../src/launch/master/configuration.ts";
import { masterTitle, processNames } from "../../src/settings/name-settings.ts";
import { interpreterFlags } from "../../src/settings/python-settings.ts";
import { rulesFor, settled, sound } from "./settled.ts";

const settings = (...lines: readonly string[]) =>
  settled([...sound, "chdir = /app", ...lines].join("\n")).settings;

test("lists keep their order, and names of modules stay as written", () => {
  const { python } = settings(
    ...["import = one", "python-import = ./two.py", "shared-pyimport = three"],
    ...["early-pyimport = four", "pymodule-alias = a=b=c", "post-pymodule-alias = d=/e"],
  );
  expect(python.imports).toEqual(["one", "./two.py"]);
  expect(python.sharedImports).toEqual(["three"]);
  expect(python.earlyImports).toEqual(["four"]);
  expect(python.aliases).toEqual([{ name: "a", target: "b=c" }]);
  expect(python.postAliases).toEqual([{ name: "d", target: "/e" }]);
});

test("pyargv is split at blanks, without quotes, and the last counts", () => {
  expect(settings("pyargv = lost", "pyargv =  a  'b\tc' ").python.argv).toEqual(["a", "'b", "c'"]);
});

test("early-pythonpath and ienv come before the others, whose places move", () => {
  const found = settings(
    ...["pythonpath = b", "early-pythonpath = a", "env = X=1", "ienv = Y=2"],
    ...["early-envdir = envdir"],
  );
  expect(found.pythonpath).toEqual(["/app/a", "/app/b"]);
  expect(found.env.map(({ name }) => name)).toEqual(["Y", "A", "B", "C", "X"]);
  expect(found.places["pythonpath.1"]?.line).toBe(4);
  expect(found.places["env.4"]?.line).toBe(6);
});

test("lazy is lazy-apps too; py-auto-reload and py-tracebacker bring the master", () => {
  expect(settings("lazy = true")).toMatchObject({ lazy: true, lazyApps: true });
  expect(settings("lazy-apps = true")).toMatchObject({ lazy: false, lazyApps: true });
  expect(settings().master).toBe(false);
  expect(settings("py-autoreload = 1").master).toBe(true);
  expect(settings("py-tracebacker = s").master).toBe(true);
  expect(settings("py-autoreload = 1", "master = false").master).toBe(false);
});

test("paths are relative to chdir; a program's name and an abstract name stay", () => {
  const paths = settings("py-tracebacker = run/s", "py-programname = bin/python").python;
  expect(paths).toMatchObject({ tracebacker: "/app/run/s", programName: "/app/bin/python" });
  const names = settings("py-tracebacker = @s", "py-programname = python3").python;
  expect(names).toMatchObject({ tracebacker: "@s", programName: "python3" });
});

test("of module, wsgi-file and eval the first is the application", () => {
  const app = (text: string) => settled(`http = :8080\n${text}`).settings.app;
  expect(app("eval = x = 1\ncallable = x")).toEqual({ kind: "eval", code: "x = 1", callable: "x" });
  expect(app("eval = x\nwsgi-file = f.py")?.kind).toBe("file");
  expect(app("eval = x\nwsgi-file = f.py\nmodule = m")?.kind).toBe("module");
});

test.each([
  ["optimize = 3", ["error out-of-range"]],
  ["py-autoreload = true", ["error not-a-number"]],
  ["pymodule-alias = name", ["error invalid-value"]],
  ["catch-exceptions = true", ["warning catch-exceptions"]],
  ["catch-exceptions = false", []],
  ["ienv = NOTHING", ["error invalid-value"]],
  ["auto-procname = true", []],
  ["reload-os-env = true", []],
  ["py-master-check-signals = true", ["error unsupported-option"]],
])("%s", (line, rules) => {
  expect(rulesFor(line)).toEqual(rules);
});

test("the interpreter's flags", () => {
  const flags = (...lines: readonly string[]) => interpreterFlags(settings(...lines).python);
  expect(flags()).toEqual([]);
  expect(flags("optimize = 1")).toEqual(["-O"]);
  expect(flags("optimize = 2", "no-site = true")).toEqual(["-S", "-OO"]);
  expect(flags("no-site = true")).toEqual(["-S"]);
});

describe("names", () => {
  test("tsuwsgi's own", () => {
    const names = processNames({ name: undefined, master: undefined, prefix: "", append: "" }, "");
    expect(names.master).toBe(masterTitle);
    expect(names.worker.join("7")).toBe("tsuwsgi worker 7");
    expect(namesOf(settings()).worker.join("7")).toBe("tsuwsgi worker 7 app");
  });

  test("one for all, another for the master, and what goes around them", () => {
    const names = namesOf(
      settings(
        ...["procname = n", "procname-master = m", "procname-prefix-spaced = p"],
        "procname-append = a",
      ),
    );
    expect(names).toEqual({ master: "p ma", front: "p na", zygote: "p na", worker: ["p na"] });
  });
});
