/** How options whose value is a path or a pair set the draft. */
import { resolve } from "node:path";
import { parsePair } from "../../options/value.ts";
import { variableOf } from "../../resolve/early-environment.ts";
import type { Apply } from "../option.ts";

/** `chdir`: relative to the start, as in uWSGI; of several the last wins. */
export const chdir: Apply<string> = (draft, value, given) => {
  draft.chdir = resolve(given.startDirectory, value);
  draft.places["chdir"] = given.place;
};

/**
 * A field that is one path. uWSGI opens `pidfile` before it changes directory, so that one is
 * relative to the start; the others are looked up after `chdir` and stay as written until then.
 */
export function pathField(field: "pidfile" | "safePidfile" | "virtualenv"): Apply<string> {
  return (draft, value, given) => {
    draft[field] = field === "pidfile" ? resolve(given.startDirectory, value) : value;
    draft.places[field] = given.place;
  };
}

/** `pythonpath`: one more directory, or wildcards for several; the last is first on sys.path. */
export const pythonpath: Apply<string> = (draft, value, given) => {
  draft.places[`pythonpath.${draft.pythonpath.length}`] = given.place;
  draft.pythonpath.push(value);
};

/** `early-pythonpath`: comes before all of `pythonpath`, since uWSGI obeys it while it reads. */
export const earlyPythonpath: Apply<string> = (draft, value) => {
  draft.earlyPythonpath.push(value);
};

/** `env = NAME=VALUE`; `ienv` comes before all of `env`, since uWSGI obeys it while it reads. */
export function environment(when: "earlyEnv" | "env"): Apply<string> {
  return (draft, value, given) => {
    const pair = parsePair(value);
    if (!pair.ok) return; // The schema let only pairs through.
    if (when === "env") draft.places[`env.${draft.env.length}`] = given.place;
    draft[when].push(pair.value);
  };
}

/** `unenv = NAME` */
export const unset: Apply<string> = (draft, name, given) => {
  draft.places[`env.${draft.env.length}`] = given.place;
  draft.env.push({ name, value: undefined });
};

/** `envdir = DIRECTORY`, relative to the start: each file is a variable; an empty file takes the variable away. */
export function envdir(when: "earlyEnv" | "envdir"): Apply<string> {
  return (draft, value, given) => {
    const directory = resolve(given.startDirectory, value);
    const names = given.filesIn(directory);
    if (names === undefined) {
      given.report({
        rule: "unreadable-directory",
        severity: "error",
        message: `cannot read the directory \`${value}\``,
        span: given.span,
        help: "make it, or take the line out",
      });
      return;
    }
    for (const name of [...names].sort()) {
      const text = given.readText(`${directory}/${name}`);
      if (text !== undefined) {
        draft[when].push({ name, value: variableOf(text) });
        continue;
      }
      given.report({
        rule: "unreadable-file",
        severity: "error",
        message: `cannot read \`${name}\` in \`${value}\``,
        span: given.span,
      });
    }
  };
}

/** `print = TEXT` */
export const print: Apply<string> = (draft, value) => {
  draft.prints.push(value);
};

/** `chmod-socket`: three octal digits, or `1` for 666, as in uWSGI. */
export const chmodSocket: Apply<string> = (draft, value, given) => {
  draft.chmodSocket = value === "1" ? 0o666 : Number.parseInt(value, 8);
  draft.places["chmodSocket"] = given.place;
};

/** `umask`: three octal digits, or four of which the first is 0. */
export const umask: Apply<string> = (draft, value, given) => {
  draft.umask = Number.parseInt(value, 8);
  draft.places["umask"] = given.place;
};
