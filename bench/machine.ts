/** What the figures were measured on. */
import { execFileSync } from "node:child_process";
import { cpus, release, totalmem } from "node:os";

/** Versions of programs, by the command that tells them. */
const programs: readonly (readonly [string, string, ...string[]])[] = [
  ["Python", "python3", "--version"],
  ["Flask", "python3", "-c", "import flask, importlib.metadata as m; print(m.version('flask'))"],
  ["gevent", "python3", "-c", "import gevent; print(gevent.__version__)"],
  ["uWSGI", "uwsgi", "--version"],
  ["gunicorn", "gunicorn", "--version"],
  ["wrk", "wrk", "--version"],
];

/** Facts by name, in the order to print. */
export function machine(): Map<string, string> {
  const [first] = cpus();
  const facts = new Map([
    ["cores", String(cpus().length)],
    ["CPU", first?.model.trim() ?? "unknown"],
    ["memory", `${(totalmem() / 1e9).toFixed(1)} GB`],
    ["kernel", release()],
    ["Node", process.version],
  ]);
  for (const [name, command, ...args] of programs) facts.set(name, versionOf(command, args));
  return facts;
}

/** The first version number that the command prints; wrk prints it with status 1. */
function versionOf(command: string, args: readonly string[]): string {
  return /\d+(\.\w+)+/.exec(outputOf(command, args))?.[0] ?? "absent";
}

function outputOf(command: string, args: readonly string[]): string {
  try {
    return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch (error) {
    return error instanceof Error && "stdout" in error ? String(error.stdout) : "";
  }
}
