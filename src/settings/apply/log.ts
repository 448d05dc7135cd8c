/** How `logto` and `daemonize` set the draft. */
import { resolve } from "node:path";
import type { Apply } from "../option.ts";

/**
 * A log file, or `host:port` for UDP: as in uWSGI any colon makes it an address.
 * Files are relative to the start, because uWSGI opens them before it changes directory.
 * @param base with `chdir` a path stays as it is written until finish()
 */
export function logTarget(
  field: "logto" | "daemonize",
  base: "start" | "chdir" = "start",
): Apply<string> {
  return (draft, value, given) => {
    draft.places[field] = given.place;
    const colon = value.indexOf(":");
    if (colon < 0) {
      const path = base === "start" ? resolve(given.startDirectory, value) : value;
      draft[field] = { kind: "file", path };
      return;
    }
    const host = value.slice(0, colon);
    const port = /^\d+$/.test(value.slice(colon + 1)) ? Number(value.slice(colon + 1)) : 0;
    if (host !== "" && !host.includes("/") && port >= 1 && port <= 65535) {
      draft[field] = { kind: "udp", host, port };
      return;
    }
    given.report({
      rule: "invalid-value",
      severity: "error",
      message: `\`${given.entry.key} = ${value}\` is not a UDP address: expected \`host:port\` with a port from 1 to 65535`,
      span: given.span,
      help: "a value with a colon is a UDP address; the name of a log file must not have one",
    });
  };
}
