/** What one row of the option table says, and short ways to write the usual rows. */
import type { Draft, Given, Groups } from "./draft.ts";

/**
 * `supported`: it does what it says. `moot`: accepted, since nothing is lost without it (see moot.ts).
 * `directive`: obeyed while the configuration was read.
 */
export type Status = "supported" | "moot" | "directive";

/** The JSON Schema of one option's value; `pattern` is a JavaScript regular expression. */
export interface ValueSchema {
  readonly type: "boolean" | "integer" | "string";
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly default?: boolean | number | string;
}

interface Row {
  /** The catalogue's name; aliases come from there. */
  readonly name: string;
  readonly status: Status;
  /** One sentence for documentation and editors. */
  readonly summary: string;
  /** Each occurrence adds to a list; otherwise the last one wins. */
  readonly repeats: boolean;
  readonly schema: ValueSchema;
  /** What a value must look like, for messages: `a number from 1 to 1024`. */
  readonly expected: string;
  /** What a number counts. */
  readonly unit: "bytes" | "seconds" | "count";
  /** What the option alone on the command line stands for, where uWSGI lets its value be left out. */
  readonly bare?: string;
  /** The value is for the shell, which has comments and quotes of its own. */
  readonly isCommand?: boolean;
  /** Of a moot option: why there is nothing to do. One sentence. */
  readonly why?: string;
}

/** An option that tsuwsgi acts on, with how its value sets the draft. */
export type HonouredOption = Row &
  (
    | { readonly kind: "boolean"; readonly apply: Apply<boolean> }
    | { readonly kind: "integer"; readonly apply: Apply<number> }
    | { readonly kind: "string"; readonly apply: Apply<string> }
  );

/** Writes a valid value into the draft; reports what a schema cannot say. */
export type Apply<T> = (draft: Draft, value: T, given: Given) => void;

type FieldOf<T> = { [K in keyof Draft]-?: [T] extends [Draft[K]] ? K : never }[keyof Draft];
type FlagField = Extract<
  FieldOf<boolean>,
  | "master"
  | "vacuum"
  | "disableLogging"
  | "noServerHeader"
  | "lazyApps"
  | "needApp"
  | "lenient"
  | "showConfig"
>;
type IntegerField = Extract<
  FieldOf<number>,
  | "processes"
  | "threads"
  | "listen"
  | "harakiri"
  | "maxRequests"
  | "workerReloadMercy"
  | "bufferSize"
  | "limitPost"
>;

/** Where a value goes, and under which name its place is kept. */
export interface Target<T> {
  readonly place: string;
  readonly set: (draft: Draft, value: T) => void;
}

/** A field of one of the groups of settings. */
export function within<G extends keyof Groups, F extends string & keyof Groups[G]>(
  group: G,
  field: F,
): Target<Groups[G][F]> {
  return {
    place: `${group}.${field}`,
    set: (draft, value) => {
      const groups: Groups = draft;
      groups[group][field] = value;
    },
  };
}

/** Sets a target and keeps the place. */
export function applyTo<T>(target: Target<T>): Apply<T> {
  return (draft, value, given) => {
    target.set(draft, value);
    draft.places[target.place] = given.place;
  };
}

function own(field: FlagField): Apply<boolean> {
  return applyTo({
    place: field,
    set: (draft, value) => {
      draft[field] = value;
    },
  });
}

function ownNumber(field: IntegerField): Apply<number> {
  return applyTo({
    place: field,
    set: (draft, value) => {
      draft[field] = value;
    },
  });
}

/** A flag that sets one field; false unless given. */
export function flag(
  name: string,
  field: FlagField | Target<boolean>,
  summary: string,
): HonouredOption {
  const apply = typeof field === "object" ? applyTo(field) : own(field);
  return flagWith(name, "supported", summary, apply, false);
}

/** A flag with a meaning of its own. */
export function flagWith(
  name: string,
  status: Status,
  summary: string,
  apply: Apply<boolean>,
  unset: boolean,
): HonouredOption {
  const schema = { type: "boolean", default: unset } as const;
  const expected = "`true` or `false`";
  const unit = "count";
  return { unit, name, status, summary, repeats: false, schema, expected, kind: "boolean", apply };
}

/** A whole number that sets one field. */
export function integer(
  name: string,
  field: IntegerField | Target<number>,
  range: { readonly minimum: number; readonly maximum: number; readonly default: number },
  summary: string,
  unit: "bytes" | "seconds" | "count" = "count",
): HonouredOption {
  const apply = typeof field === "object" ? applyTo(field) : ownNumber(field);
  const schema = { type: "integer", ...range } as const;
  const expected =
    range.maximum === Number.MAX_SAFE_INTEGER
      ? `a whole number of at least ${range.minimum}`
      : `a whole number from ${range.minimum} to ${range.maximum}`;
  const row = { name, status: "supported", repeats: false, kind: "integer" } as const;
  return { ...row, summary, schema, expected, unit, apply };
}

/** An option whose value is text, not empty unless `mayBeEmpty`. */
export function text(row: {
  readonly name: string;
  readonly summary: string;
  readonly expected: string;
  readonly apply: Apply<string>;
  readonly pattern?: string;
  readonly repeats?: boolean;
  readonly status?: Status;
  readonly bare?: string;
  readonly why?: string;
  readonly mayBeEmpty?: boolean;
  readonly isCommand?: boolean;
}): HonouredOption {
  const { pattern, repeats = false, status = "supported", mayBeEmpty = false, ...rest } = row;
  const schema = {
    type: "string",
    ...(pattern === undefined && mayBeEmpty ? {} : { pattern: pattern ?? "." }),
  } as const;
  return { ...rest, unit: "count", status, repeats, schema, kind: "string" };
}

/** An option that was already obeyed while the configuration was read; any text may follow it. */
export function directive(name: string, summary: string): HonouredOption {
  const schema = { type: "string" } as const;
  const row = { status: "directive", repeats: true, expected: "text", kind: "string" } as const;
  return { ...row, unit: "count", name, summary, schema, apply: () => {} };
}
