/** How `uid`, `gid` and `chown-socket` set the draft: numbers, or names from the system's tables. */
import type { Given } from "../draft.ts";
import type { Apply } from "../option.ts";

/** Ids are 32 bits wide and the last one means `no change` to the kernel. */
const largestId = 0xffff_fffe;

/** `uid` or `gid`: a number, or a name that /etc/passwd or /etc/group lists. */
export function account(field: "uid" | "gid"): Apply<string> {
  return (draft, value, given) => {
    draft.places[field] = given.place;
    const id = idOf(field === "uid" ? "user" : "group", value, given);
    if (id !== undefined) draft[field] = id;
  };
}

/** `chown-socket = USER` or `USER:GROUP`. */
export const chownSocket: Apply<string> = (draft, value, given) => {
  draft.places["socketOptions.owner"] = given.place;
  const [user = "", group] = value.split(":");
  const uid = idOf("user", user, given);
  const gid = group === undefined ? undefined : idOf("group", group, given);
  if (uid !== undefined) draft.socketOptions.owner = { uid, gid };
};

/** The number of a user or group; one that there is not is reported. */
export function idOf(kind: "user" | "group", value: string, given: Given): number | undefined {
  const table = kind === "user" ? "/etc/passwd" : "/etc/group";
  const id = /^\d+$/.test(value) ? Number(value) : lookUp(given.readText(table), value);
  if (id !== undefined && id <= largestId) return id;
  given.report({
    rule: `unknown-${kind}`,
    severity: "error",
    message:
      id === undefined
        ? `there is no ${kind} \`${value}\` in ${table}`
        : `\`${value}\` is too large for a ${kind}'s number`,
    span: given.span,
    help: `write a ${kind} that exists on this machine, by name or number`,
  });
  return undefined;
}

/** The third field of the line that begins with the name; passwd(5) and group(5) agree on that. */
function lookUp(text: string | undefined, name: string): number | undefined {
  for (const line of (text ?? "").split("\n")) {
    const fields = line.split(":");
    if (fields[0] === name && /^\d+$/.test(fields[2] ?? "")) return Number(fields[2]);
  }
  return undefined;
}
