/** A configuration with all that its reading depends on. */
import type { Diagnostic } from "../../src/diagnostic.ts";
import { collector, locate } from "../../src/diagnostic.ts";
import { realHost } from "../../src/resolve/host.ts";
import { loadConfiguration } from "../../src/resolve/load.ts";
import { showConfig } from "../../src/resolve/show.ts";

/** What both programs get. */
export interface World {
  /** Contents by path, relative to the working directory. */
  readonly files: { readonly [path: string]: string };
  readonly argv: readonly string[];
  /** The whole environment. */
  readonly env: { readonly [name: string]: string };
}

/** What tsuwsgi makes of it. */
export interface Ours {
  readonly bytes: Buffer;
  /** Findings that would stop the start even with `lenient`. */
  readonly errors: readonly Diagnostic[];
  /** All findings, one a line. */
  readonly said: string;
}

/**
 * Reads a world whose files lie in a directory. `--lenient` is added and left out of the list again: with
 * it, what uWSGI loses in silence is no error.
 */
export function askTsuwsgi(world: World, argv: readonly string[], cwd: string): Ours {
  const before = process.cwd();
  process.chdir(cwd);
  try {
    const host = {
      ...realHost(),
      env: world.env,
      binary: "/usr/bin/uwsgi-core",
      uwsgiVersion: "2.0.21-debian",
    };
    const { report, found } = collector();
    const strict = loadConfiguration({ argv, host }, report);
    const lenient = collector();
    loadConfiguration({ argv: ["--lenient", ...argv], host }, lenient.report);
    const shown = showConfig(strict).replace(/;end of configuration\n$/, "");
    return {
      bytes: Buffer.from(shown),
      errors: lenient.found.filter(({ severity }) => severity === "error"),
      said: found.map((d) => `${locate(d)} ${d.severity} ${d.rule}: ${d.message}\n`).join(""),
    };
  } finally {
    process.chdir(before);
  }
}
