/** Templates of routes with the values of one request. */
import { Buffer } from "node:buffer";
import type { Part, Template } from "../../settings/routing/route-settings.ts";
import type { RouteScope } from "./scope.ts";

/** What the rule's regular expression matched: all of it, then the groups. */
export type Groups = readonly (string | undefined)[];

/** The text of a template. What has no value is nothing. */
export function expand(template: Template, scope: RouteScope, groups: Groups): string {
  let text = "";
  for (const part of template) text += partText(part, scope, groups);
  return text;
}

/**
 * The path that a template means; undefined when what the request put into it climbs by `..` or has a NUL.
 * uWSGI relies on paths that its parser has cleaned, which only holds for some of its protocols.
 */
export function expandPath(
  template: Template,
  scope: RouteScope,
  groups: Groups,
): string | undefined {
  const path = expand(template, scope, groups);
  const own = template.filter((part) => typeof part === "string").join("\0");
  if (path.includes("\0") || climbs(path) > climbs(own)) return undefined;
  return path;
}

function climbs(path: string): number {
  return path.split(/[/\0]/).filter((segment) => segment === "..").length;
}

function partText(part: Part, scope: RouteScope, groups: Groups): string {
  if (typeof part === "string") return part;
  if ("group" in part) return groups[part.group] ?? "";
  let name = "";
  for (const piece of part.name) {
    name += typeof piece === "string" ? piece : (groups[piece.group] ?? "");
  }
  return lookUp(name, scope);
}

function lookUp(name: string, scope: RouteScope): string {
  const [, called, key = ""] = /^([^[]*)\[(.*)\]$/s.exec(name) ?? [];
  const { vars, world } = scope;
  const value = () => vars.get(key) ?? "";
  switch (called) {
    case "cookie":
      return listed(vars.get("HTTP_COOKIE") ?? "", ";", key);
    case "qs":
      return listed(vars.get("QUERY_STRING") ?? "", "&", key);
    case "mime":
      return world.mime(value()) ?? "";
    case "base64":
      return Buffer.from(value(), "latin1").toString("base64");
    case "hex":
      return Buffer.from(value(), "latin1").toString("hex").toUpperCase();
    case "uwsgi":
      return ofServer(key, scope);
    case "time":
      return String(Math.floor(key === "unix" ? world.now() / 1000 : world.now() * 1000));
    case "httptime":
      return httpTime(world.now() + number(key) * 1000);
  }
  return vars.get(name) ?? "";
}

/** A date that JavaScript can say; one out of its range is nothing. */
function httpTime(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? "" : date.toUTCString();
}

function ofServer(key: string, scope: RouteScope): string {
  const { world } = scope;
  switch (key) {
    case "pid":
      return String(world.pid);
    case "uuid":
      return world.uuid();
    case "status":
      return String(scope.status);
    case "rsize":
      return String(scope.sent);
    case "rtime":
      return String(Math.round((world.now() - scope.since) * 1000));
    case "sor":
      return String(Math.round(scope.since * 1000));
  }
  return "";
}

/** The first value that is not empty of `a=1&b=2`; cookies have blanks around them. */
function listed(text: string, separator: string, key: string): string {
  for (const piece of text.split(separator)) {
    const pair = separator === ";" ? piece.trim() : piece;
    const equals = pair.indexOf("=");
    if (equals >= 0 && pair.slice(0, equals) === key && equals + 1 < pair.length)
      return pair.slice(equals + 1);
  }
  return "";
}

/** The digits at the beginning; 0 where there are none. */
export function number(text: string): number {
  return Number(/^\s*([+-]?\d{1,15})/.exec(text)?.[1] ?? 0);
}
