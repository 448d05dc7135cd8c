/** Real servers under an emperor, that answer with their worker's process id. */
import { utimesSync } from "node:fs";
import type { Program } from "../helpers/process.ts";
import { page, projectPath, tsuwsgi } from "../helpers/server.ts";
import { until } from "../helpers/until.ts";
import { longMs } from "./realm.ts";

/** The configuration of a server that answers with its process id. */
export function sleepy(port: number, app = "sleep.py", more = ""): string {
  const file = projectPath(`test/apps/${app}`);
  return `[uwsgi]\nhttp-socket = 127.0.0.1:${port}\nwsgi-file = ${file}\nneed-app = true\n${more}`;
}

export function serving(emperor: Program, port: number): Promise<string> {
  return until("an answer", () => page(port, "/"), longMs).catch((cause) => {
    throw new Error(emperor.stderr(), { cause });
  });
}

export function ruleOver(directory: string, ...more: readonly string[]): Program {
  const options = ["--emperor", directory, "--emperor-freq", "1", ...more];
  return tsuwsgi(options, { cwd: directory });
}

/** Looks changed, whatever the clock of the file system. */
export function touch(path: string): void {
  const later = Date.now() / 1000 + 5;
  utimesSync(path, later, later);
}
