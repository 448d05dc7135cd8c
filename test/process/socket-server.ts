/** Servers for the tests of sockets: their application, how they start and end, and what is passed to them. */
import { join } from "node:path";
import { expect } from "vitest";
import { launch, type Program } from "../helpers/process.ts";
import { projectPath } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";

const app = `
import os

def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    if environ["PATH_INFO"] == "/environment":
        return [" ".join(sorted(os.environ)).encode()]
    return [("port " + environ["SERVER_PORT"]).encode()]
`;

/** A directory with the application, and the arguments that serve it. */
export function place(): { directory: string; serve: readonly string[] } {
  const directory = temporaryDirectory({ "app.py": app });
  return { directory, serve: ["--master", "--wsgi-file", join(directory, "app.py"), "--need-app"] };
}

/** Starts a server and waits until its log says that it is ready; gives that line. */
export async function ready(program: Program): Promise<string> {
  return await until(`the ready line; it wrote: ${program.stderr()}`, () => {
    const line = /tsuwsgi is ready: .*/.exec(program.stderr())?.[0];
    if (line === undefined && !program.running()) throw new Error(program.stderr());
    return line;
  });
}

/** Stops a server and sees to it that nothing of it is left. */
export async function gone(program: Program): Promise<void> {
  expect(await program.stop()).toEqual({ code: 0, signal: null });
  await program.assertGone();
}

/** What a start that fails says. */
export async function failure(program: Program): Promise<string> {
  expect(await program.exit).toEqual({ code: 1, signal: null });
  return program.stderr();
}

/**
 * Starts the command with sockets that another program has opened, as systemd does.
 * @param opens Python that puts file descriptors into `fds`: they become 3, 4, …
 */
export function inherit(
  opens: string,
  args: readonly string[],
  env: { [name: string]: string } = {},
): Program {
  const script = `
import fcntl, json, os, socket, sys
fds = []
${opens}
high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 100) for fd in fds]
for number, fd in enumerate(high):
    os.dup2(fd, 3 + number)
os.closerange(3 + len(fds), 200)
if "LISTEN_FDS" in os.environ:
    os.environ.setdefault("LISTEN_PID", str(os.getpid()))
os.execv(sys.argv[1], sys.argv[1:])
`;
  const command = [process.execPath, projectPath("dist/cli.js"), ...args];
  return launch("/usr/bin/python3", ["-c", script, ...command], { env });
}

/** Python that opens a listening socket for `inherit`. */
export const tcp = (port: number) => `
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", ${port})); s.listen(5); fds.append(s.detach())`;
/** The same, at a path. */
export const unix = (path: string) => `
u = socket.socket(socket.AF_UNIX); u.bind(${JSON.stringify(path)}); u.listen(5); fds.append(u.detach())`;
