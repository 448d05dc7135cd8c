/**
 * What the options are about that tsuwsgi refuses, and what to do in their place. One row a subject; an
 * option belongs to the first row that matches it, so the special ones stand before the general.
 */
import type { OptionGroup } from "../options/option-group.ts";

/** Why an option stops the start. */
export interface Refusal {
  /** What the option is about, a noun phrase without an end: "the spooler". */
  readonly topic: string;
  /** What to do instead, an imperative without a full stop; absent when leaving it out is all. */
  readonly remedy?: string;
  /** It is for applications in another language than Python, so it will never be supported. */
  readonly foreign?: true;
}

interface Subject extends Refusal {
  /** Names (one that any of the option's names matches is enough). */
  readonly names?: RegExp;
  /** The plugins that bring it. */
  readonly plugins?: readonly string[];
}

/** What is to be said about an option that has no row in honoured.ts. */
export function refusal(group: OptionGroup): Refusal {
  const own = single.get(group.name);
  const subject = subjects.find((candidate) => matches(candidate, group)) ?? general(group);
  if (own === undefined) return subject;
  return { ...subject, remedy: own };
}

function matches({ names, plugins }: Subject, { name, aliases, plugin }: OptionGroup): boolean {
  if (plugin !== undefined && plugins?.includes(plugin)) return true;
  return names !== undefined && [name, ...aliases].some((candidate) => names.test(candidate));
}

function general({ plugin }: OptionGroup): Refusal {
  return { topic: plugin === undefined ? "uWSGI's own workings" : `uWSGI's ${plugin} plugin` };
}

const isolation = "leave it to systemd or to the container that the server runs in";

/** Options with an answer of their own. */
const single = new Map<string, string>([
  [
    "harakiri-graceful-signal",
    "leave it out: the request's own thread or greenlet gets an exception, and no other",
  ],
  [
    "map-socket",
    "leave it out: all workers serve all sockets; start two servers to keep them apart",
  ],
  ["so-send-timeout", "write `socket-timeout`, or `http-timeout` for sockets of `http`"],
  [
    "never-swap",
    "leave it out: set `MemorySwapMax=0` of systemd, or the swap limit of the container, which holds for all processes",
  ],
  ["worker-exec", "write `module` or `wsgi-file`; start another program as a service of its own"],
  ["worker-exec2", "write `module` or `wsgi-file`; start another program as a service of its own"],
  ["after-request-hook", "do it in the application, when its answer is closed (PEP 3333)"],
  ["hook-as-gateway", "write `hook-as-user`"],
  ["stop", "use it on the command line, `tsuwsgi --stop PIDFILE`"],
  ["reload", "use it on the command line, `tsuwsgi --reload PIDFILE`"],
  ["pause", "use it on the command line, `tsuwsgi --pause PIDFILE`"],
  ["connect-and-read", "use it on the command line, `tsuwsgi --connect-and-read ADDRESS`"],
  ["emperor-magic-exec", "let a program write the file's contents into it"],
  [
    "emperor-broodlord",
    "write `cheaper` in the server's configuration: workers come with the load",
  ],
  ["vassal-sos", "write `cheaper` in the server's configuration: workers come with the load"],
  [
    "vassal-sos-backlog",
    "write `cheaper` in the server's configuration: workers come with the load",
  ],
  [
    "emperor-on-demand-extension",
    "start that server by a socket of systemd: `.socket` and `.service`",
  ],
  [
    "emperor-on-demand-directory",
    "start that server by a socket of systemd: `.socket` and `.service`",
  ],
  ["emperor-on-demand-exec", "start that server by a socket of systemd: `.socket` and `.service`"],
  [
    "emperor-tyrant-initgroups",
    "write `uid` into the servers' own configurations: then they have all groups of that user",
  ],
  ["emperor-use-clone", isolation],
  ["emperor-cap", isolation],
  ["vassals-cap", isolation],
  ["imperial-monitor-list", "take it out: there are directories and patterns"],
  ["help", "use it on the command line, `tsuwsgi --help`"],
  ["usage", "use it on the command line, `tsuwsgi --help`"],
  ["version", "use it on the command line, `tsuwsgi --version`"],
  ["plugins-list", "see `tsuwsgi options --status supported`"],
  ["dump-options", "see `tsuwsgi options`"],
  [
    "py-master-check-signals",
    "leave it out: no Python runs in the master; signal handlers of the application belong in its workers",
  ],
  [
    "python-worker-override",
    "give the application a WSGI callable, and run other servers as services of their own",
  ],
  ["pyrun", "run it with the interpreter itself, `python FILE`"],
  ["python", "run it with the interpreter itself, `python FILE`"],
  ["py", "run it with the interpreter itself, `python FILE`"],
  [
    "notify-socket",
    "leave it out: a service manager that waits for the server to be ready (Type=notify) is told by itself",
  ],
  ["pump", "give the application a WSGI callable"],
  ["web3", "give the application a WSGI callable"],
  ["pypy-home", "write `home` with a virtual environment of PyPy"],
  ["pypy-wsgi", "write `module`, and `home` with a virtual environment of PyPy"],
  ["pypy-wsgi-file", "write `wsgi-file`, and `home` with a virtual environment of PyPy"],
  ["pypy-pp", "write `pythonpath`, and `home` with a virtual environment of PyPy"],
  ["no-server", "use `tsuwsgi lint`, which starts nothing"],
  ["http-harakiri", "write `harakiri`, which limits how long a request may take"],
  ["http-stats", "write `stats`"],
  ["http-uid", "write `uid`"],
  ["http-gid", "write `gid`"],
  ["http-to", "leave it out: requests go to this server's own workers"],
  ["http-use-socket", "leave it out: requests go to this server's own workers"],
  ["http-var", "set it in the application, or in the environment with `env`"],
  ["http-stud-prefix", "write `http-enable-proxy-protocol`, and let the TLS proxy send that"],
  ["chunked-input-timeout", "write `socket-timeout`, or `http-timeout` for sockets of `http`"],
  ["async", "write `gevent = N` for N greenlets a worker, or `threads = N`"],
  [
    "loop",
    "write `gevent = N`, `asyncio = N` or `threads = N`, which say the loop and how many run",
  ],
  [
    "ugreen",
    "write `gevent = N` and `gevent-early-monkey-patch = true` in its place, and no number for async",
  ],
  ["tornado", "write `asyncio = N`: since Tornado 5 its loop is asyncio's"],
  ["ssl-enable3", "leave it out: SSLv3 is broken (RFC 7568), and Node has it no more"],
]);

const foreign = {
  remedy: "run that application with a server for its language",
  foreign: true,
} as const;
const async =
  "write `gevent = N` or `asyncio = N` for greenlets, or `threads = N`: slow clients hold none of them";
const router = "put a proxy such as nginx in front";
const service = "start it as a service of its own (systemd, a container)";

const subjects: readonly Subject[] = [
  // Languages
  { topic: "PHP applications", plugins: ["php"], ...foreign },
  { topic: "Perl applications", plugins: ["psgi", "coroae"], ...foreign },
  { topic: "Ruby applications", plugins: ["rack", "rbthreads", "fiber"], ...foreign },
  { topic: "Lua applications", plugins: ["lua"], ...foreign },
  {
    topic: "Java and Clojure applications",
    plugins: ["jvm", "jwsgi", "ring"],
    ...foreign,
  },
  { topic: "Mono applications", plugins: ["mono"], ...foreign },
  { topic: "JavaScript applications", plugins: ["v8"], ...foreign },
  { topic: "Go applications", plugins: ["gccgo"], ...foreign },
  { topic: "CGI programs", names: /^cgi-mode$/, plugins: ["cgi"], ...foreign },
  { topic: "C libraries as applications", plugins: ["symcall", "dumbloop"], ...foreign },
  {
    topic: "uWSGI's PyPy plugin",
    plugins: ["pypy"],
    remedy: "write `home` with a virtual environment of PyPy",
  },
  // Ways of running requests
  {
    topic: "asynchronous loops and green threads",
    plugins: ["tornado", "stackless", "ugreen"],
    names: /^(async|disable-async-.*|loop)$/,
    remedy: async,
  },
  // Many servers
  {
    topic: "commands and mounts before a vassal starts",
    names: /^(call|u?mount)-as-(vassal|emperor)|^hook-as-(on-|.*-before-|emperor-setns)/,
    remedy: "write `exec-as-vassal`, or `exec-as-emperor`",
  },
  {
    topic: "the emperor and its vassals",
    names: /^(emperor|vassals?-|imperial|zeus|refork|fork-socket)/,
    remedy: "take it out: `emperor` starts a server for each configuration without it",
  },
  {
    topic: "zerg servers",
    names: /^zerg/,
    plugins: ["zergpool"],
    remedy:
      "take it out: a reload brings new workers to the same sockets, and `cheaper` brings more of them",
  },
  { topic: "legions of servers", names: /legion/, remedy: "leave it to a cluster manager" },
  {
    topic: "subscriptions to a router",
    names: /^(subscri|unsubscribe|start-unsubscribed|multicast|.*-subscription-|.*-resubscribe)/,
    remedy: router,
  },
  {
    topic: "routers to other servers",
    plugins: ["fastrouter", "rawrouter", "sslrouter", "forkptyrouter", "tuntap"],
    remedy: router,
  },
  // Work beside requests
  { topic: "the spooler", names: /spooler/, remedy: "use a task queue such as Celery" },
  {
    topic: "timed requests",
    plugins: ["curl_cron"],
    remedy: "write `cron` with curl as the command",
  },
  { topic: "mules", names: /^(mules?|farm|hook-as-mule|touch-mules)(-|$)/, remedy: service },
  {
    topic: "the functions of the `uwsgi` module",
    names: /^(locks|sharedarea|py-sharedarea|queue|signals?|rpc|touch-signal|fs-signal)(-|$)/,
    remedy: "use a library or a service for it",
  },
  {
    topic: "uWSGI's cache",
    names: /^(cache2?|add-cache-item|load-file-in-cache|check-cache|http-use-cache)(-|$)/,
    remedy: "use a cache server such as Redis or memcached",
  },
  // Requests
  {
    topic: "TLS around the uwsgi protocol",
    names: /^suwsgi-socket$/,
    remedy: "write `https-socket`, or let a proxy such as nginx speak TLS",
  },
  { topic: "TLS", names: /^(https|sni|ssl)/ },
  {
    topic: "header fields that uWSGI keeps from answers",
    names: /^(routers?-list|collect-header|pull-header|response-header)/,
    remedy: "do it in the application, or with `response-route`",
  },
  {
    topic: "files from other storages",
    plugins: ["webdav", "xslt", "gridfs", "rados", "glusterfs"],
    remedy: "use `static-map`, or let a proxy such as nginx serve the files",
  },
  {
    topic: "WebSockets",
    names: /websocket|^http-raw-body$/,
    remedy: "use a server with WebSockets for these paths",
  },
  {
    topic: "applications that requests name",
    names:
      /^(vhost|vhost-host|dynamic-apps|http-modifier.*|.*-modifier[12]|allowed-modifiers|remap-modifier)$/,
    remedy: "start one tsuwsgi an application, and let a proxy such as nginx choose",
  },
  {
    topic: "buffering of request bodies",
    names: /^http-post-buffering|^upload-progress$|^chunked-input/,
    remedy:
      "leave it out: bodies up to 256 KiB are buffered before a worker sees them; `post-buffering` has all of a body buffered",
  },
  {
    topic: "exceptions of the application",
    names: /^exception-handler/,
    remedy:
      "use the framework's own, or Sentry's kind of libraries; `catch-exceptions` shows exceptions",
  },
  { topic: "uWSGI's HTTP router", plugins: ["http"], remedy: "do it in a proxy such as nginx" },
  // Processes
  {
    topic: "workers that come and go with the load",
    names: /^(cheaper-algo-list)$/,
    remedy: "take it out",
  },
  {
    topic: "the replacement of workers",
    names: /^(brutal-)?reload-on-fd$/,
    remedy: "use `max-requests` or `max-worker-lifetime`",
  },
  { topic: "the deadline of requests", names: /^harakiri-/, remedy: "use `harakiri`" },
  {
    topic: "functions of C that uWSGI calls",
    names: /^call-/,
    remedy: "do it in a command: `exec-as-user`, `exec-pre-app` and so on",
  },
  { topic: "commands that uWSGI runs", names: /^(hook-|after-request-hook$|worker-exec)/ },
  {
    topic: "isolation",
    names: /^(cgroup|namespace|setns|unshare|jail|jid|pivot)/,
    remedy: isolation,
  },
  {
    topic: "limits of the system",
    names: /^never-swap$/,
    remedy: isolation,
  },
  // Sockets
  {
    topic: "other protocols and kinds of sockets",
    names: /^((suwsgi|raw|puwsgi|map)-socket|udp)$/,
    plugins: ["mongrel2", "pty", "ping"],
    remedy: "listen with `http-socket` or `uwsgi-socket`",
  },
  {
    topic: "settings of sockets",
    names: /^(so-|socket-|max-vars)/,
  },
  // Watching
  {
    topic: "the log",
    names: /^(log-|not-log)/,
    plugins: ["logzmq", "notfound"],
    remedy: "send the log to a program by `logger = pipe:command`, and do it there",
  },
  {
    topic: "monitoring and alarms",
    names: /alarm|metric|snmp|^stats|^profiler$|^backtrace|^notify-socket$/,
    plugins: ["carbon", "nagios", "rrdtool", "stats_pusher_statsd", "zabbix"],
    remedy: "read the `stats` server",
  },
  // Python
  {
    topic: "loading of the application",
    names: /^(paste|ini-paste|pecan|pump|web3|wsgi-lite|test|py|python|pyrun)(-|$|thon)/,
    remedy: "write a module with the WSGI callable that does it, and `module` or `wsgi-file`",
  },
  { topic: "uWSGI's Python plugin", plugins: ["python"], remedy: "do it in the application" },
  // The program itself
  {
    topic: "commands of the uWSGI program",
    names:
      /-list$|^(help|usage|version|python-version|cflags|dot-h|config-py|build-plugin|dump-options|print-sym|print-symbol|extract|connect-and-read|binary-append-data|stop|reload|pause|pyshell|command-mode|no-server|get)$/,
    remedy: "leave it to uWSGI's program",
  },
  {
    topic: "the reading of the configuration",
    names:
      /^(fallback-config|inject-|blacklist|whitelist|end-(black|white)list|else$|declare-option2|weight|auto-weight|exit|mode$|plugin|dlopen)/,
    plugins: ["ldap", "sqlite3"],
  },
];
