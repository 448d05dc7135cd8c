/** Servers with hooks, for tests. */
import { chmodSync, existsSync, readFileSync } from "node:fs";
import { freePort } from "../helpers/ports.ts";
import type { Program } from "../helpers/process.ts";
import { startServer } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";

const app = `
def application(environ, start_response):
    start_response("200 OK", [])
    return [b"ok"]
`;

/** A directory with an application and a configuration of these lines. */
export function configured(
  lines: readonly string[],
  files: { readonly [path: string]: string } = {},
): string {
  const ini = ["[uwsgi]", "master = true", "wsgi-file = app.py", ...lines].join("\n");
  const directory = temporaryDirectory({ "app.py": app, "app.ini": `${ini}\n`, ...files });
  chmodSync(directory, 0o755);
  return directory;
}

/** Starts it with HTTP on a port. */
export async function start(
  lines: readonly string[],
): Promise<{ server: Program; cwd: string; port: number }> {
  const cwd = configured(lines);
  const port = await freePort();
  const args = ["--ini", "app.ini", "--http-socket", `127.0.0.1:${port}`];
  const server = await startServer(args, { http: port }, { cwd });
  return { server, cwd, port };
}

/** Lines of a file, none where there is none. */
export function linesOf(path: string): string[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8").split("\n").slice(0, -1);
}
