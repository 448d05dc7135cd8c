/** How `uid` and `gid` set the draft: numbers, or names from the system's tables. */
import type { Apply } from "../option.ts";

/** Ids are 32 bits wide and the last one means `no change` to the kernel. */
const largestId = 0xffff_fffe;

/** `uid` or `gid`: a number, or a name that /etc/passwd or /etc/group lists. */
export function account(field: "uid" | "gid"): Apply<string> {
  const kind = field === "uid" ? "user" : "group";
  const table = field === "uid" ? "/etc/passwd" : "/etc/group";
  return (draft, value, given) => {
    draft.places[field] = given.place;
    const id = /^\d+$/.test(value) ? Number(value) : lookUp(given.readText(table), value);
    if (id !== undefined && id <= largestId) {
      draft[field] = id;
      return;
    }
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
  };
}

/** The third field of the line that begins with the name; passwd(5) and group(5) agree on that. */
function lookUp(text: string | undefined, name: string): number | undefined {
  for (const line of (text ?? "").split("\n")) {
    const fields = line.split(":");
    if (fields[0] === name && /^\d+$/.test(fields[2] ?? "")) return Number(fields[2]);
  }
  return undefined;
}
