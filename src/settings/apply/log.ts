/** How options of the log set the draft. */
import { resolve } from "node:path";
import { formatPieces, isLogVariable } from "../access-format.ts";
import type { Given } from "../draft.ts";
import { type EncoderSetting, encoderKinds } from "../log-settings.ts";
import type { Apply } from "../option.ts";
import { translatePattern } from "../routing/pattern.ts";
import type { RoutePattern } from "../routing/route-settings.ts";
import type { LogTarget } from "../settings.ts";

/**
 * A log file, or `host:port` for UDP: as in uWSGI any colon makes it an address.
 * Files are relative to the start, because uWSGI opens them before it changes directory.
 * @param base with `chdir` a path stays as it is written until finish()
 */
export function logTarget(
  field: "logto" | "daemonize" | "logto2",
  base: "start" | "chdir" = "start",
): Apply<string> {
  return (draft, value, given) => {
    const set = (target: LogTarget) => {
      if (field === "logto2") draft.log.logto2 = target;
      else draft[field] = target;
    };
    draft.places[field === "logto2" ? "log.logto2" : field] = given.place;
    const colon = value.indexOf(":");
    if (colon < 0) {
      const path = base === "start" ? resolve(given.startDirectory, value) : value;
      set({ kind: "file", path });
      return;
    }
    const host = value.slice(0, colon);
    const port = /^\d+$/.test(value.slice(colon + 1)) ? Number(value.slice(colon + 1)) : 0;
    if (host !== "" && !host.includes("/") && port >= 1 && port <= 65535) {
      set({ kind: "udp", host, port });
      return;
    }
    given.report({
      rule: "invalid-value",
      severity: "error",
      message: `\`${given.entry.key} = ${value}\` is not a UDP address: expected \`host:port\` with a port from 1 to 65535`,
      span: given.span,
      help: "a value with a colon is a UDP address; the name of a log file must not have one",
    });
  };
}

/** `log-date`: what uWSGI takes for "on" is ctime(3), anything else a format of strftime(3). */
export const logDate: Apply<string> = (draft, value, given) => {
  const on = ["", "true", "1", "on", "yes"].includes(value.toLowerCase());
  draft.log.date = on ? "" : value;
  draft.places["log.date"] = given.place;
};

/** `logfile-chmod`: three octal digits. */
export const logMode: Apply<string> = (draft, value, given) => {
  draft.log.chmod = Number.parseInt(value, 8);
  draft.places["log.chmod"] = given.place;
};

/** `log-backupname`: relative to the start, as the file that it is about. */
export const backupName: Apply<string> = (draft, value, given) => {
  draft.log.backupName = resolve(given.startDirectory, value);
  draft.places["log.backupName"] = given.place;
};

/** `memory-report`: nothing or 1, or 2 for more. */
export const memoryReport: Apply<string> = (draft, value, given) => {
  const off = ["0", "false"].includes(value.toLowerCase());
  draft.log.memoryReport = value === "2" ? 2 : off ? 0 : 1;
  draft.places["log.memoryReport"] = given.place;
};

/** One more regular expression that lines are held against. */
export function pattern(field: "drains" | "filters"): Apply<string> {
  return (draft, value, given) => {
    const read = readPattern(value, given);
    if (read) draft.log[field].push(read);
  };
}

/** `log-route = name pattern`. */
export function route(field: "routes" | "requestRoutes"): Apply<string> {
  return (draft, value, given) => {
    const blank = value.indexOf(" ");
    if (blank < 0) {
      invalid(given, "expected the name of a logger, a blank and a regular expression");
      return;
    }
    const read = readPattern(value.slice(blank + 1), given);
    if (!read) return;
    draft.places[`log.${field}.${draft.log[field].length}`] = given.place;
    draft.log[field].push({ id: value.slice(0, blank), pattern: read });
  };
}

/** `log-encoder = kind:logger text`. */
export function encoder(field: "encoders" | "requestEncoders"): Apply<string> {
  return (draft, value, given) => {
    const [, name = "", id, text = ""] = /^([^ :]*)(?::([^ ]*))?(?: (.*))?$/s.exec(value) ?? [];
    const kind = encoderKinds.find((candidate) => candidate === name);
    if (kind === undefined) {
      invalid(given, `there is no encoder \`${name}\`: expected one of ${encoderKinds.join(", ")}`);
      return;
    }
    const added: EncoderSetting = { id, kind, text };
    draft.places[`log.${field}.${draft.log[field].length}`] = given.place;
    draft.log[field].push(added);
  };
}

/** `log-format`. */
export const logFormat: Apply<string> = (draft, value, given) => {
  draft.log.format = value;
  draft.places["log.format"] = given.place;
  for (const piece of formatPieces(value)) {
    if (!("variable" in piece)) continue;
    const { variable } = piece;
    if (variable.startsWith("metric.")) {
      invalid(given, "there are no metrics: leave `%(metric.…)` out");
    } else if (!isLogVariable(variable) && !/^var\../.test(variable))
      unknownVariable(variable, given);
  }
};

/** uWSGI takes it for one that the application sets by `uwsgi.set_logvar`, which there is not here. */
function unknownVariable(name: string, given: Given): void {
  given.report({
    rule: "unknown-log-variable",
    severity: "warning",
    message: `\`%(${name})\` is no variable of \`${given.entry.key}\`: it is always \`-\``,
    span: given.span,
    help: "for a variable of the request write `%(var.NAME)`, such as `%(var.HTTP_X_REQUEST_ID)`",
  });
}

/** As the patterns of routes: one of PCRE, said in JavaScript; undefined when that cannot be done. */
function readPattern(source: string, given: Given): RoutePattern | undefined {
  const read = translatePattern(Buffer.from(source).toString("latin1"));
  if ("ok" in read) return read.ok;
  invalid(given, read.fault.message, read.fault.help);
  return undefined;
}

function invalid(
  { entry, report, span }: Given,
  problem: string,
  help = "correct the value, or leave the option out",
): void {
  report({
    rule: "invalid-value",
    severity: "error",
    message: `\`${entry.key} = ${entry.value}\`: ${problem}`,
    span,
    help,
  });
}
