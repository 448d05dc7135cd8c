/** Whether a rule of the routes applies to a request. */
import type { Comparison, RoutePattern, RouteTest } from "../../settings/routing/route-settings.ts";
import { expand, expandPath, type Groups, number } from "./expand.ts";
import { inNetwork } from "./network.ts";
import type { RouteScope } from "./scope.ts";

const NO_GROUPS: Groups = [];
/** Compiled once, for as long as the server runs: there are as many as rules. */
const compiled = new WeakMap<RoutePattern, RegExp>();

/**
 * What the rule's regular expression matched, nothing for a rule that has none; undefined when the rule does
 * not apply.
 */
export function applies(when: RouteTest, not: boolean, scope: RouteScope): Groups | undefined {
  const found = test(when, scope);
  if (!not) return found;
  return found === undefined ? NO_GROUPS : undefined;
}

function test(when: RouteTest, scope: RouteScope): Groups | undefined {
  switch (when.test) {
    case "always":
      return NO_GROUPS;
    case "match": {
      const subject = scope.vars.get(when.variable);
      return subject === undefined ? undefined : match(when.pattern, subject);
    }
    case "regexp":
      return match(when.pattern, expand(when.text, scope, NO_GROUPS));
    case "status":
      return scope.status === when.status ? NO_GROUPS : undefined;
    case "empty":
      return expand(when.text, scope, NO_GROUPS) === "" ? NO_GROUPS : undefined;
    case "file": {
      const path = expandPath(when.path, scope, NO_GROUPS);
      return path !== undefined && scope.world.file(when.kind, path) ? NO_GROUPS : undefined;
    }
    case "compare": {
      const left = expand(when.left, scope, NO_GROUPS);
      const right = expand(when.right, scope, NO_GROUPS);
      return compare(when.how, left, right) ? NO_GROUPS : undefined;
    }
  }
}

function match(pattern: RoutePattern, subject: string): Groups | undefined {
  let regexp = compiled.get(pattern);
  if (regexp === undefined) {
    regexp = new RegExp(pattern.source, pattern.flags);
    compiled.set(pattern, regexp);
  }
  return regexp.exec(subject) ?? undefined;
}

function compare(how: Comparison, left: string, right: string): boolean {
  switch (how) {
    case "equal":
      return left === right;
    case "startswith":
      return left.startsWith(right);
    case "endswith":
      return left.endsWith(right);
    case "contains":
      return left.includes(right);
    case "ipv4in":
      return inNetwork(left, right, 32);
    case "ipv6in":
      return inNetwork(left, right, 128);
    case "higher":
      return number(left) > number(right);
    case "higherequal":
      return number(left) >= number(right);
    case "lower":
      return number(left) < number(right);
    case "lowerequal":
      return number(left) <= number(right);
  }
}
