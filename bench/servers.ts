/** The servers under test: how each is started with a master and the same application. */
import { execFileSync } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Applications by the name of their file in bench/apps. */
export type App = "hello" | "flask_hello" | "files";

/** One way to run one server. */
export interface Server {
  readonly name: string;
  /** The programs that it takes; the server is left out where one is not installed. */
  readonly programs: readonly string[];
  /** What to start, in this order; all of it counts as the server. */
  readonly commands: (start: Start) => readonly Command[];
}

/** A program and its arguments. */
export type Command = readonly [program: string, ...args: string[]];

/** What a server is to run. */
export interface Start {
  readonly app: App;
  readonly processes: number;
  /** Of 127.0.0.1. */
  readonly port: number;
  /** Log every request, to the standard error output. */
  readonly log: boolean;
  /** Empty and private. */
  readonly directory: string;
}

// The compiled benchmark lies in dist/bench.
const root = fileURLToPath(new URL("../..", import.meta.url));
const cli = `${root}/dist/cli.js`;

/** The directory of the applications; servers run in it. */
export const appDirectory = `${root}/bench/apps`;

/** Connections that may wait: the same for all, and no more than the kernel grants. */
const backlog = Math.min(1024, Number(readFileSync("/proc/sys/net/core/somaxconn", "latin1")));

/** The application without any server, as often as it can be called; not a server, but measured among them. */
export const loopName = "the application in a loop";

/** All servers. */
export const servers: readonly Server[] = [
  {
    name: "tsuwsgi",
    programs: [],
    commands: (start) => [ours(start, ["--http-socket", `127.0.0.1:${start.port}`])],
  },
  uwsgi("uwsgi --http --http-keepalive", "--http", ["--http-keepalive"]),
  uwsgi("uwsgi --http", "--http", []),
  uwsgi("uwsgi --http --enable-threads", "--http", ["--enable-threads"]),
  uwsgi("uwsgi --http-socket", "--http-socket", []),
  uwsgi("uwsgi --http11-socket", "--http11-socket", []),
  gunicorn("gunicorn sync", []),
  gunicorn("gunicorn gthread (4 threads)", ["--threads", "4"]),
  gunicorn("gunicorn gevent", ["--worker-class", "gevent"]),
  behindNginx("nginx, tsuwsgi --socket", "socket", ours),
  behindNginx("nginx, tsuwsgi --http-socket", "http-socket", ours),
  behindNginx("nginx, uwsgi --socket", "socket", peer),
];

/** Whether a server's programs are there, and ours is built. */
export function installed({ programs }: Server): boolean {
  return existsSync(cli) && programs.every(onPath);
}

function ours(start: Start, socket: readonly string[]): Command {
  return [process.execPath, cli, ...socket, ...common(start)];
}

function peer(start: Start, socket: readonly string[]): Command {
  return ["uwsgi", "--plugin", "python3,http", ...socket, ...common(start)];
}

function uwsgi(name: string, socket: string, more: readonly string[]): Server {
  return {
    name,
    programs: ["uwsgi"],
    commands: (start) => [[...peer(start, [socket, `127.0.0.1:${start.port}`]), ...more]],
  };
}

function common({ app, log, processes }: Start): string[] {
  return [
    ...["--module", `${app}:application`, "--need-app", "--master"],
    ...["--processes", String(processes), "--listen", String(backlog)],
    ...(log ? [] : ["--disable-logging"]),
  ];
}

function gunicorn(name: string, more: readonly string[]): Server {
  return {
    name,
    programs: ["gunicorn"],
    commands: ({ app, port, log, processes }) => [
      [
        ...(["gunicorn", "--bind", `127.0.0.1:${port}`, "--workers", String(processes)] as const),
        ...["--backlog", String(backlog), ...more],
        ...(log ? ["--access-logfile", "-"] : []),
        `${app}:application`,
      ],
    ],
  };
}

/** With the text that `tsuwsgi nginx` gives, for both: only what is behind nginx differs. */
function behindNginx(
  name: string,
  option: "socket" | "http-socket",
  command: (start: Start, socket: readonly string[]) => Command,
): Server {
  return {
    name,
    programs: ["nginx", ...(command === peer ? ["uwsgi"] : [])],
    commands: (start) => {
      const { directory, port } = start;
      const socket = [`--${option}`, `${directory}/app.sock`];
      const ini = `${directory}/app.ini`;
      const place = ["--server-name", "localhost", "--listen", `127.0.0.1:${port}`];
      writeFileSync(ini, `[uwsgi]\n${option} = ${directory}/app.sock\nmodule = ${start.app}\n`);
      const snippet = execFileSync(process.execPath, [cli, "nginx", ini, ...place], {
        encoding: "utf8",
      });
      writeFileSync(`${directory}/nginx.conf`, nginxConf(directory, snippet));
      return [
        command(start, socket),
        ["nginx", "-p", directory, "-e", "stderr", "-c", `${directory}/nginx.conf`],
      ];
    },
  };
}

function nginxConf(directory: string, snippet: string): string {
  const kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return [
    "daemon off; worker_processes 1; error_log /dev/null;",
    ...(process.getuid?.() === 0 ? ["user root;"] : []),
    `pid ${directory}/nginx.pid;`,
    "events { worker_connections 1024; }",
    "http {",
    "access_log off; keepalive_requests 1000000;",
    ...kinds.map((kind) => `${kind}_temp_path ${directory}/${kind};`),
    snippet,
    "}",
    "",
  ].join("\n");
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
