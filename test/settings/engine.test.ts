/** Engines in a configuration: what they come to, what excludes what, and what they need of the machine. */
import { describe, expect, test } from "vitest";
import { collector, locate } from "../../src/diagnostic.ts";
import { coresPerWorker } from "../../src/settings/engine.ts";
import type { Machine } from "../../src/settings/machine.ts";
import { preflight } from "../../src/settings/preflight.ts";
import { resolvedFrom } from "./resolved.ts";
import { rulesFor, settled, sound } from "./settled.ts";

function engineOf(...lines: readonly string[]) {
  const { settings } = settled([...sound, ...lines].join("\n"));
  return { ...settings.engine, cores: coresPerWorker(settings) };
}

describe("an engine", () => {
  test.each([
    [["threads = 3"], { kind: "threads", cores: 3 }],
    [["gevent = 5"], { kind: "gevent", greenlets: 5, patch: "none", hubSeconds: 0, cores: 5 }],
    [
      [
        "gevent = 5",
        "gevent-monkey-patch = true",
        "gevent-wait-for-hub = true",
        "worker-reload-mercy = 9",
      ],
      { kind: "gevent", greenlets: 5, patch: "late", hubSeconds: 9, cores: 5 },
    ],
    [
      ["gevent = 5", "gevent-monkey-patch = true", "gevent-early-monkey-patch = true"],
      { kind: "gevent", greenlets: 5, patch: "early", hubSeconds: 0, cores: 5 },
    ],
    [
      ["eventlet = 7", "eventlet-early-monkey-patch = 1"],
      { kind: "eventlet", greenlets: 7, patch: "early", cores: 7 },
    ],
    [["asyncio = 9", "greenlet = true"], { kind: "asyncio", greenlets: 9, cores: 9 }],
  ])("%j", (lines, expected) => {
    expect(engineOf(...lines)).toEqual(expected);
    expect(rulesFor(...lines)).toEqual([]);
  });

  test.each([
    [["gevent = 0"], ["error out-of-range"]],
    [["gevent = 16385"], ["error out-of-range"]],
    [["gevent = 16384"], []],
    [["gevent = 5", "threads = 1"], []],
    [["gevent = 5", "threads = 2"], ["error engine-threads"]],
    [["threads = 2", "asyncio = 5"], ["error engine-threads"]],
    [["gevent = 5", "eventlet = 5"], ["error two-engines"]],
    [
      ["asyncio = 5", "gevent = 5", "eventlet = 5"],
      ["error two-engines", "error two-engines"],
    ],
    [["gevent-monkey-patch = true"], ["warning no-engine"]],
    [["gevent-wait-for-hub = true"], ["warning no-engine"]],
    [["gevent-early-monkey-patch = true"], ["error no-engine"]],
    [["gevent = 5", "eventlet-early-monkey-patch = true"], ["error no-engine"]],
    [["async = 10"], ["error unsupported-option"]],
    [["tornado = 10"], ["error unsupported-option"]],
  ])("%j is told: %j", (lines, expected) => {
    expect(rulesFor(...lines)).toEqual(expected);
  });

  test("that excludes another is told at its own line, and what to do", () => {
    const { said, helps } = settled([...sound, "gevent = 5", "threads = 8"].join("\n"));
    expect(said).toEqual([
      "app.ini:4:11 error engine-threads: `threads = 8` and `gevent` cannot both run the requests of a worker",
    ]);
    expect(helps).toEqual(["leave `threads` out: `gevent = 5` says how many run at the same time"]);
  });

  test.each([
    ["async", "gevent = N"],
    ["ugreen", "gevent-early-monkey-patch"],
    ["loop", "asyncio = N"],
    ["tornado", "asyncio = N"],
  ])("%s is refused with what to write instead", (name, instead) => {
    const { helps } = settled([...sound, `${name} = 10`].join("\n"));
    expect(helps.join()).toContain(instead);
  });
});

describe("before the start", () => {
  const limits = "Max open files            1024                 20000                files     \n";

  /** A machine whose interpreter answers so when it is asked for a package. */
  function machineWith(answer: string): Machine {
    return {
      kind: (path) => (path.startsWith("/bin/") ? "file" : "directory"),
      readable: () => true,
      writable: () => true,
      executable: () => true,
      mode: () => undefined,
      list: () => undefined,
      cipherFault: () => undefined,
      readText: (path) => (path === "/proc/self/limits" ? limits : undefined),
      searchPath: "/bin",
      uid: 0,
      gid: 0,
      run: (_program, args) => {
        const asked = args.some((argument) => argument.endsWith("find_package.py"));
        const stdout = asked ? answer : '{"is":"unknown"}';
        return { status: 0, stdout, stderr: "" };
      },
    };
  }

  function said(lines: readonly string[], machine = machineWith("found\n")): string[] {
    const { settings } = settled([...sound, ...lines].join("\n"));
    const { report, found } = collector();
    preflight(settings, resolvedFrom([...sound, ...lines].join("\n")), machine, report);
    return found.map((d) => `${locate(d)} ${d.severity} ${d.rule}: ${d.message}`);
  }

  test.each([
    ["gevent = 5", "`gevent` needs the Python package gevent"],
    ["eventlet = 5", "`eventlet` needs the Python package eventlet"],
    ["asyncio = 5", "`asyncio` needs the Python package greenlet"],
  ])("%s: a missing package is told", (line, what) => {
    const missing = machineWith("missing\n");
    const [, value] = line.split("= ");
    const column = line.length - (value?.length ?? 0) + 1;
    expect(said([line], missing)).toEqual([
      `app.ini:3:${column} error no-package: ${what}, which /bin/python3 does not find`,
    ]);
    expect(said([line])).toEqual([]);
  });

  test("nothing is said about a package where the configuration changes Python's path", () => {
    expect(said(["gevent = 5", "env = PYTHONPATH=/x"], machineWith("missing\n"))).toEqual([]);
  });

  test("cores that need more descriptors than there are are told", () => {
    expect(said(["gevent = 9928", "processes = 1"])).toEqual([]);
    expect(said(["gevent = 5000", "processes = 2"])).toEqual([
      "app.ini:3:10 error descriptors: `gevent = 5000` in 2 processes needs 20144 file descriptors, and this system allows 20000",
    ]);
    expect(said(["threads = 1000", "processes = 10"])).toEqual([
      "app.ini:3:11 error descriptors: `threads = 1000` in 10 processes needs 20144 file descriptors, and this system allows 20000",
    ]);
  });
});
