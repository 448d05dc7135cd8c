/**
 * Cases with what uWSGI 2.0.21 made of them: the list of its `--show-config`, or the message with which
 * it stopped. They were recorded in /srv/app on a host web1 with two processors, as nobody, with HOME=/home/app.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { collector } from "../../src/diagnostic.ts";
import { loadConfiguration } from "../../src/resolve/load.ts";
import { showConfig } from "../../src/resolve/show.ts";
import { fakeHost } from "../resolve/fake-host.ts";

interface Case {
  readonly rule?: string;
  readonly title: string;
  readonly files: { readonly [path: string]: string };
  readonly argv: readonly string[];
  readonly env?: { readonly [name: string]: string };
  /** The lines of the list. */
  readonly shows?: readonly string[];
  /** What uWSGI said when it stopped. */
  readonly stops?: string;
}

/** Where tsuwsgi differs, and why. */
const differs = new Map<string, string>([]);

const folder = join(import.meta.dirname, "cases");

for (const area of readdirSync(folder)) {
  const cases: Case[] = JSON.parse(readFileSync(join(folder, area), "utf8"));
  describe(area.replace(/\.json$/, ""), () => {
    for (const recorded of cases) {
      const { rule = "", title, files, argv, env, shows, stops } = recorded;
      test.skipIf(differs.has(title))(`${rule} ${title}`.trim(), () => {
        const { report, found } = collector();
        const host = fakeHost({ files, env: { PATH: "/usr/bin:/bin", HOME: "/home/app", ...env } });
        const resolved = loadConfiguration({ argv, host }, report);
        if (shows) {
          const list = showConfig(resolved).split("\n").slice(2, -2);
          expect(list.join("\n")).toBe(shows.join("\n"));
        } else {
          expect(stops).toBeDefined();
          expect(found.map(({ severity }) => severity)).toContain("error");
        }
      });
    }
  });
}
