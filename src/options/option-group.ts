/** What is known about one uWSGI option, and the short way in which the catalogue writes it. */

/** How uWSGI treats an option's value. `special` has a parser of its own; `noop` and `deprecated` do nothing. */
export type OptionType =
  | "socket"
  | "integer"
  | "flag"
  | "string"
  | "config-source"
  | "placeholder"
  | "list"
  | "special"
  | "logic"
  | "noop"
  | "deprecated"
  | "megabytes"
  | "legion"
  | "logger"
  | "pattern-map"
  | "route"
  | "map"
  | "cron"
  | "daemon";

/** Whether an option takes a value on the command line; an optional one only after `=`. */
export type Argument = "required" | "optional" | "no";

/** One option with all the names that mean the same. */
export interface OptionGroup {
  readonly name: string;
  readonly type: OptionType;
  readonly argument: Argument;
  /** Other names, without `name` itself. */
  readonly aliases: readonly string[];
  /** The letter of `-p`. Where several options have it, uWSGI takes the first. */
  readonly short?: string;
  /** Each occurrence adds one; otherwise the last one wins. */
  readonly repeatable: boolean;
  /** Acts as soon as it is read, so nothing in its value is expanded. */
  readonly immediate: boolean;
  /** The plugin that brings it; absent for the core's. */
  readonly plugin?: string;
  /** Turns `master` on by itself. */
  readonly impliesMaster: boolean;
  /** Whether uWSGI 2.0.21 has it; a list when it has only some of the names. */
  readonly in2021: boolean | readonly string[];
}

type Rest = Partial<Omit<OptionGroup, "name" | "type" | "argument">>;

/** A row of the catalogue; what is left out is the usual. */
export function option(
  name: string,
  type: OptionType,
  argument: Argument,
  rest: Rest = {},
): OptionGroup {
  return { ...usual, ...rest, name, type, argument };
}

const usual = {
  aliases: [],
  repeatable: false,
  immediate: false,
  impliesMaster: false,
  in2021: true,
} as const;
