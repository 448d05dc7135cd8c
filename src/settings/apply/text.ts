/** How options whose value is a path or a pair set the draft. */
import { resolve } from "node:path";
import { parsePair } from "../../options/value.ts";
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

/** `env = NAME=VALUE`. */
export const environment: Apply<string> = (draft, value, given) => {
  const pair = parsePair(value);
  if (!pair.ok) return; // The schema let only pairs through.
  draft.places[`env.${draft.env.length}`] = given.place;
  draft.env.push(pair.value);
};

/** `unenv = NAME` */
export const unset: Apply<string> = (draft, name, given) => {
  draft.places[`env.${draft.env.length}`] = given.place;
  draft.env.push({ name, value: undefined });
};

/**
 * `envdir = DIRECTORY`, relative to the start: each file is a variable, its text the value, without the blanks
 * and line breaks at its end and with line breaks for NUL bytes; an empty file takes the variable away.
 */
export const envdir: Apply<string> = (draft, value, given) => {
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
    if (text === undefined) {
      given.report({
        rule: "unreadable-file",
        severity: "error",
        message: `cannot read \`${name}\` in \`${value}\``,
        span: given.span,
      });
    } else {
      const content = text.replace(/[ \t\r\n]+$/, "").replaceAll("\0", "\n");
      draft.envdir.push({ name, value: text === "" ? undefined : content });
    }
  }
};

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
