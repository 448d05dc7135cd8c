/** Rows of the option table. Where log lines go, and in what form. */
import { backupName, encoder, logDate, logMode, logTarget, pattern, route } from "../apply/log.ts";
import { logger } from "../apply/logger.ts";
import type { HonouredOption } from "../option.ts";
import { flag, integer, text, within } from "../option.ts";

const largest = Number.MAX_SAFE_INTEGER;
const engines =
  "`file:PATH`, `socket:ADDRESS`, `syslog:NAME` or another, perhaps with a name before";
const encoders = "`prefix`, `suffix`, `nl`, `format`, `json`, `gzip` or `compress`, and its text";
const expression = "a regular expression";
const routed = "the name of a logger, a blank and a regular expression";
const dated = "`true`, or a format of strftime";

/** In the order of the documentation. */
export const loggingRows: readonly HonouredOption[] = [
  text({
    name: "logto",
    summary: "Log to a file or a UDP address instead of standard error; relative to the start.",
    expected: "a file or `host:port`",
    apply: logTarget("logto"),
  }),
  text({
    name: "logto2",
    summary: "As `logto`, but opened as the user that the server runs as.",
    expected: "a file or `host:port`",
    apply: logTarget("logto2"),
  }),
  ...loggerRows(),
  text({
    name: "log-route",
    summary: "Send the lines that match to the loggers of a name, and nowhere else.",
    expected: routed,
    repeats: true,
    apply: route("routes"),
  }),
  text({
    name: "log-req-route",
    summary: "Send the lines of requests that match to the loggers of a name, and nowhere else.",
    expected: routed,
    repeats: true,
    apply: route("requestRoutes"),
  }),
  text({
    name: "log-drain",
    summary: "Leave the lines out that match.",
    expected: expression,
    repeats: true,
    apply: pattern("drains"),
  }),
  text({
    name: "log-filter",
    summary: "Leave all lines out but those that match.",
    expected: expression,
    repeats: true,
    apply: pattern("filters"),
  }),
  text({
    name: "log-encoder",
    summary:
      "Change each line before it goes to the loggers; of several each takes the last one's.",
    expected: encoders,
    repeats: true,
    apply: encoder("encoders"),
  }),
  text({
    name: "log-req-encoder",
    summary: "Change each line of a request before it goes to the loggers of `req-logger`.",
    expected: encoders,
    repeats: true,
    apply: encoder("requestEncoders"),
  }),
  ...["log-date", "logdate", "log-prefix"].map((name) =>
    text({
      name,
      summary: "What the server's own lines begin with: the date as ctime writes it, or as told.",
      expected: dated,
      bare: "true",
      mayBeEmpty: true,
      apply: logDate,
    }),
  ),
  flag(
    "log-json",
    within("log", "json"),
    "Log one JSON object a line: requests, the server's own lines, what the application writes.",
  ),
  ...fileRows(),
  flag("no-server-header", "noServerHeader", "Do not add a Server field to answers over HTTP."),
];

function loggerRows(): HonouredOption[] {
  const rows = [
    ["logger", "loggers", undefined, "Send lines to a logger; of several each gets them."],
    ["worker-logger", "loggers", undefined, "Send lines to a logger."],
    ["log-syslog", "loggers", "syslog", "Send lines to the system's log."],
    ["log-socket", "loggers", "socket", "Send lines as datagrams, over UDP or to a Unix socket."],
    ["req-logger", "requestLoggers", undefined, "Send the lines of requests to a logger."],
    ["logger-req", "requestLoggers", undefined, "Send the lines of requests to a logger."],
    ["worker-logger-req", "requestLoggers", undefined, "Send the lines of requests to a logger."],
  ] as const;
  return [
    ...rows.map(([name, field, engine, summary]) =>
      text({
        ...{ name, summary, repeats: true },
        expected:
          engine === undefined
            ? engines
            : engine === "syslog"
              ? "`name,facility`"
              : "`host:port` or a path",
        ...(engine === "syslog" ? { bare: "", mayBeEmpty: true } : {}),
        apply: logger(field, engine),
      }),
    ),
    integer(
      "rsyslog-packet-size",
      within("log", "rsyslogPacketSize"),
      { minimum: 64, maximum: 60_000, default: 1024 },
      "Bytes that a datagram of the logger `rsyslog` may have.",
      "bytes",
    ),
    flag(
      "rsyslog-split-messages",
      within("log", "rsyslogSplit"),
      "Send lines that are too long for one datagram of `rsyslog` as several, instead of cutting them.",
    ),
  ];
}

function fileRows(): HonouredOption[] {
  return [
    integer(
      "log-maxsize",
      within("log", "maxSize"),
      { minimum: 0, maximum: largest, default: 0 },
      "Rename the log file and begin a new one when it has more bytes; 0 is never.",
      "bytes",
    ),
    text({
      name: "log-backupname",
      summary: "What the log file is renamed to; otherwise the time is added to its name.",
      expected: "a file",
      apply: backupName,
    }),
    flag("log-truncate", within("log", "truncate"), "Empty the log file at the start."),
    flag("log-reopen", within("log", "reopen"), "Open the log file anew at a reload."),
    flag("logfile-chown", within("log", "chown"), "Give the log file to `uid` and `gid`."),
    text({
      name: "logfile-chmod",
      summary: "Permissions of the log file.",
      expected: "three octal digits",
      pattern: "^[0-7]{3}$",
      apply: logMode,
    }),
  ];
}
