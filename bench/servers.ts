/** The servers under test: how each is started with two processes, a master, and the same application. */
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Applications by the name of their file in bench/apps. */
export const apps = ["hello", "flask_hello"] as const;
export type App = (typeof apps)[number];

/** One way to run one server. */
export interface Server {
  readonly name: string;
  /** The program; the server is left out where it is not installed. */
  readonly program: string;
  readonly installed: () => boolean;
  readonly args: (start: Start) => readonly string[];
}

/** What a server is to run. */
export interface Start {
  readonly app: App;
  /** Of 127.0.0.1. */
  readonly port: number;
  /** Log every request, to the standard error output. */
  readonly log: boolean;
}

// The compiled benchmark lies in dist/bench.
const root = fileURLToPath(new URL("../..", import.meta.url));

/** The directory of the applications; servers run in it. */
export const appDirectory = `${root}/bench/apps`;

/** Connections that may wait: the same for all, and no more than the kernel grants. */
const backlog = Math.min(1024, Number(readFileSync("/proc/sys/net/core/somaxconn", "latin1")));

/** Name of the server that the others are compared with. */
export const ours = "tsuwsgi";

/** All servers, in the order in which they take turns. */
export const servers: readonly Server[] = [
  {
    name: ours,
    program: process.execPath,
    installed: () => existsSync(`${root}/dist/cli.js`),
    args: (start) => [`${root}/dist/cli.js`, ...uwsgiOptions(start, "--http-socket")],
  },
  uwsgi("uwsgi --http --http-keepalive", "--http", ["--http-keepalive"]),
  uwsgi("uwsgi --http-socket", "--http-socket", []),
  uwsgi("uwsgi --http11-socket", "--http11-socket", []),
  gunicorn("gunicorn sync", []),
  gunicorn("gunicorn gthread (4 threads)", ["--threads", "4"]),
  gunicorn("gunicorn gevent", [], "gevent"),
];

function uwsgi(name: string, socket: string, more: readonly string[]): Server {
  return {
    name,
    program: "uwsgi",
    installed: () => onPath("uwsgi"),
    args: (start) => ["--plugin", "python3,http", ...uwsgiOptions(start, socket), ...more],
  };
}

function uwsgiOptions({ app, port, log }: Start, socket: string): string[] {
  return [
    ...[socket, `127.0.0.1:${port}`, "--module", `${app}:application`, "--need-app"],
    ...["--master", "--processes", "2", "--listen", String(backlog)],
    ...(log ? [] : ["--disable-logging"]),
  ];
}

function gunicorn(name: string, more: readonly string[], worker?: string): Server {
  return {
    name,
    program: "gunicorn",
    installed: () => onPath("gunicorn"),
    args: ({ app, port, log }) => [
      ...["--bind", `127.0.0.1:${port}`, "--workers", "2", "--backlog", String(backlog)],
      ...(worker === undefined ? [] : ["--worker-class", worker]),
      ...more,
      ...(log ? ["--access-logfile", "-"] : []),
      `${app}:application`,
    ],
  };
}

function onPath(program: string): boolean {
  return (process.env.PATH ?? "").split(":").some((directory) => {
    try {
      accessSync(`${directory}/${program}`, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
