/** Rows of the option table. uWSGI's internal routing. */
import { errorPage, route } from "../apply/route.ts";
import type { HonouredOption } from "../option.ts";
import { text } from "../option.ts";

const matches: readonly (readonly [name: string, what: string])[] = [
  ["route", "PATH_INFO"],
  ["route-host", "the Host field"],
  ["route-uri", "REQUEST_URI"],
  ["route-qs", "QUERY_STRING"],
  ["route-remote-addr", "REMOTE_ADDR"],
  ["route-user-agent", "the User-Agent field"],
  ["route-remote-user", "REMOTE_USER"],
  ["route-referer", "the Referer field"],
];

const rule = (name: string, summary: string, expected: string) =>
  text({ name, summary, expected, repeats: true, apply: route });

/** In the order of the documentation. */
export const routingRows: readonly HonouredOption[] = [
  ...matches.map(([name, what]) =>
    rule(name, `Do something where ${what} matches, \`REGEX ACTION:…\`.`, "`REGEX ACTION:…`"),
  ),
  rule(
    "route-if",
    "Do something where a condition holds, `CONDITION:… ACTION:…`.",
    "`CONDITION:… ACTION:…`",
  ),
  rule(
    "route-if-not",
    "Do something where a condition does not hold, `CONDITION:… ACTION:…`.",
    "`CONDITION:… ACTION:…`",
  ),
  rule("route-run", "Do something with every request, `ACTION:…`.", "`ACTION:…`"),
  rule("route-label", "A place in the table of routes that `goto:` jumps to.", "a name"),
  rule(
    "final-route-status",
    "Do something where the answer has a status, `STATUS ACTION:…`.",
    "`STATUS ACTION:…`",
  ),
  ...["final", "error", "response"].map((stage) =>
    rule(
      `${stage}-route-label`,
      `A place in the table of ${stage} routes that \`goto:\` jumps to.`,
      "a name",
    ),
  ),
  ...[403, 404, 500].map((status) =>
    text({
      name: `error-page-${status}`,
      summary: `File with the page (HTML) of the server's own answers with status ${status}.`,
      expected: "a file",
      repeats: true,
      apply: errorPage,
    }),
  ),
];
