/** What the engine needs from the machine: its Python package, and a descriptor for every core. */

import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { coresPerWorker, enginePackages } from "./engine.ts";
import type { Machine } from "./machine.ts";
import type { SayOne } from "./say.ts";
import type { Settings } from "./settings.ts";

const finder = fileURLToPath(new URL("../../python/tsuwsgi/find_package.py", import.meta.url));

/** Descriptors that the front needs beside those of cores: Node's own, and some for clients. */
const otherDescriptors = 144;

/**
 * Reports when the interpreter of the configuration does not find the engine's package. Nothing is imported.
 * @param python the interpreter's path
 */
export function checkEnginePackage(
  settings: Settings,
  python: string,
  machine: Machine,
  error: SayOne,
): void {
  const { engine, env, chdir, pythonpath, places } = settings;
  if (engine.kind === "threads") return;
  // `env = PYTHONPATH=…` and its like change where the server's interpreter looks.
  if (env.some(({ name }) => name.startsWith("PYTHON"))) return;
  const name = enginePackages[engine.kind];
  const directories = [...pythonpath.toReversed().map((path) => resolve(chdir, path)), chdir];
  const { status, stdout } = machine.run(python, ["-B", finder, name, ...directories]);
  if (status !== 0 || stdout.trim() !== "missing") return;
  error(
    "no-package",
    places[`engine.${engine.kind}`],
    `\`${engine.kind}\` needs the Python package ${name}, which ${python} does not find`,
    `install it (\`${python} -m pip install ${name}\`), or write \`threads = …\` instead`,
  );
}

/**
 * Reports when the cores need more descriptors than the process may have. Node raises the soft limit to the
 * hard one by itself, for its children too, so the hard one counts.
 */
export function checkDescriptors(settings: Settings, machine: Machine, error: SayOne): void {
  const { processes, engine, places } = settings;
  const limits = machine.readText("/proc/self/limits") ?? "";
  const hard = Number(/^Max open files\s+\S+\s+(\d+)/m.exec(limits)?.[1] ?? Number.NaN);
  const cores = processes * coresPerWorker(settings);
  // For a moment two a core, while a worker is replaced: see launch/front/transport/descriptors.ts.
  const needed = 2 * cores + otherDescriptors;
  if (!(needed > hard)) return;
  const option = engine.kind === "threads" ? "threads" : engine.kind;
  const place = engine.kind === "threads" ? places["threads"] : places[`engine.${engine.kind}`];
  error(
    "descriptors",
    place ?? places["processes"],
    `\`${option} = ${coresPerWorker(settings)}\` in ${processes === 1 ? "1 process" : `${processes} processes`} needs ${needed} file descriptors, and this system allows ${hard}`,
    "raise the limit (`LimitNOFILE=` of systemd, `ulimit -n` as root), or write smaller numbers",
  );
}
