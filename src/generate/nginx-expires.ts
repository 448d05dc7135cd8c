/** The rules of `static-expires…` as maps of nginx. */
import type { ExpiresRule, ExpiresSubject } from "../settings/static-settings.ts";
import { nginxQuote } from "./quote.ts";

/** What the rules look at, in the order in which they count, and nginx's variable for it. */
const subjects: readonly (readonly [ExpiresSubject, string])[] = [
  ["file", "$request_filename"],
  ["path-info", "$uri"],
  ["uri", "$request_uri"],
  ["type", "$sent_http_content_type"],
];

/** Why nginx cannot follow the rules, if it cannot. */
export function expiresObstacle(rules: readonly ExpiresRule[]): string | undefined {
  const [first] = rules;
  if (rules.every(({ fromChange }) => fromChange === first?.fromChange)) return undefined;
  return "in nginx all times of Expires count from now, or all from a file's last change";
}

/** Maps that belong before the server block, and the variable for `expires`. */
export interface ExpiresMaps {
  readonly lines: readonly string[];
  readonly variable: string | undefined;
}

/**
 * A map for each thing that rules look at; where none of its rules fits, the next one is asked.
 * @param name of the upstream, which makes the variables' names unique
 */
export function expiresMaps(rules: readonly ExpiresRule[], name: string): ExpiresMaps {
  if (rules.length === 0 || expiresObstacle(rules)) return { lines: [], variable: undefined };
  const used = subjects.filter(([subject]) => rules.some((rule) => rule.subject === subject));
  const variable = (index: number) => `$${name}_expires_${used[index]?.[0].replace("-", "_")}`;
  const lines = used.flatMap(([subject, source], index) => [
    "",
    `map ${source} ${variable(index)} {`,
    `    default ${index + 1 < used.length ? variable(index + 1) : "off"};`,
    ...rules
      .filter((rule) => rule.subject === subject)
      .filter(isFirst)
      .map(({ pattern, seconds }) => `    ${key(subject, pattern)} ${seconds}s;`),
    "}",
  ]);
  return { lines, variable: variable(0) };
}

/** nginx takes each key once; of two rules with one the first counts. */
function isFirst({ pattern }: ExpiresRule, index: number, all: readonly ExpiresRule[]): boolean {
  return all.findIndex((rule) => rule.pattern === pattern) === index;
}

/** A media type has a slash, so it is none of the words that mean something in a map. */
function key(subject: ExpiresSubject, pattern: string): string {
  return subject === "type" ? nginxQuote(pattern) : quoted(`~${pattern}`);
}

/** Braces and semicolons need quotes, and so do expressions in general. */
function quoted(text: string): string {
  const bare = nginxQuote(text);
  return bare.startsWith('"') ? bare : `"${bare}"`;
}
