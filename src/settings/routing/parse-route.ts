/** One routing option, such as `response-route-if = empty:${X} last:`, as a line of its table. */
import { parseAction } from "./actions.ts";
import { moved, parseCondition } from "./conditions.ts";
import { translatePattern } from "./pattern.ts";
import type { Route, RouteStage, RouteTest } from "./route-settings.ts";
import { bytesOf, type Checked } from "./template.ts";

/** The variable that a regular expression looks at, by what the option's name ends in. */
const subjects: Readonly<Record<string, string>> = {
  "": "PATH_INFO",
  "-host": "HTTP_HOST",
  "-uri": "REQUEST_URI",
  "-qs": "QUERY_STRING",
  "-remote-addr": "REMOTE_ADDR",
  "-user-agent": "HTTP_USER_AGENT",
  "-remote-user": "REMOTE_USER",
  "-referer": "HTTP_REFERER",
};

/** The table that an option belongs to. */
export function stageOf(option: string): RouteStage {
  const prefix = /^(final|error|response)-/.exec(option)?.[1];
  return prefix === "final" || prefix === "error" || prefix === "response" ? prefix : "request";
}

/**
 * Reads a routing option. Faults count from the beginning of its value.
 * @param option its name
 */
export function parseRoute(option: string, value: string): Checked<Route> {
  const stage = stageOf(option);
  const kind = option.replace(/^(final-|error-|response-)?route/, "");
  if (kind === "-label") return { ok: { label: bytesOf(value) } };
  if (kind === "-run") {
    const action = parseAction(value, stage);
    if ("fault" in action) return action;
    return { ok: { when: { test: "always" }, not: false, action: action.ok } };
  }
  const space = value.indexOf(" ");
  if (space < 0) {
    const message = "a route has a condition, one blank, and an action";
    const help = `write \`${option} = ${kind.startsWith("-if") ? "exists:/path" : "^/path"} last:\``;
    return { fault: { message, help, start: 0, end: value.length } };
  }
  const when = testOf(kind, value.slice(0, space));
  if ("fault" in when) return when;
  const action = parseAction(value.slice(space + 1), stage);
  if ("fault" in action) return moved(action, space + 1);
  return { ok: { when: when.ok, not: kind === "-if-not", action: action.ok } };
}

function testOf(kind: string, text: string): Checked<RouteTest> {
  if (kind === "-if" || kind === "-if-not") return parseCondition(text);
  if (kind === "-status") {
    if (/^\d{3}$/.test(text)) return { ok: { test: "status", status: Number(text) } };
    const message = `\`${text}\` is not a status of HTTP`;
    return { fault: { message, help: "write a number such as 404", start: 0, end: text.length } };
  }
  const pattern = translatePattern(text);
  if ("fault" in pattern) return pattern;
  return { ok: { test: "match", variable: subjects[kind] ?? "PATH_INFO", pattern: pattern.ok } };
}

/**
 * What is wrong with the jumps of a table: labels that are nowhere, or not behind the jump.
 * @returns the rule's index in the table, and the message
 */
export function jumpFaults(routes: readonly Route[]): { index: number; message: string }[] {
  return routes.flatMap((route, index) => {
    if ("label" in route || route.action.do !== "goto") return [];
    const [label = "", ...rest] = route.action.label;
    if (typeof label !== "string" || rest.length > 0) return []; // known only when it is met
    const target = targetOf(routes, label);
    if (target === undefined) return [{ index, message: `there is no label \`${label}\`` }];
    if (target > index) return [];
    return [{ index, message: `\`${label}\` lies before the jump: uWSGI only jumps forward` }];
  });
}

/** The index of a label, or of the rule with that number, as uWSGI counts them. */
export function targetOf(routes: readonly Route[], label: string): number | undefined {
  const found = routes.findIndex((route) => "label" in route && route.label === label);
  if (found >= 0) return found;
  const number = Number(label);
  return /^\d+$/.test(label) && number > 0 && number < routes.length ? number : undefined;
}
