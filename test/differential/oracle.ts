/** The real uWSGI, asked what it makes of a configuration. */
import { spawnSync } from "node:child_process";
import type { World } from "./world.ts";

/**
 * Options that go before all others, for both programs alike: uWSGI prints its list as soon as the options
 * are applied and exits, before it binds a socket or runs anything. A flag after the file would be in a
 * block that the file leaves open, where uWSGI crashes on it.
 */
const early = ["--hook-asap", "call:show_config", "--hook-asap", "exit:0", "--show-config"];

/** The arguments of a world as both programs get them. */
export function argumentsOf(world: World): string[] {
  return [...early, ...world.argv];
}

/** uWSGI's list, or, when it stopped or crashed before it, the end of what it said. */
export type Answer =
  | { readonly kind: "list"; readonly bytes: Buffer }
  | { readonly kind: "stopped"; readonly words: string };

/** Memory in KiB and seconds of a run: a placeholder that leads back to itself takes all that there is. */
const maxMemoryKiB = 150_000;
const maxSeconds = 3;

const script = `ulimit -v ${maxMemoryKiB} -c 0; exec timeout -s KILL ${maxSeconds} uwsgi "$@"`;

/** Runs uWSGI on a world whose files lie in a directory. */
export function askUwsgi(world: World, cwd: string): Answer {
  const { stderr, stdout } = spawnSync("bash", ["-c", script, "uwsgi", ...argumentsOf(world)], {
    cwd,
    env: world.env,
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 64 * 1024 * 1024,
  });
  const printed = Buffer.concat([stdout, stderr]);
  const start = printed.indexOf(";uWSGI instance configuration\n");
  const end = printed.indexOf(";end of configuration\n", start);
  if (start >= 0 && end >= 0) return { kind: "list", bytes: printed.subarray(start, end) };
  return { kind: "stopped", words: printed.toString("latin1").slice(-500) };
}
