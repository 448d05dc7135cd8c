/**
 * Names that are no path: `exec://…`, `http://…`, `fd://…`, which uWSGI takes wherever it reads a file. What they
 * give is read when a server starts, never when a configuration is only examined.
 */
import type { FileRead, Host } from "./host.ts";

/** What a name with a scheme gave. */
export type SchemeRead =
  | FileRead
  /** Known only when a server starts. */
  | { readonly ok: "later" };

/** uWSGI's schemes that stand for something inside its own program, and why they can't be here. */
const foreign = new Map([
  ["data", "bytes appended to the uwsgi binary"],
  ["sym", "a symbol of the uwsgi binary"],
  ["section", "a section of the uwsgi binary"],
  ["call", "a C function of the uwsgi binary"],
  ["callint", "a C function of the uwsgi binary"],
  ["emperor", "a configuration that an emperor sends"],
]);

/**
 * The scheme that a name begins with.
 * @returns undefined for a path; any `word://` that is no scheme of uWSGI's is a path too
 */
export function schemeOf(name: string): string | undefined {
  const scheme = /^([a-z]+):\/\//.exec(name)?.[1];
  if (scheme === undefined) return undefined;
  return foreign.has(scheme) || ["exec", "http", "fd"].includes(scheme) ? scheme : undefined;
}

/** Reads a name that has a scheme. */
export function readScheme(name: string, host: Host): SchemeRead {
  const scheme = schemeOf(name) ?? "";
  const rest = name.slice(scheme.length + "://".length);
  const inside = foreign.get(scheme);
  if (inside !== undefined) {
    return { ok: false, problem: `\`${scheme}://\` is ${inside}, which tsuwsgi does not have` };
  }
  if (host.live === undefined) return { ok: "later" };
  if (scheme === "exec") return host.live.exec(rest);
  if (scheme === "http") return host.live.fetch(name);
  return /^\d+$/.test(rest)
    ? host.live.readDescriptor(Number(rest))
    : { ok: false, problem: "`fd://` needs the number of a file descriptor" };
}
