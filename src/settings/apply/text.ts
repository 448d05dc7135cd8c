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

/** `pythonpath`: one more directory; the application sees them in the order given. */
export const pythonpath: Apply<string> = (draft, value, given) => {
  if (/[*?[]/.test(value)) {
    given.report({
      rule: "unsupported-value",
      severity: given.lenient ? "warning" : "error",
      message: `wildcards in \`${given.entry.key}\` are not supported yet: \`${value}\` is taken as one directory`,
      span: given.span,
      help: "write one line for each directory",
    });
  }
  draft.places[`pythonpath.${draft.pythonpath.length}`] = given.place;
  draft.pythonpath.push(value);
};

/** `env = NAME=VALUE`. */
export const environment: Apply<string> = (draft, value, given) => {
  const pair = parsePair(value);
  if (!pair.ok) return; // The schema let only pairs through.
  draft.places[`env.${draft.env.length}`] = given.place;
  draft.env.push(pair.value);
};

/** `static-map = /mountpoint=/directory`, split at the first `=`. */
export const staticMap: Apply<string> = (draft, value, given) => {
  const at = value.indexOf("=");
  draft.places[`staticMaps.${draft.staticMaps.length}`] = given.place;
  draft.staticMaps.push({ mountpoint: value.slice(0, at), directory: value.slice(at + 1) });
};

/** `chmod-socket`: three octal digits, or `1` for 666, as in uWSGI. */
export const chmodSocket: Apply<string> = (draft, value, given) => {
  draft.chmodSocket = value === "1" ? 0o666 : Number.parseInt(value, 8);
  draft.places["chmodSocket"] = given.place;
};
