/** Rows of the option table. Processes: how many, for how long, as whom. */
import { account } from "../apply/account.ts";
import { logTarget } from "../apply/log.ts";
import { pathField } from "../apply/text.ts";
import type { HonouredOption } from "../option.ts";
import { flag, integer, text } from "../option.ts";

/** Node's timers count milliseconds in 31 bits: this many seconds is the longest. */
const longestSeconds = 2_147_483;
const largest = Number.MAX_SAFE_INTEGER;

/** In the order of the documentation. */
export const processRows: readonly HonouredOption[] = [
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
];
