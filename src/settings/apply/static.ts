/** How the options of static files set the draft. */
import { parsePattern } from "../../options/pattern.ts";
import type { Given } from "../draft.ts";
import type { Apply } from "../option.ts";
import type { ExpiresSubject, FileServeMode, StaticList } from "../static-settings.ts";

/** `static-map = /mountpoint=/directory` and `static-map2`, split at the first `=`. */
export function staticMap(field: "maps" | "wholeMaps"): Apply<string> {
  return (draft, value, given) => {
    const at = value.indexOf("=");
    const mountpoint = value.slice(0, at);
    const maps = draft.statics[field];
    draft.places[`statics.${field}.${maps.length}`] = given.place;
    maps.push({ mountpoint, directory: value.slice(at + 1) });
    if (mountpoint === "" || mountpoint.startsWith("/")) return;
    given.report({
      rule: "no-effect",
      severity: "warning",
      message: `\`${given.entry.key}\`: no path of a request begins with \`${mountpoint}\``,
      span: given.span,
      help: `begin the mountpoint with a slash: \`/${value}\``,
    });
  };
}

/** One more text of a list. */
export function addTo(field: StaticList): Apply<string> {
  return (draft, value, given) => {
    const list = draft.statics[field];
    draft.places[`statics.${field}.${list.length}`] = given.place;
    list.push(value);
  };
}

/** `static-gzip = PATTERN` */
export const gzipPattern: Apply<string> = (draft, value, given) => {
  if (isPattern(value, given)) addTo("gzipPatterns")(draft, value, given);
};

/** `static-expires = PATTERN SECONDS`, and `static-expires-type = TYPE=SECONDS`. */
export function expires(subject: ExpiresSubject, fromChange: boolean): Apply<string> {
  const separator = subject === "type" ? "=" : " ";
  return (draft, value, given) => {
    const at = value.indexOf(separator);
    const pattern = value.slice(0, at);
    if (subject !== "type" && !isPattern(pattern, given)) return;
    const rules = draft.statics.expires;
    draft.places[`statics.expires.${rules.length}`] = given.place;
    rules.push({ subject, pattern, seconds: Number(value.slice(at + 1)), fromChange });
  };
}

function isPattern(text: string, given: Given): boolean {
  const pattern = parsePattern(text);
  if (pattern.ok) return true;
  given.report({
    rule: "invalid-value",
    severity: "error",
    message: `\`${given.entry.key}\`: \`${text}\` is not ${pattern.expected}`,
    span: given.span,
    help: "patterns are JavaScript's regular expressions, which lack some of what PCRE has",
  });
  return false;
}

const modes: Readonly<Record<string, FileServeMode>> = {
  "x-sendfile": "x-sendfile",
  xsendfile: "x-sendfile",
  "x-accel-redirect": "x-accel-redirect",
  xaccelredirect: "x-accel-redirect",
  nginx: "x-accel-redirect",
};

/** What `file-serve-mode` may be, in any case. */
export const serveModes = Object.keys(modes);

/** `file-serve-mode`; the schema let only the known ones through. */
export const serveMode: Apply<string> = (draft, value, given) => {
  draft.statics.serveMode = modes[value.toLowerCase()] ?? "bytes";
  draft.places["statics.serveMode"] = given.place;
};
