/** What is measured: each work names an application, a load and the servers that do it, and what is hoped for. */
import type { Load } from "./load.ts";
import type { App } from "./servers.ts";

/** One thing to measure, a table of its own. */
export interface Work {
  /** For `--works`. */
  readonly name: string;
  readonly title: string;
  readonly app: App;
  /** Processes of each server. */
  readonly processes: number;
  /** Log every request, to nowhere. */
  readonly log: boolean;
  readonly load: Load;
  /** Names of the servers, ours first. */
  readonly servers: readonly string[];
  readonly goals: readonly Goal[];
}

/** What a figure of ours has to reach. */
export interface Goal {
  /** Of the table's main figure over a peer's (the other way round for times), or of one figure of ours. */
  readonly of: "ratio" | "p99" | "share" | "cpu" | "p50";
  /** The peers, of which the best counts. */
  readonly peers: readonly string[];
  /** A ratio that is to be at least this; milliseconds or a share that is to be at most this. */
  readonly bound: number;
}

const ours = "tsuwsgi";
const http = "uwsgi --http --http-keepalive";
const httpClosing = "uwsgi --http";
const httpSocket = "uwsgi --http-socket";
const http11 = "uwsgi --http11-socket";
const gunicorn = ["gunicorn sync", "gunicorn gthread (4 threads)", "gunicorn gevent"];
const all = [ours, http, httpSocket, http11, ...gunicorn];
/** All but the one that is fast because it serves two clients only. */
const fair = all.filter((name) => name !== ours && name !== http11);

/** Requests for one page from so many connections. */
function pages(connections: number, more: Partial<Load & { kind: "pages" }> = {}): Load {
  return { kind: "pages", connections, path: "/", form: undefined, slow: false, ...more };
}

/** Ratios to uWSGI's three ways and to Gunicorn's best. */
function goals(bounds: readonly [number, number, number, number]): Goal[] {
  const peers = [[http], [httpSocket], [http11], gunicorn];
  return peers.map((names, i) => ({ of: "ratio", peers: names, bound: bounds[i] ?? 1 }));
}

const cpu: Goal = { of: "cpu", peers: fair, bound: 1 };
const both = { processes: 2, servers: all } as const;
const transfers = [ours, httpClosing, httpSocket] as const;
const aboveHttp: Goal = { of: "ratio", peers: [httpClosing], bound: 1 };

/** Works with and without the log. */
const logged: readonly Work[] = [false, true].flatMap((log): Work[] => {
  const state = log ? "logging on" : "logging off";
  const suffix = log ? "-log" : "";
  return [
    {
      ...{ ...both, log, name: `hello${suffix}`, app: "hello", load: pages(32) },
      title: `hello, 32 connections, ${state}`,
      goals: [...goals([4, 3, 1.3, 3]), ...(log ? [] : [cpu])],
    },
    {
      ...{ ...both, log, name: `flask${suffix}`, app: "flask_hello", load: pages(32) },
      title: `Flask, 32 connections, ${state}`,
      goals: [...goals([3, 2, 1.5, 2.2]), ...(log ? [] : [cpu])],
    },
  ];
});

/** All works, in the order in which they are done. */
export const works: readonly Work[] = [
  ...logged,
  {
    ...{ name: "10kb", app: "hello", processes: 1, log: false },
    title: "10 KB, 1 process, 64 connections",
    load: pages(64, { path: "/10kb" }),
    servers: [ours, `${httpClosing} --enable-threads`, http, httpSocket, http11],
    goals: [{ of: "ratio", peers: [`${httpClosing} --enable-threads`], bound: 5 }],
  },
  {
    ...{ ...both, name: "one", app: "flask_hello", log: false, load: pages(1) },
    title: "Flask, 1 connection",
    goals: [{ of: "p50", peers: [http], bound: 1 }],
  },
  {
    ...{ ...both, name: "many", app: "hello", log: false, load: pages(256) },
    title: "hello, 256 connections",
    goals: [],
  },
  {
    ...{ ...both, name: "form", app: "flask_hello", log: false },
    title: "Flask, a form of 1 KB by POST, 32 connections",
    load: pages(32, { path: "/form", form: 1024 }),
    goals: [{ of: "ratio", peers: [httpSocket], bound: 1.5 }],
  },
  ...(["hello", "flask_hello"] as const).map(
    (app): Work => ({
      ...{ ...both, app, log: false, load: pages(16, { slow: true }) },
      name: app === "hello" ? "mixed" : "flask-mixed",
      title: `${app === "hello" ? "hello" : "Flask"}, 16 connections beside one that asks for 200 ms requests`,
      goals: [{ of: "p99", peers: [], bound: 5 }],
    }),
  ),
  {
    ...{ name: "shares", app: "hello", processes: 2, log: false },
    title: "hello, 64 connections: what each gets",
    load: { kind: "shares", connections: 64 },
    // Those that keep connections: for the others there is nothing to share.
    servers: [ours, http, http11, "gunicorn gthread (4 threads)", "gunicorn gevent"],
    goals: [{ of: "share", peers: [], bound: 0.25 }],
  },
  ...(["download", "upload"] as const).map(
    (direction): Work => ({
      ...{ name: direction, app: "files", processes: 2, log: false },
      title: `${direction} of 100 MB, 1 connection`,
      load: { kind: "transfer", direction },
      servers: transfers,
      goals: [aboveHttp],
    }),
  ),
  {
    ...{ name: "nginx", app: "flask_hello", processes: 2, log: false, load: pages(32) },
    title: "Flask behind nginx, 32 connections",
    servers: [`nginx, ${ours} --socket`, `nginx, ${ours} --http-socket`, "nginx, uwsgi --socket"],
    goals: [{ of: "ratio", peers: ["nginx, uwsgi --socket"], bound: 1.1 }],
  },
  {
    ...{ name: "worker", app: "flask_hello", processes: 1, log: false, load: pages(32) },
    title: "Flask, 1 process, against the application called in a loop",
    servers: [ours, "the application in a loop"],
    goals: [{ of: "ratio", peers: ["the application in a loop"], bound: 0.5 }],
  },
];
