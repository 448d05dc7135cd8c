/** How the options about users, groups and capabilities set the draft. */
import { resolve } from "node:path";
import { nearest } from "../hooks/nearest.ts";
import type { Apply } from "../option.ts";
import { capabilityNames, lastCapability } from "../privilege-settings.ts";
import { idOf } from "./account.ts";

/** `immediate-uid` and `immediate-gid`: root is no way to stop being root. */
export function immediate(kind: "user" | "group"): Apply<string> {
  const field = kind === "user" ? "immediateUid" : "immediateGid";
  return (draft, value, given) => {
    draft.places[`privileges.${field}`] = given.place;
    const id = idOf(kind, value, given);
    if (id === 0)
      given.report({
        rule: "immediate-root",
        severity: "error",
        message: `\`${given.entry.key}\` is for giving up root, and \`${value}\` is root`,
        span: given.span,
        help: "write another, or take the line out",
      });
    else if (id !== undefined) draft.privileges[field] = id;
  };
}

/** `add-gid = GROUP` */
export const addGid: Apply<string> = (draft, value, given) => {
  draft.places["privileges.addGids"] ??= given.place;
  const id = idOf("group", value, given);
  if (id !== undefined) draft.privileges.addGids.push(id);
};

/** `chroot = DIRECTORY`, relative to the start. */
export const chroot: Apply<string> = (draft, value, given) => {
  draft.privileges.chroot = resolve(given.startDirectory, value);
  draft.places["privileges.chroot"] = given.place;
};

/** `cap = NAME,NAME`: uWSGI's names, or numbers. Of several lines the last counts. */
export const capabilities: Apply<string> = (draft, value, given) => {
  draft.places["privileges.capabilities"] = given.place;
  draft.privileges.capabilities = value.split(",").flatMap((name) => {
    const number = /^\d+$/.test(name) ? Number(name) : capabilityNames.indexOf(name);
    if (number >= 0 && number <= lastCapability) return [number];
    given.report({
      rule: "unknown-capability",
      severity: "error",
      message: `there is no capability \`${name}\``,
      span: given.span,
      help:
        nearest(name, capabilityNames) ?? "write names without `cap_`, such as `net_bind_service`",
    });
    return [];
  });
};
