/** Rows of the option table. Bodies of requests and answers. */
import type { HonouredOption } from "../option.ts";
import { flag, integer, within } from "../option.ts";

const largest = Number.MAX_SAFE_INTEGER;

/** In the order of the documentation. */
export const bodyRows: readonly HonouredOption[] = [
  integer(
    "post-buffering",
    within("bodies", "postBuffering"),
    { minimum: 0, maximum: largest, default: 0 },
    "Read all of a request's body first: up to so many bytes in memory, else in a file; 0 is off.",
    "bytes",
  ),
  flag(
    "wsgi-disable-file-wrapper",
    within("bodies", "disableFileWrapper"),
    "Do not offer `wsgi.file_wrapper` to the application.",
  ),
  ...["ignore-sigpipe", "ignore-write-errors", "write-errors-exception-only"].map((name) =>
    flag(
      name,
      within("bodies", "ignoreWriteErrors"),
      "Do not log that a client went away before it had the whole answer.",
    ),
  ),
  integer(
    "write-errors-tolerance",
    within("bodies", "writeErrorsTolerance"),
    { minimum: 0, maximum: largest, default: 0 },
    "Parts of an answer that the application may give to a client that is gone before it is stopped.",
  ),
  flag(
    "disable-write-exception",
    within("bodies", "disableWriteException"),
    "Let the application go on with an answer whose client is gone.",
  ),
];
