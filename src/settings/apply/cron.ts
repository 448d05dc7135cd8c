/** How `cron` and the like set the draft. */
import type { CronSetting } from "../beside-settings.ts";
import type { Given } from "../draft.ts";
import { keyValues } from "../keyval.ts";
import type { Apply } from "../option.ts";
import { longestSeconds } from "./http.ts";

/** `cron = MINUTE HOUR DAY MONTH WEEKDAY COMMAND`, -1 for every and -5 for every fifth. */
export function cron(unique: boolean): Apply<string> {
  return (draft, value, given) => {
    const [, times, command] = /^\s*((?:\S+\s+){5})(\S.*)$/s.exec(value) ?? [];
    const words = times?.trim().split(/\s+/) ?? [];
    if (command === undefined || !words.every(isNumber)) {
      complain(given, "crontab", `expected ${form}, and it is \`${value}\``, translated(value));
      return;
    }
    const [minute = -1, hour = -1, day = -1, month = -1, week = -1] = words.map(Number);
    const rest = { command, unique, harakiri: undefined, place: given.place };
    add(draft.beside.crons, { minute, hour, day, month, week, ...rest }, given);
  };
}

/** `cron2 = [key=value,…] COMMAND`; a time that is not told is every. */
export const cron2: Apply<string> = (draft, value, given) => {
  const space = value.indexOf(" ");
  const first = space < 0 ? value : value.slice(0, space);
  const listed = first.includes("=");
  const command = listed ? value.slice(first.length).trim() : value.trim();
  if (command === "") {
    complain(given, "invalid-value", `there is no command in \`${value}\``, keyForm);
    return;
  }
  const found = new Map<string, number>();
  for (const { key, value: text = "" } of listed ? keyValues(first) : []) {
    if (key === "legion") {
      const help = "leave `legion` out: this server always runs the command";
      complain(given, "invalid-value", "legions of servers are not supported", help);
    } else if (!keys.has(key))
      complain(given, "invalid-value", `\`${key}\` is none of its keys`, keyForm);
    else if (!isNumber(text))
      complain(given, "invalid-value", `\`${key}\` must be a number, and is \`${text}\``, keyForm);
    else found.set(key, Number(text));
  }
  const at = (key: string) => found.get(key) ?? -1;
  const { place } = given;
  const time = { minute: at("minute"), hour: at("hour"), day: at("day"), month: at("month") };
  const unique = (found.get("unique") ?? 0) !== 0;
  const harakiri = found.get("harakiri");
  if (harakiri !== undefined && (harakiri < 0 || harakiri > longestSeconds))
    complain(given, "invalid-value", `\`harakiri=${harakiri}\` are no seconds`, keyForm);
  const job = { ...time, week: at("week"), command, unique, harakiri, place };
  add(draft.beside.crons, job, given);
};

const form = "`MINUTE HOUR DAY MONTH WEEKDAY COMMAND` with numbers";
const keys = new Set(["minute", "hour", "day", "month", "week", "unique", "harakiri"]);
const keyForm =
  "write `minute=0,hour=-2 COMMAND`, say, without blanks between the keys: minute, hour, day, month, week, unique, harakiri";

/** What the fields can be; an interval may be as long as the whole. */
const ranges = [
  ["minute", 0, 59, 60],
  ["hour", 0, 23, 24],
  ["day", 1, 31, 31],
  ["month", 1, 12, 12],
  ["week", 0, 7, 7],
] as const;

function add(crons: CronSetting[], job: CronSetting, given: Given): void {
  for (const [field, first, last, longest] of ranges) {
    const value = job[field];
    if (value < 0 ? value >= -longest : value >= first && value <= last) continue;
    const help = `write a number from ${first} to ${last}, -1 for every ${field}, or -N for every N`;
    complain(given, "never", `\`${value}\` is no ${field}: the command would never run`, help);
  }
  crons.push(job);
}

function isNumber(text: string): boolean {
  return /^[+-]?\d{1,9}$/.test(text);
}

/** The lines of cron(8) that have a name. */
const named: Readonly<Record<string, string>> = {
  "@hourly": "0 -1 -1 -1 -1",
  "@daily": "0 0 -1 -1 -1",
  "@midnight": "0 0 -1 -1 -1",
  "@weekly": "0 0 -1 -1 0",
  "@monthly": "0 0 1 -1 -1",
  "@yearly": "0 0 1 1 -1",
  "@annually": "0 0 1 1 -1",
};

/** What to write in place of a line of crontab(5), as far as one line can say it. */
function translated(value: string): string {
  const words = value.trim().split(/\s+/);
  const fixed = named[words[0] ?? ""];
  if (fixed !== undefined) return `write \`${[fixed, ...words.slice(1)].join(" ")}\``;
  const times = words.slice(0, 5).map((word) => {
    if (isNumber(word)) return word;
    if (word === "*") return "-1";
    return /^\*\/\d+$/.test(word) ? `-${word.slice(2)}` : undefined;
  });
  if (times.length === 5 && words.length > 5 && times.every((time) => time !== undefined))
    return `write \`${[...times, ...words.slice(5)].join(" ")}\`: -1 is every, -5 is every fifth`;
  return "-1 is every, -5 is every fifth; for lists and ranges write one line each";
}

function complain(given: Given, rule: string, problem: string, help: string): void {
  given.report({
    rule,
    severity: "error",
    message: `\`${given.entry.key}\`: ${problem}`,
    span: given.span,
    help,
  });
}
