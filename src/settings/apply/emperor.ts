/** How the options of an emperor set the draft. */

import { parseAddress } from "../../options/address.ts";
import type { EmperorDraft, SourceDraft, VassalDraft } from "../emperor-settings.ts";
import type { Apply } from "../option.ts";
import { addressOf } from "./address.ts";

type ListOf<T> = { [K in keyof T]: T[K] extends string[] ? K : never }[keyof T];

/** uWSGI's other monitors, and what they watch. */
const otherMonitors = new Map([
  ["zmq", "a ZeroMQ socket"],
  ["amqp", "an AMQP exchange"],
  ["pg", "a PostgreSQL table"],
  ["mongodb", "a MongoDB collection"],
  ["ldap", "an LDAP directory"],
]);

/** `emperor`: one more place to look for configurations. */
export const emperorSource: Apply<string> = (draft, value, given) => {
  const source = sourceOf(value);
  if (typeof source === "string") {
    given.report({
      rule: "imperial-monitor",
      severity: "error",
      message: `\`${given.entry.key} = ${value}\`: ${source}`,
      span: given.span,
      help: "write a directory or a pattern of files, and let a program put a file there for each server",
    });
    return;
  }
  draft.places[`emperor.sources.${draft.emperor.sources.length}`] = given.place;
  draft.emperor.sources.push(source);
};

/** A source, or what is wrong with it. */
function sourceOf(value: string): SourceDraft | string {
  const [, scheme, rest = ""] = /^([a-z][\w+-]*):\/\/(.*)$/s.exec(value) ?? [];
  if (scheme === undefined) return { kind: "either", text: value };
  if (rest === "") return `nothing stands after \`${scheme}://\``;
  if (scheme === "dir") return { kind: "directory", text: rest };
  if (scheme === "glob") return { kind: "pattern", text: rest };
  const watches = otherMonitors.get(scheme);
  return watches === undefined
    ? `no imperial monitor is called \`${scheme}\`; there are \`dir\` and \`glob\``
    : `the imperial monitor \`${scheme}\`, ${watches}, is not supported; there are \`dir\` and \`glob\``;
}

/** `emperor-stats`: where the emperor's statistics are served. */
export const emperorStats: Apply<string> = (draft, value, given) => {
  draft.emperor.stats = addressOf(value, given, parseAddress);
  draft.places["emperor.stats"] = given.place;
};

/** One more element of a list of the emperor's. */
export function emperorList(field: ListOf<EmperorDraft>): Apply<string> {
  return (draft, value, given) => {
    draft.places[`emperor.${field}.${draft.emperor[field].length}`] = given.place;
    draft.emperor[field].push(value);
  };
}

/** One more hook of the emperor's: `exec:COMMAND`. */
export function emperorHook(field: ListOf<EmperorDraft>): Apply<string> {
  const add = emperorList(field);
  return (draft, value, given) => add(draft, commandOf(value), given);
}

/** One more hook of a vassal's: `exec:COMMAND`. */
export function vassalHook(field: ListOf<VassalDraft>): Apply<string> {
  return (draft, value, given) => {
    draft.places[`vassal.${field}.${draft.vassal[field].length}`] = given.place;
    draft.vassal[field].push(commandOf(value));
  };
}

/** The schema let only `exec:` through. */
function commandOf(value: string): string {
  return value.replace(/^exec:/, "");
}
