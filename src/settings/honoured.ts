/**
 * Every option that tsuwsgi acts on, one row each. Schema, type checks, defaults and documentation
 * derive from here; names and aliases are the catalogue's.
 */

import { findOption } from "../options/find.ts";
import { account } from "./apply/account.ts";
import { listeningSocket, statsAddress } from "./apply/address.ts";
import { callable, module, wsgiFile } from "./apply/app.ts";
import { logTarget } from "./apply/log.ts";
import {
  chdir,
  chmodSocket,
  envdir,
  environment,
  pathField,
  print,
  pythonpath,
  staticMap,
  unset,
} from "./apply/text.ts";
import { directives } from "./directives.ts";
import { mootOptions } from "./moot.ts";
import type { HonouredOption } from "./option.ts";
import { flag, flagWith, integer, text } from "./option.ts";

/** Node's timers count milliseconds in 31 bits: this many seconds is the longest. */
const longestSeconds = 2_147_483;
const largest = Number.MAX_SAFE_INTEGER;

const rows: readonly HonouredOption[] = [
  // Application
  text({
    name: "chdir",
    summary: "Directory to change to before the application is loaded; relative to the start.",
    expected: "a directory",
    apply: chdir,
  }),
  text({
    name: "wsgi-file",
    summary: "Python file with the WSGI callable; relative to chdir.",
    expected: "a Python file",
    apply: wsgiFile,
  }),
  text({
    name: "module",
    summary: "Python module with the WSGI callable, `package.module` or `package.module:callable`.",
    expected: "a module name such as `package.module` or `package.module:callable`",
    pattern: "^[^\\s:/]+(:[^\\s:/]+)?$",
    apply: module,
  }),
  text({
    name: "callable",
    summary: "Name of the WSGI callable; `name()` calls it once to get the application.",
    expected: "a Python name such as `app`",
    pattern: "^[^\\s:/.()]+(\\(\\))?$",
    apply: callable,
  }),
  text({
    name: "home",
    summary: "Virtual environment whose interpreter and packages are used; relative to chdir.",
    expected: "a directory",
    apply: pathField("virtualenv"),
  }),
  ...["pythonpath", "python-path", "pp"].map((name) =>
    text({
      name,
      summary: "Directory to put on sys.path; relative to chdir.",
      expected: "a directory",
      repeats: true,
      apply: pythonpath,
    }),
  ),
  text({
    name: "env",
    summary: "Environment variable for the application, `NAME=VALUE`.",
    expected: "`NAME=VALUE`",
    pattern: "^[^=]+=",
    repeats: true,
    apply: environment,
  }),
  text({
    name: "unenv",
    summary: "Environment variable that the application is not to have.",
    expected: "the name of a variable",
    pattern: "^[^=]+$",
    repeats: true,
    apply: unset,
  }),
  text({
    name: "envdir",
    summary:
      "Directory whose files are environment variables; an empty one takes its variable away.",
    expected: "a directory",
    repeats: true,
    apply: envdir,
  }),
  ...["print", "iprint"].map((name) =>
    text({
      name,
      summary: "Line to write to the log at the start.",
      expected: "a text",
      repeats: true,
      mayBeEmpty: true,
      apply: print,
    }),
  ),
  flag("need-app", "needApp", "End with status 22 when the application cannot be loaded."),
  flag("lazy-apps", "lazyApps", "Load the application in each worker instead of once before."),

  // Processes
  flag(
    "master",
    "master",
    "Replace workers and other processes that die; without, the server ends.",
  ),
  integer(
    "processes",
    "processes",
    { minimum: 1, maximum: 1024, default: 1 },
    "Number of worker processes.",
  ),
  integer(
    "threads",
    "threads",
    { minimum: 1, maximum: 1024, default: 1 },
    "Requests that one worker runs at the same time.",
  ),
  integer(
    "harakiri",
    "harakiri",
    { minimum: 0, maximum: longestSeconds, default: 0 },
    "Seconds that one request may take; 0 is no limit.",
    "seconds",
  ),
  integer(
    "max-requests",
    "maxRequests",
    { minimum: 0, maximum: largest, default: 0 },
    "Requests after which a worker is replaced; 0 is never.",
  ),
  integer(
    "worker-reload-mercy",
    "workerReloadMercy",
    { minimum: 0, maximum: longestSeconds, default: 60 },
    "Seconds that requests in hand may take when a worker is asked to go.",
    "seconds",
  ),
  text({
    name: "uid",
    summary: "User to become, number or name.",
    expected: "a user's number or name",
    apply: account("uid"),
  }),
  text({
    name: "gid",
    summary: "Group to become, number or name.",
    expected: "a group's number or name",
    apply: account("gid"),
  }),
  text({
    name: "daemonize",
    summary: "Run in the background and log to a file or a UDP address; relative to the start.",
    expected: "a file or `host:port`",
    apply: logTarget("daemonize"),
  }),
  text({
    name: "pidfile",
    summary: "File for the master's process id; relative to the start.",
    expected: "a file",
    apply: pathField("pidfile"),
  }),
  text({
    name: "safe-pidfile",
    summary: "The same, written by the user of `uid`; relative to chdir.",
    expected: "a file",
    apply: pathField("safePidfile"),
  }),
  flag("vacuum", "vacuum", "Remove pidfiles and Unix sockets at the end."),

  // Sockets
  ...(["http", "http-socket"] as const).map((name) =>
    text({
      name,
      summary: "Address on which to serve HTTP; Unix socket paths are relative to chdir.",
      expected: "an address such as `127.0.0.1:8080`, `:8080` or a path",
      repeats: true,
      apply: listeningSocket(name),
    }),
  ),
  ...["socket", "uwsgi-socket"].map((name) =>
    text({
      name,
      summary: "Address on which to serve the uwsgi protocol; paths are relative to chdir.",
      expected: "an address such as `127.0.0.1:3031` or a path",
      repeats: true,
      apply: listeningSocket("uwsgi"),
    }),
  ),
  text({
    name: "chmod-socket",
    summary: "Permissions of Unix sockets, three octal digits; `1` is 666.",
    expected: "three octal digits such as `660`",
    pattern: "^(1|[0-7]{3})$",
    bare: "1",
    apply: chmodSocket,
  }),
  integer(
    "listen",
    "listen",
    { minimum: 1, maximum: 2_147_483_647, default: 100 },
    "Connections that may wait to be accepted.",
  ),
  text({
    name: "stats",
    summary: "Address of the statistics server; implies master.",
    expected: "an address such as `127.0.0.1:9191` or a path",
    apply: statsAddress,
  }),

  // Requests
  integer(
    "buffer-size",
    "bufferSize",
    { minimum: 1, maximum: largest, default: 32768 },
    "Bytes that a request's head may have; more than 65535 counts as 65535.",
    "bytes",
  ),
  integer(
    "limit-post",
    "limitPost",
    { minimum: 0, maximum: largest, default: 0 },
    "Bytes that a request's body may have; 0 is no limit.",
    "bytes",
  ),
  text({
    name: "static-map",
    summary: "Serve files below a path from a directory, `/mountpoint=/directory`.",
    expected: "`/mountpoint=/directory`",
    pattern: "^[^=]*=.",
    repeats: true,
    apply: staticMap,
  }),

  // Logging
  text({
    name: "logto",
    summary: "Log to a file or a UDP address instead of standard error; relative to the start.",
    expected: "a file or `host:port`",
    apply: logTarget("logto"),
  }),
  flag("disable-logging", "disableLogging", "Do not log requests."),
  flag("no-server-header", "noServerHeader", "Do not add a Server field to answers over HTTP."),

  // The configuration itself
  flagWith(
    "strict",
    "supported",
    "Refuse private variables that are not made with set-placeholder.",
    () => {},
    false,
  ),
  flag("lenient", "lenient", "Read odd values as uWSGI does, with a warning, and go on."),
  flag("show-config", "showConfig", "Print the configuration, then start."),
  ...directives,
  ...mootOptions,
];

const byName = new Map(rows.map((row) => [row.name, row]));

/** All rows, in the order of the documentation. */
export const honoured: readonly HonouredOption[] = rows;

/** Whether an option of this name or alias is supported or moot, so that it does not stop a start. */
export function isAccepted(name: string): boolean {
  return byName.has(findOption(name)?.name ?? name);
}

/** The row of an option by the catalogue's (canonical) name. */
export function honouredOption(name: string): HonouredOption | undefined {
  return byName.get(name);
}
