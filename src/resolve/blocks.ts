/**
 * `for*` and `if-*` blocks, as uWSGI runs them: every option that comes while a block is open goes through it,
 * and is listed once for each text that the block gives for `%(_)`. A condition is asked anew at each option.
 */
import { findOption } from "../options/find.ts";
import { parsePair } from "../options/value.ts";
import { glob } from "./glob.ts";
import type { Host } from "./host.ts";

/** What a block may ask about the list so far. */
export interface ListSoFar {
  /** The value of the first option of that name; undefined when there is none, or it has no value. */
  readonly valueOf: (name: string) => string | undefined;
  /** Whether a `plugin` option named it already. */
  readonly hasPlugin: (name: string) => boolean;
}

/** An open block: gives, for an option, what `%(_)` is in each of its rounds; undefined leaves it as written. */
export type Block = () => readonly (string | undefined)[];

/** Rounds of one loop: more is a mistake, and each makes an option. */
const maxRounds = 100_000;

/** What fgets takes at a time in for-readline. */
const readlineBytes = 1023;

type Condition = (argument: string, host: Host, list: ListSoFar) => Verdict;

/** Whether a condition holds, and what `%(_)` is when the block runs. */
interface Verdict {
  readonly holds: boolean;
  readonly word: string | undefined;
}

const conditions = new Map<string, Condition>([
  ["env", (argument, { env }) => compared(argument, (name) => ownValue(env, name))],
  ["opt", (argument, _host, list) => compared(argument, list.valueOf)],
  ["reload", () => ({ holds: false, word: undefined })],
  ["hostname", (argument, host) => itself(argument, host.hostname() === argument)],
  ["hostname-match", (argument, host) => itself(argument, matches(argument, host.hostname()))],
  ["exists", (argument, host) => itself(argument, host.kindOf(argument) !== undefined)],
  ["file", (argument, host) => itself(argument, host.kindOf(argument) === "file")],
  ["dir", (argument, host) => itself(argument, host.kindOf(argument) === "directory")],
  ["plugin", (argument, _host, list) => itself(argument, list.hasPlugin(argument))],
]);

/** Names that are not put together like the others. */
const spellings = new Map([
  ["ifenv", "if-env"],
  ["ifexists", "if-exists"],
  ["ifplugin", "if-plugin"],
  ["ifdir", "if-dir"],
  ["if-directory", "if-dir"],
]);

/** Whether an option opens a block. */
export function opensBlock(key: string): boolean {
  return findOption(key)?.type === "logic" && key !== "else";
}

/** Whether an option closes the open block, whatever kind that is. */
export function closesBlock(key: string): boolean {
  return /^end(?:-?(?:for|if))?$/.test(key);
}

/**
 * The block that an option opens.
 * @param argument its value, which uWSGI does not expand
 * @throws SyntaxError for an expression of if-hostname-match that is none
 */
export function openBlock(key: string, argument: string, host: Host, list: ListSoFar): Block {
  switch (key) {
    case "for": {
      const words = argument.split(" ").filter((word) => word !== "");
      return () => words;
    }
    case "for-glob": {
      const found = glob(argument, host);
      const words = found.length > 0 ? found : [argument];
      return () => words;
    }
    case "for-times": {
      const times = Math.min(maxRounds, Number.parseInt(argument, 10) || 0);
      const words = Array.from({ length: Math.max(0, times) }, (_, i) => String(i + 1));
      return () => words;
    }
    case "for-readline": {
      const words = lines(argument, host);
      return () => words;
    }
    default:
      return condition(spellings.get(key) ?? key, argument, host, list);
  }
}

function condition(key: string, argument: string, host: Host, list: ListSoFar): Block {
  const negated = key.startsWith("if-not-");
  const ask = conditions.get(key.slice(negated ? "if-not-".length : "if-".length));
  if (ask === undefined) return () => [];
  if (key.endsWith("-match")) new RegExp(argument, "u");
  return () => {
    const { holds, word } = ask(argument, host, list);
    return holds === negated ? [] : [word];
  };
}

/** `NAME`, which has to have a value, or `NAME=VALUE`, which has to have that one. */
function compared(argument: string, lookUp: (name: string) => string | undefined): Verdict {
  const pair = parsePair(argument);
  const equals = argument.indexOf("=");
  const name = equals < 0 ? argument : argument.slice(0, equals);
  const word = lookUp(name);
  const wanted = pair.ok ? pair.value.value : argument.slice(equals + 1);
  return { holds: word !== undefined && (equals < 0 || word === wanted), word };
}

function ownValue(env: Host["env"], name: string): string | undefined {
  return Object.hasOwn(env, name) ? env[name] : undefined;
}

function matches(expression: string, text: string): boolean {
  return new RegExp(expression, "u").test(text);
}

/** `%(_)` is the condition's own argument. */
function itself(word: string, holds: boolean): Verdict {
  return { holds, word };
}

/** The lines of a file as fgets gives them, each without the CR at its end; none when there is no file. */
function lines(name: string, host: Host): string[] {
  const text = host.readText(name);
  if (text === undefined || text === "") return [];
  const parts = (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n");
  return parts
    .flatMap((line) => chunks(line))
    .slice(0, maxRounds)
    .map((line) => line.replace(/\r+$/, ""));
}

function chunks(line: string): string[] {
  if (line.length <= readlineBytes) return [line];
  const parts: string[] = [];
  for (let at = 0; at < line.length; at += readlineBytes) {
    parts.push(line.slice(at, at + readlineBytes));
  }
  return parts;
}
