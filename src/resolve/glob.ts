/** Names that match a pattern, as glob(3) finds them with GLOB_MARK. */
import type { Host } from "./host.ts";

/** Names found in all; more is a pattern that says too little. */
const maxNames = 100_000;

/**
 * The paths that match, sorted by their bytes; a directory ends in `/`. `*`, `?` and `[…]` match within a
 * name and no leading dot; a backslash takes the next character as it is.
 * @returns an empty list when nothing matches
 */
export function glob(pattern: string, host: Host): string[] {
  if (pattern === "") return [];
  const absolute = pattern.startsWith("/");
  const parts = pattern.split("/").filter((part) => part !== "");
  if (parts.length === 0) return ["/"];
  let found = [absolute ? "/" : ""];
  parts.forEach((part, index) => {
    const last = index === parts.length - 1;
    found = found.flatMap((base) => step(base, part, last, host)).slice(0, maxNames);
  });
  const onlyDirectories = pattern.endsWith("/");
  return found
    .filter((name) => !onlyDirectories || name.endsWith("/"))
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

/** The paths that a part leads to from a directory; directories end in `/`. */
function step(base: string, part: string, last: boolean, host: Host): string[] {
  const plain = part.replace(/\\(.)/gs, "$1");
  const names = /[*?[]/.test(part.replace(/\\./gs, "")) ? matching(base, part, host) : [plain];
  return names.flatMap((name) => {
    const path = base + name;
    const kind = host.kindOf(path);
    if (kind === "directory") return [`${path}/`];
    return kind === undefined || !last ? [] : [path];
  });
}

function matching(base: string, part: string, host: Host): string[] {
  return (host.list(base === "" ? "." : base) ?? []).filter(nameMatcher(part));
}

/** Whether names match one part of a pattern, what stands between two slashes. */
export function nameMatcher(part: string): (name: string) => boolean {
  const expression = new RegExp(`^${translate(part)}$`, "su");
  return (name) => (!name.startsWith(".") || part.startsWith(".")) && expression.test(name);
}

/** A part of a pattern as a regular expression. */
function translate(part: string): string {
  let out = "";
  for (let at = 0; at < part.length; at++) {
    const character = part[at] ?? "";
    if (character === "*") out += ".*";
    else if (character === "?") out += ".";
    else if (character === "[") {
      const end = part.indexOf("]", part[at + 1] === "!" || part[at + 1] === "^" ? at + 3 : at + 2);
      if (end < 0) {
        out += "\\[";
        continue;
      }
      out += set(part.slice(at + 1, end));
      at = end;
    } else if (character === "\\" && at + 1 < part.length) {
      at++;
      out += escaped(part[at] ?? "");
    } else out += escaped(character);
  }
  return out;
}

function set(inside: string): string {
  const negated = inside.startsWith("!") || inside.startsWith("^");
  const members = (negated ? inside.slice(1) : inside)
    .replace(/\[:(\w+):\]/g, (_all, name: string) => classes.get(name) ?? "")
    .replace(/[\\\]^[&~]/g, "\\$&");
  return `[${negated ? "^" : ""}${members}]`;
}

const classes = new Map([
  ["alpha", "a-zA-Z"],
  ["digit", "0-9"],
  ["alnum", "a-zA-Z0-9"],
  ["lower", "a-z"],
  ["upper", "A-Z"],
]);

function escaped(character: string): string {
  return character.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}
