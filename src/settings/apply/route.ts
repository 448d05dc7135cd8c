/** How routing options and `error-page-…` set the draft. */
import type { Given } from "../draft.ts";
import type { Apply } from "../option.ts";
import { parseRoute, stageOf } from "../routing/parse-route.ts";

/** Any of `route…`, `error-route…`, `response-route…`, `final-route…`: one more line of its table. */
export const route: Apply<string> = (draft, value, given) => {
  const { key } = given.entry;
  const stage = stageOf(key);
  const read = parseRoute(key, value);
  if ("fault" in read) {
    const { message, help, start, end } = read.fault;
    const span = within(given, value, start, end);
    given.report({ rule: "route", severity: "error", message, span, help });
    // Its number is kept, so that what follows is not said to be elsewhere.
    draft.places[`routes.${stage}.${draft.routes[stage].length}`] = given.place;
    const nothing = { when: { test: "always" }, not: false, action: { do: "nothing" } } as const;
    draft.routes[stage].push(nothing);
    return;
  }
  draft.places[`routes.${stage}.${draft.routes[stage].length}`] = given.place;
  draft.routes[stage].push(read.ok);
};

/** The part of a value that is at fault, where the value stands in the text as it is. */
function within({ span }: Given, value: string, start: number, end: number): Given["span"] {
  if (span.source.text.slice(span.start, span.end) !== value) return span;
  const { source } = span;
  return { source, start: span.start + start, end: span.start + Math.max(end, start) };
}

/** `error-page-404 = file`: one more page for the status that the option's name ends in. */
export const errorPage: Apply<string> = (draft, path, given) => {
  const status = Number(given.entry.key.slice(-3));
  draft.places[`routes.pages.${draft.routes.pages.length}`] = given.place;
  draft.routes.pages.push({ status, path });
};
