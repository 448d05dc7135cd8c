/** The conditions of `route-if`. */
import { translatePattern } from "./pattern.ts";
import type { Comparison, FileTest, RouteTest } from "./route-settings.ts";
import { suggestion } from "./suggestion.ts";
import { type Checked, type Fault, parseTemplate } from "./template.ts";

const fileTests: readonly FileTest[] = ["exists", "isfile", "isdir", "islink", "isexec"];

const comparisons: Readonly<Record<string, Comparison>> = {
  equal: "equal",
  isequal: "equal",
  eq: "equal",
  "==": "equal",
  startswith: "startswith",
  endswith: "endswith",
  contains: "contains",
  contain: "contains",
  ipv4in: "ipv4in",
  ipv6in: "ipv6in",
  ishigher: "higher",
  ">": "higher",
  ishigherequal: "higherequal",
  ">=": "higherequal",
  islower: "lower",
  "<": "lower",
  islowerequal: "lowerequal",
  "<=": "lowerequal",
};

/**
 * Reads a condition, `name:argument`. Faults count from its beginning.
 */
export function parseCondition(text: string): Checked<RouteTest> {
  const colon = text.indexOf(":");
  if (colon < 0) {
    const message = `the condition \`${text}\` has no colon`;
    return fault(message, "write `name:argument`, such as `exists:/path`", 0, text.length);
  }
  const name = text.slice(0, colon);
  const argument = text.slice(colon + 1);
  const start = colon + 1;
  const kind = fileTests.find((one) => one === name);
  if (kind !== undefined) {
    const path = parseTemplate(argument, false);
    return "fault" in path ? moved(path, start) : { ok: { test: "file", kind, path: path.ok } };
  }
  if (name === "empty") {
    const read = parseTemplate(argument, false);
    return "fault" in read ? moved(read, start) : { ok: { test: "empty", text: read.ok } };
  }
  const regexp = name === "regexp" || name === "re";
  const how = Object.hasOwn(comparisons, name) ? comparisons[name] : undefined;
  if (!regexp && how === undefined) return unknown(name, colon);
  const semicolon = argument.indexOf(";");
  if (semicolon < 0) {
    const message = `\`${name}\` compares two texts, and there is no semicolon between them`;
    return fault(message, `write \`${name}:\${VAR};text\``, 0, text.length);
  }
  const left = parseTemplate(argument.slice(0, semicolon), false);
  if ("fault" in left) return moved(left, start);
  const second = start + semicolon + 1;
  if (how === undefined) {
    const pattern = translatePattern(argument.slice(semicolon + 1));
    if ("fault" in pattern) return moved(pattern, second);
    return { ok: { test: "regexp", text: left.ok, pattern: pattern.ok } };
  }
  const right = parseTemplate(argument.slice(semicolon + 1), false);
  if ("fault" in right) return moved(right, second);
  return { ok: { test: "compare", how, left: left.ok, right: right.ok } };
}

/** A fault of a piece that begins at `by` of the whole. */
export function moved(checked: { readonly fault: Fault }, by: number): { fault: Fault } {
  const { start, end } = checked.fault;
  return { fault: { ...checked.fault, start: start + by, end: end + by } };
}

function fault(message: string, help: string, start: number, end: number): { fault: Fault } {
  return { fault: { message, help, start, end } };
}

function unknown(name: string, end: number): { fault: Fault } {
  const known = [...fileTests, "empty", "regexp", ...Object.keys(comparisons)];
  const help = name === "lord" ? "take it out: there are no legions" : suggestion(name, known);
  return fault(`tsuwsgi has no condition \`${name}\``, help, 0, end);
}
