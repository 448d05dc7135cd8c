/** `basicauth`: whether a request's Authorization field names somebody who may pass (RFC 7617). */
import { Buffer } from "node:buffer";
import { passwordLines, shaPrefix } from "../../settings/routing/passwords.ts";
import type { RouteAction } from "../../settings/routing/route-settings.ts";
import type { RouteScope } from "./scope.ts";

/** Checks the field, and sets REMOTE_USER. Somebody whom the web server has checked passes. */
export function mayPass(
  { next, who }: Extract<RouteAction, { do: "basicauth" }>,
  scope: RouteScope,
): boolean {
  const { vars, world } = scope;
  if ((vars.get("REMOTE_USER") ?? "") !== "") return true;
  const field = vars.get("HTTP_AUTHORIZATION") ?? "";
  if (!field.startsWith("Basic ") || field.length <= 7) return false;
  const given = Buffer.from(field.slice(6), "base64").toString("latin1");
  const colon = given.indexOf(":");
  const name = given.slice(0, Math.max(colon, 0));
  const password = given.slice(colon + 1);
  let known: boolean;
  if (who.kind === "user") {
    known = same(given, `${who.name}:${who.password}`);
  } else {
    const hash = shaPrefix + world.sha1(password);
    const text = world.passwords(who.path) ?? "";
    known =
      colon >= 0 && passwordLines(text).some((one) => one.name === name && same(one.hash, hash));
  }
  if (known) vars.set("REMOTE_USER", name);
  return known || next;
}

/** Compares in a time that tells nothing about where the texts differ. */
function same(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let at = 0; at < a.length; at++)
    difference |= a.charCodeAt(at) ^ b.charCodeAt(at % Math.max(b.length, 1));
  return difference === 0;
}
