/**
 * Options that are accepted and change nothing, because what they ask for is always so or has no object
 * here. Only such without which clients, the application, logs, processes and files are the same stand
 * here; all others are supported or refused. Their values are checked like any other's, and neither a
 * start nor lint mentions them, except a flag that is switched off where it cannot be, and more where there is always one.
 */
import { catalogue } from "../options/catalogue.ts";
import { always, plugins, single } from "./apply/moot.ts";
import type { HonouredOption } from "./option.ts";
import { text } from "./option.ts";

/** What an option asks for, and why there is nothing to do; one sentence each. */
interface Moot {
  readonly name: string;
  /** `always`: a flag that is on whatever is written; `flag`: one that makes no difference; `single`: a number that is always one. */
  readonly kind: "always" | "flag" | "number" | "single" | "text";
  readonly summary: string;
  readonly why: string;
  /** All values that a text may have. */
  readonly values?: readonly string[];
}

const table: readonly Moot[] = [
  {
    name: "enable-threads",
    kind: "always",
    summary: "Let threads run that the application starts.",
    why: "the application's own threads always run",
  },
  {
    name: "no-orphans",
    kind: "always",
    summary: "End the workers when the master dies.",
    why: "the other processes always end when the master dies",
  },
  {
    name: "propagate-touch",
    kind: "flag",
    summary: "Send a signal to the workers when a touched file reloads the server.",
    why: "the master tells every process of a reload by itself",
  },
  {
    name: "no-threads-wait",
    kind: "always",
    summary: "Do not wait for threads to be cancelled at the end of a worker.",
    why: "threads are never cancelled: requests finish, and then the worker ends",
  },
  {
    name: "skip-atexit",
    kind: "always",
    summary: "End workers that are stopped at once without their `atexit` functions.",
    why: "a worker that is stopped at once runs no more code, and others run them",
  },
  {
    name: "py-call-osafterfork",
    kind: "always",
    summary: "Run Python's own hooks in a forked worker.",
    why: "workers are forked by Python itself, which always runs its hooks",
  },
  {
    name: "py-call-uwsgi-fork-hooks",
    kind: "always",
    summary: "Tell the Python interpreter before and after each fork.",
    why: "workers are forked by Python itself, which always runs its hooks",
  },
  {
    name: "early-python",
    kind: "flag",
    summary: "Start the Python interpreter before the rest of the configuration is read.",
    why: "the interpreter is a process of its own, which gets the whole configuration",
  },
  {
    name: "reload-os-env",
    kind: "always",
    summary: "Bring `os.environ` up to date when an application is loaded.",
    why: "the environment is complete before Python starts, and a reload starts another Python",
  },
  {
    name: "auto-procname",
    kind: "always",
    summary: "Give each process a name that tells what it is.",
    why: "all processes have such names",
  },
  {
    name: "early-emperor",
    kind: "flag",
    summary: "Start the emperor before everything else.",
    why: "an emperor runs alone",
  },
  {
    name: "emperor-graceful-shutdown",
    kind: "always",
    summary: "Let the servers of an emperor finish their requests when they are stopped.",
    why: "the servers always finish their requests, unless the emperor itself is to stop at once",
  },
  {
    name: "greenlet",
    kind: "flag",
    summary: "Run the requests of an event loop as greenlets.",
    why: "`asyncio` always runs them as greenlets",
  },
  {
    name: "single-interpreter",
    kind: "flag",
    summary: "Use one Python interpreter a worker instead of one an application.",
    why: "all applications of a worker share one interpreter",
  },
  {
    name: "max-apps",
    kind: "number",
    summary: "Applications that one worker may hold.",
    why: "a worker holds all that are mounted",
  },
  {
    name: "wsgi-env-behaviour",
    kind: "text",
    values: ["cheat", "holy"],
    summary: "How the memory of the WSGI environ is managed, `cheat` or `holy`.",
    why: "each request has an environ of its own",
  },
  {
    name: "wsgi-manage-chunked-input",
    kind: "always",
    summary: "Let the application read chunked request bodies from `wsgi.input`.",
    why: "chunked bodies are always decoded",
  },
  {
    name: "thunder-lock",
    kind: "flag",
    summary: "Let one worker at a time accept connections.",
    why: "the front accepts connections, and hands each request to a free core",
  },
  {
    name: "thunder-lock-watchdog",
    kind: "flag",
    summary: "Free the lock of `thunder-lock` when its holder dies.",
    why: "workers share no lock",
  },
  {
    name: "lock-engine",
    kind: "text",
    summary: "The kind of lock that processes share.",
    why: "the processes share no locks",
  },
  {
    name: "ftok",
    kind: "text",
    summary: "A file that the key of shared semaphores is made from.",
    why: "the processes share no locks",
  },
  {
    name: "persistent-ipcsem",
    kind: "flag",
    summary: "Leave shared semaphores behind at the end.",
    why: "the processes share no locks, so there are no semaphores",
  },
  {
    name: "http-processes",
    kind: "single",
    summary: "Processes that serve HTTP.",
    why: "one process has the connections of all workers",
  },
  {
    name: "check-interval",
    kind: "number",
    summary: "Seconds between two looks of the master at its processes.",
    why: "the master is told at once when a process ends, and timers are exact",
  },
  {
    name: "mem-collector-freq",
    kind: "number",
    summary: "Seconds between two looks at the memory of the workers.",
    why: "where a limit asks for it, their memory is looked at each second",
  },
  {
    name: "harakiri-no-arh",
    kind: "always",
    summary: "Do not count the hook after a request for `harakiri`.",
    why: "`harakiri` counts the application's time only",
  },
  {
    name: "force-gateway",
    kind: "always",
    summary: "Run the HTTP router without a master.",
    why: "the front runs with and without `master`",
  },
  {
    name: "offload-threads",
    kind: "number",
    summary: "Threads of a worker that send files in its place.",
    why: "the front sends files and waits for slow clients, so no worker has to",
  },
  {
    name: "disable-sendfile",
    kind: "always",
    summary: "Send files by reading and writing.",
    why: "files are always read and written, by the front",
  },
  {
    name: "post-buffering-bufsize",
    kind: "number",
    summary: "Bytes that are read of a body at a time with `post-buffering`.",
    why: "bodies are read as they come, whatever their size",
  },
  {
    name: "body-read-warning",
    kind: "number",
    summary: "Megabytes of buffer for one read of a body from which on uWSGI warns.",
    why: "`wsgi.input` is a reader of Python's own, with no such buffer to warn of",
  },
  {
    name: "static-cache-paths",
    kind: "number",
    summary: "Seconds for which uWSGI keeps where the path of a static file leads.",
    why: "what is known of a file is kept as long as the file stays as it is",
  },
  {
    name: "static-cache-paths-name",
    kind: "text",
    summary: "The cache of `static-cache-paths`.",
    why: "what is known of a file is kept as long as the file stays as it is",
  },
  {
    name: "http-auto-chunked",
    kind: "always",
    summary: "Send an answer of unknown length in chunks, so that the connection can be kept.",
    why: "answers of unknown length are always sent in chunks to clients of HTTP/1.1",
  },
  {
    name: "http-chunked-input",
    kind: "always",
    summary: "Take request bodies that come in chunks.",
    why: "chunked bodies are always taken, and decoded",
  },
  {
    name: "http-connect-timeout",
    kind: "number",
    summary: "Seconds that the HTTP router may take to connect to a worker.",
    why: "the workers' connections to the front are open before requests come",
  },
  {
    name: "http-buffer-size",
    kind: "number",
    summary: "Bytes that the HTTP router's buffers have at first.",
    why: "buffers are as large as what comes, and `buffer-size` bounds a head",
  },
  {
    name: "http-events",
    kind: "number",
    summary: "Events that the HTTP router takes from the kernel at once.",
    why: "the front takes as many as there are",
  },
  {
    name: "tcp-nodelay",
    kind: "always",
    summary: "Send small packets at once.",
    why: "TCP_NODELAY is set on every connection",
  },
  {
    name: "tcp-fast-open-client",
    kind: "flag",
    summary: "Send data in the first packet of connections that the server makes.",
    why: "only routes to other servers make any, and do without",
  },
  {
    name: "no-defer-accept",
    kind: "always",
    summary: "Accept a connection before its first byte has come.",
    why: "connections are accepted at once",
  },
  {
    name: "no-fd-passing",
    kind: "always",
    summary: "Take no file descriptors over Unix sockets.",
    why: "descriptors that a peer passes are never taken",
  },
  {
    name: "close-on-exec",
    kind: "always",
    summary: "Keep the connections from programs that the application starts.",
    why: "workers have no connections of clients, so what they start has none",
  },
  {
    name: "close-on-exec2",
    kind: "always",
    summary: "Keep the listening sockets from programs that the application starts.",
    why: "workers have no listening sockets, so what they start has none",
  },
  {
    name: "skip-zero",
    kind: "always",
    summary: "Do not look whether standard input is a socket to serve.",
    why: "standard input is never taken for a socket",
  },
  {
    name: "log-master",
    kind: "flag",
    summary: "Let the master write the log for the workers.",
    why: "all processes write to one log, by themselves or, where lines are changed, by the master",
  },
  {
    name: "log-master-bufsize",
    kind: "number",
    summary: "Bytes that a line of the log may have on its way to the master.",
    why: "no line is cut that has less than 64 KiB",
  },
  {
    name: "log-master-stream",
    kind: "flag",
    summary: "Send lines to the master as a stream.",
    why: "lines come whole, whatever size they are written in",
  },
  {
    name: "log-master-req-stream",
    kind: "flag",
    summary: "Send lines of requests to the master as a stream.",
    why: "lines come whole, whatever size they are written in",
  },
  {
    name: "threaded-logger",
    kind: "flag",
    summary: "Write the log in a thread of the master.",
    why: "requests do not pass through the master, so its log holds none of them up",
  },
  {
    name: "stats-no-metrics",
    kind: "always",
    summary: "Leave metrics out of the statistics.",
    why: "the statistics have no metrics",
  },
  {
    name: "pcre-jit",
    kind: "flag",
    summary: "Compile regular expressions to machine code.",
    why: "Node does that by itself",
  },
  {
    name: "binary-path",
    kind: "text",
    summary: "Where uWSGI's program is, for its reload.",
    why: "uWSGI's program is not started",
  },
  {
    name: "plugins-dir",
    kind: "text",
    summary: "Directory to look for plugins in.",
    why: "what tsuwsgi can do is built in",
  },
  {
    name: "ssl-tmp-dir",
    kind: "text",
    summary: "Directory for certificates that are written into values.",
    why: "certificates in values are used as they are, no file is written",
  },
  {
    name: "autoload",
    kind: "flag",
    summary: "Load the plugin that an unknown option belongs to.",
    why: "what tsuwsgi can do is built in",
  },
];

/** The rows of the moot options, in the order of the documentation. */
export const mootOptions: readonly HonouredOption[] = [
  ...table.map(row),
  text({
    name: "ssl-sessions-use-cache",
    status: "moot",
    summary: "Keep TLS sessions in a cache, so that all processes can resume them.",
    why: "one process has all TLS connections, and clients keep their sessions as tickets",
    expected: "the name of a cache",
    bare: "true",
    mayBeEmpty: true,
    apply: () => {},
  }),
  ...["plugin", "plugins", "need-plugin", "need-plugins"].map((name) =>
    text({
      name,
      status: "moot",
      summary: "Plugins to load, separated by commas.",
      why: "what tsuwsgi can do is built in; plugins for anything else are refused",
      expected: "names of plugins",
      repeats: true,
      apply: plugins,
    }),
  ),
];

function row({ name, kind, summary, why, values }: Moot): HonouredOption {
  const repeats = catalogue.some((group) => group.name === name && group.repeatable);
  const rest = { name, summary, why, repeats, status: "moot", unit: "count" } as const;
  switch (kind) {
    case "always":
    case "flag": {
      const schema = { type: "boolean", default: kind === "always" } as const;
      const apply = kind === "always" ? always(why) : () => {};
      return { ...rest, kind: "boolean", schema, expected: "`true` or `false`", apply };
    }
    case "single":
    case "number": {
      const schema = { type: "integer", minimum: 0 } as const;
      const expected = "a whole number of at least 0";
      const apply = kind === "single" ? single(why) : () => {};
      return { ...rest, kind: "integer", schema, expected, apply };
    }
    case "text": {
      const any = text({ ...rest, expected: "text", apply: () => {} });
      if (!values) return any;
      const expected = values.map((value) => `\`${value}\``).join(" or ");
      return { ...any, expected, schema: { type: "string", enum: values } };
    }
  }
}
