/** Rows of the option table. Which requests are logged, and how. */
import { logFormat, memoryReport } from "../apply/log.ts";
import type { HonouredOption } from "../option.ts";
import { flag, integer, text, within } from "../option.ts";

/** uWSGI keeps milliseconds in 32 bits. */
const longestMs = 2 ** 31 - 1;
const largest = Number.MAX_SAFE_INTEGER;

/** In the order of the documentation. */
export const accessLogRows: readonly HonouredOption[] = [
  flag("disable-logging", "disableLogging", "Do not log requests."),
  text({
    name: "log-format",
    summary:
      "Format of the lines of requests, with variables such as `%(method)` and `%(var.NAME)`.",
    expected: "text with variables",
    apply: logFormat,
  }),
  flag(
    "logformat-strftime",
    within("log", "formatStrftime"),
    "Write `%(ftime)` of the log format as `log-date` says.",
  ),
  flag("log-micros", within("log", "micros"), "Log times of requests in microseconds."),
  text({
    name: "memory-report",
    summary: "Begin the lines of requests with the worker's memory; with 2, more of it.",
    expected: "`1` or `2`",
    bare: "1",
    mayBeEmpty: true,
    pattern: "^(|0|1|2|true|false)$",
    apply: memoryReport,
  }),
  flag("log-zero", within("log", "zero"), "Log requests whose answer has no body all the same."),
  integer(
    "log-slow",
    within("log", "slow"),
    { minimum: 0, maximum: longestMs, default: 0 },
    "Log requests that take so many milliseconds all the same; 0 is off.",
  ),
  flag("log-4xx", within("log", "status4xx"), "Log requests that fail with a 4xx all the same."),
  flag("log-5xx", within("log", "status5xx"), "Log requests that fail with a 5xx all the same."),
  integer(
    "log-big",
    within("log", "big"),
    { minimum: 0, maximum: largest, default: 0 },
    "Log requests whose answer has so many bytes all the same; 0 is off.",
    "bytes",
  ),
  flag("log-sendfile", within("log", "sendfile"), "Log requests for files all the same."),
  flag(
    "log-ioerror",
    within("log", "ioError"),
    "Log requests whose client went away all the same.",
  ),
];
