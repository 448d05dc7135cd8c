import { collector, locate } from "../../src/diagnostic.ts";
import { memoryHost } from "../../src/resolve/memory-host.ts";
import type { Resolved } from "../../src/resolve/resolved.ts";
import type { Settings } from "../../src/settings/settings.ts";
import { settle } from "../../src/settings/settle.ts";
import { resolvedFrom } from "./resolved.ts";

const files = {
  "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:34:www:/var/www:/bin/false\n",
  "/etc/group": "root:x:0:\nwww-data:x:33:\n",
  "envdir/A": "one \n\n",
  "envdir/B": "two\0lines",
  "envdir/C": "",
  "envdir/.hidden": "x",
};

/** The settings of a configuration started in /start, and what was said about it. */
export function settled(from: string | Resolved): {
  settings: Settings;
  said: string[];
  helps: string[];
} {
  const { report, found } = collector();
  const resolved = typeof from === "string" ? resolvedFrom(from) : from;
  const host = memoryHost({ cwd: "/start", files });
  const settings = settle(resolved, host, report);
  const said = found.map((d) => `${locate(d)} ${d.severity} ${d.rule}: ${d.message}`);
  return { settings, said, helps: found.map((d) => d.help ?? "") };
}

/** Like settled(), for a line that is added to a configuration that is fine; gives the rules that complained. */
export function rulesFor(...lines: readonly string[]): string[] {
  return settled([...sound, ...lines].join("\n")).said.map((line) =>
    line.split(" ").slice(1, 3).join(" ").replace(/:$/, ""),
  );
}

/** Enough for a start. */
export const sound = ["http = :8080", "module = app"];
