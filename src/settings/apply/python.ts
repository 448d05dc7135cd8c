/** How the options of the Python side set the draft. */
import type { Given } from "../draft.ts";
import type { Apply } from "../option.ts";
import type { PythonDraft } from "../python-settings.ts";

type ListField = {
  [K in keyof PythonDraft]: PythonDraft[K] extends string[] ? K : never;
}[keyof PythonDraft];

/** One more of a list; its place is kept by its number, `python.imports.0`. */
export function oneMore(field: Exclude<ListField, undefined>): Apply<string> {
  return (draft, value, given) => {
    const list = draft.python[field];
    draft.places[`python.${field}.${list.length}`] = given.place;
    list.push(value);
  };
}

/** A text that stays as it is written. */
export function plainText(field: "programName" | "executable" | "tracebacker"): Apply<string> {
  return (draft, value, given) => {
    draft.python[field] = value;
    draft.places[`python.${field}`] = given.place;
  };
}

/** `reload-on-exception`: after any. */
export const reloadOnAny: Apply<boolean> = (draft, value, given) => {
  draft.python.reloadOn.any = value;
  draft.places["python.reloadOn.any"] = given.place;
};

/** `reload-on-exception-type` and its like: one more. */
export function reloadOn(field: "types" | "values" | "reprs"): Apply<string> {
  return (draft, value) => {
    draft.python.reloadOn[field].push(value);
  };
}

/** `pyargv`: uWSGI splits it at blanks and tabs, and knows no quotes. */
export const pyargv: Apply<string> = (draft, value, given) => {
  draft.python.argv = value.split(/[ \t]+/).filter((argument) => argument !== "");
  draft.places["python.argv"] = given.place;
};

/** `pymodule-alias = NAME=MODULE`, or `NAME=PATH` with a slash in the path. */
export function moduleAlias(field: "aliases" | "postAliases"): Apply<string> {
  return (draft, value) => {
    const at = value.indexOf("=");
    draft.python[field].push({ name: value.slice(0, at), target: value.slice(at + 1) });
  };
}

/** `lazy`: like `lazy-apps`, and a graceful reload replaces the workers only. */
export const lazy: Apply<boolean> = (draft, value, given) => {
  draft.lazy = value;
  draft.places["lazy"] = given.place;
};

/** `eval = CODE`: Python code in place of a module. */
export const evalCode: Apply<string> = (draft, value, given) => {
  draft.eval = value;
  draft.places["eval"] = given.place;
};

/** `catch-exceptions`: whoever makes the application raise sees its insides. */
export const catchExceptions: Apply<boolean> = (draft, value, given) => {
  draft.python.catchExceptions = value;
  draft.places["python.catchExceptions"] = given.place;
  if (value) warnOfExposure(given);
};

function warnOfExposure(given: Given): void {
  given.report({
    rule: "catch-exceptions",
    severity: "warning",
    message:
      "`catch-exceptions` shows clients the traceback and the variables of each request that fails",
    span: given.span,
    help: "leave it out where others than developers can make requests: the log has the tracebacks",
  });
}

/** `procname` and its like. */
export function processName(field: "name" | "master" | "prefix" | "append"): Apply<string> {
  return (draft, value, given) => {
    draft.names[field] = value;
    draft.places[`names.${field}`] = given.place;
  };
}

/** `procname-prefix-spaced`: `procname-prefix` with a blank behind it. */
export const spacedPrefix: Apply<string> = (draft, value, given) => {
  draft.names.prefix = `${value} `;
  draft.places["names.prefix"] = given.place;
};
