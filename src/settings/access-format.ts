/** uWSGI's `log-format`: text with variables, `%(name)`. */

/** A piece of a format: text as it is, or the name of a variable. */
export type FormatPiece = { readonly text: string } | { readonly variable: string };

/** The variables that uWSGI has; any other name is one that an application sets. */
export const logVariables = [
  "uri",
  "method",
  "user",
  "addr",
  "host",
  "proto",
  "uagent",
  "referer",
  "status",
  "rsize",
  "hsize",
  "size",
  "cl",
  "micros",
  "msecs",
  "secs",
  "tmsecs",
  "tmicros",
  "time",
  "ltime",
  "ftime",
  "ctime",
  "epoch",
  "pid",
  "wid",
  "switches",
  "vars",
  "core",
  "vsz",
  "rss",
  "vszM",
  "rssM",
  "pktsize",
  "modifier1",
  "modifier2",
  "headers",
  "werr",
  "rerr",
  "ioerr",
] as const;

/** One of uWSGI's own variables. */
export type LogVariable = (typeof logVariables)[number];

const names: ReadonlySet<string> = new Set(logVariables);

/** Whether uWSGI has a variable of this name. */
export function isLogVariable(name: string): name is LogVariable {
  return names.has(name);
}

/** Takes a format apart; what is not complete is text. */
export function formatPieces(format: string): FormatPiece[] {
  const pieces: FormatPiece[] = [];
  let at = 0;
  for (const match of format.matchAll(/%\(([^()%][^()%]*)\)/g)) {
    if (match.index > at) pieces.push({ text: format.slice(at, match.index) });
    pieces.push({ variable: match[1] ?? "" });
    at = match.index + match[0].length;
  }
  if (at < format.length) pieces.push({ text: format.slice(at) });
  return pieces;
}
