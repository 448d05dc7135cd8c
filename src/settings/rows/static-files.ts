/** Rows of the option table. Files that are served without the application. */
import { addTo, expires, gzipPattern, serveMode, serveModes, staticMap } from "../apply/static.ts";
import type { HonouredOption } from "../option.ts";
import { flag, text, within } from "../option.ts";
import type { ExpiresSubject, StaticList } from "../static-settings.ts";

/** In the order of the documentation. */
export const staticFileRows: readonly HonouredOption[] = [
  map(
    "static-map",
    "maps",
    "Serve files below a path from a directory, `/mountpoint=/directory`, or one file at a path.",
  ),
  map(
    "static-map2",
    "wholeMaps",
    "Like `static-map`, but the mountpoint stays part of the path below the directory.",
  ),
  list("check-static", "checks", "Serve what is a file below this directory.", "a directory"),
  list("static-check", "checks", "The same as `check-static`.", "a directory"),
  flag(
    "check-static-docroot",
    within("statics", "docroot"),
    "Serve what is a file below the DOCUMENT_ROOT that the web server in front gives.",
  ),
  list("static-index", "index", "File that is served for its directory.", "the name of a file"),
  list("static-safe", "safe", "Directory that links may lead into.", "a directory"),
  list(
    "static-skip-ext",
    "skipEnds",
    "End of the names that are left to the application, such as `.php`.",
    "the end of a name",
  ),
  ...expiresRows(),
  flag(
    "static-gzip-all",
    within("statics", "gzipAll"),
    "Send the `.br` or `.gz` file beside a file to clients that take it.",
  ),
  list(
    "static-gzip-dir",
    "gzipPrefixes",
    "Like `static-gzip-all`, for files whose path begins so.",
    "the beginning of a path",
  ),
  list(
    "static-gzip-ext",
    "gzipEnds",
    "Like `static-gzip-all`, for files whose path ends so.",
    "the end of a name",
  ),
  text({
    name: "static-gzip",
    summary: "Like `static-gzip-all`, for files whose path matches a regular expression.",
    expected: "a regular expression",
    repeats: true,
    apply: gzipPattern,
  }),
  list(
    "mimefile",
    "mimeFiles",
    "File with content types, in place of /etc/mime.types.",
    "the path of a file",
  ),
  flag(
    "honour-range",
    within("statics", "honourRange"),
    "Send only the part of a file that a client asks for.",
  ),
  ...["file-serve-mode", "fileserve-mode"].map((name) =>
    text({
      name,
      summary: "Name the file to the web server in front, which sends it: `nginx` or `x-sendfile`.",
      expected: "`nginx`, `x-accel-redirect` or `x-sendfile`",
      pattern: `^(?:${serveModes.map(anyCase).join("|")})$`,
      apply: serveMode,
    }),
  ),
];

function map(name: string, field: "maps" | "wholeMaps", summary: string): HonouredOption {
  const expected = "`/mountpoint=/directory`";
  return text({
    ...{ name, summary, expected, pattern: "^[^=]*=." },
    repeats: true,
    apply: staticMap(field),
  });
}

function list(name: string, field: StaticList, summary: string, expected: string): HonouredOption {
  return text({ name, summary, expected, repeats: true, apply: addTo(field) });
}

/** The eight options `static-expires…`. */
function expiresRows(): HonouredOption[] {
  const subjects: readonly (readonly [string, ExpiresSubject, string])[] = [
    ["static-expires", "file", "its path matches a pattern"],
    ["static-expires-path-info", "path-info", "PATH_INFO matches a pattern"],
    ["static-expires-uri", "uri", "REQUEST_URI matches a pattern"],
    ["static-expires-type", "type", "the content type is the given one"],
  ];
  return subjects.flatMap(([name, subject, condition]) =>
    [false, true].map((fromChange) =>
      text({
        name: fromChange ? `${name}-mtime` : name,
        summary: `Seconds from ${fromChange ? "a file's last change" : "now"} to its Expires, if ${condition}.`,
        expected:
          subject === "type"
            ? "`type/subtype=SECONDS`"
            : "`PATTERN SECONDS`, with one pattern without blanks",
        pattern: subject === "type" ? "^[^=]+=[0-9]{1,9}$" : "^[^ ]+ +[0-9]{1,9}$",
        repeats: true,
        apply: expires(subject, fromChange),
      }),
    ),
  );
}

/** A pattern for a word in any case; a schema's patterns have no flags. */
function anyCase(word: string): string {
  return word.replace(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
}
