/** Rows of the option table. Where log lines go, and what answers tell of the server. */
import { logTarget } from "../apply/log.ts";
import type { HonouredOption } from "../option.ts";
import { flag, text } from "../option.ts";

/** In the order of the documentation. */
export const loggingRows: readonly HonouredOption[] = [
  text({
    name: "logto",
    summary: "Log to a file or a UDP address instead of standard error; relative to the start.",
    expected: "a file or `host:port`",
    apply: logTarget("logto"),
  }),
  flag("disable-logging", "disableLogging", "Do not log requests."),
  flag("no-server-header", "noServerHeader", "Do not add a Server field to answers over HTTP."),
];
