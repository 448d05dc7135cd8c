/** Rows of the option table. Programs that run beside the server. */
import { cron, cron2 } from "../apply/cron.ts";
import { attachDaemon, attachDaemon2, smartAttachDaemon } from "../apply/daemon.ts";
import { longestSeconds } from "../apply/http.ts";
import type { Apply, HonouredOption } from "../option.ts";
import { flag, integer, text, within } from "../option.ts";

/** In the order of the documentation. */
export const besideRows: readonly HonouredOption[] = [
  command(
    "attach-daemon",
    "Run a program beside the server, and start it again when it ends.",
    "a command for the shell",
    attachDaemon(false),
  ),
  command(
    "attach-control-daemon",
    "Run a program beside the server, and end the server when it ends.",
    "a command for the shell",
    attachDaemon(true),
  ),
  command(
    "smart-attach-daemon",
    "Run a program that goes into the background; it outlives the server.",
    "`PIDFILE COMMAND` or `PIDFILE,SECONDS COMMAND`",
    smartAttachDaemon(false),
  ),
  command(
    "smart-attach-daemon2",
    "Run a program in the background, and write its pidfile; it outlives the server.",
    "`PIDFILE COMMAND` or `PIDFILE,SECONDS COMMAND`",
    smartAttachDaemon(true),
  ),
  command(
    "attach-daemon2",
    "Run a program beside the server, described by keys and values.",
    "`cmd=COMMAND,key=value,…`",
    attachDaemon2,
  ),
  flag(
    "daemons-honour-stdin",
    within("beside", "daemonsHonourStdin"),
    "Let the programs of `attach-daemon` and the like have the server's standard input.",
  ),
  command(
    "cron",
    "Run a command at times: -1 is every, -5 every fifth.",
    "`MINUTE HOUR DAY MONTH WEEKDAY COMMAND`",
    cron(false),
  ),
  command(
    "unique-cron",
    "Run a command at times, but not while it still runs.",
    "`MINUTE HOUR DAY MONTH WEEKDAY COMMAND`",
    cron(true),
  ),
  command(
    "cron2",
    "Run a command at times, described by keys and values.",
    "`minute=0,hour=-2,unique=1,harakiri=60 COMMAND`",
    cron2,
  ),
  integer(
    "cron-harakiri",
    within("beside", "cronHarakiri"),
    { minimum: 0, maximum: longestSeconds, default: 0 },
    "Seconds that a command of `cron` may run; 0 is no limit.",
    "seconds",
  ),
];

function command(
  name: string,
  summary: string,
  expected: string,
  apply: Apply<string>,
): HonouredOption {
  return { ...text({ name, summary, expected, apply, repeats: true }), freeText: true };
}
