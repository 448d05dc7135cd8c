/** Every finding of the reading and resolving points at the text that is at fault: line and column, both from 1. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { collector, locate } from "../../src/diagnostic.ts";
import type { LiveHost } from "../../src/resolve/host.ts";
import { loadConfiguration } from "../../src/resolve/load.ts";
import { settle } from "../../src/settings/settle.ts";
import { fakeHost } from "../resolve/fake-host.ts";
import type { Position } from "./positions.ts";
import { reading, resolving, settling } from "./positions.ts";

describe.each([
  ["reading", reading],
  ["resolving", resolving],
  ["settling", settling],
])("%s", (_, positions) => {
  test.each(positions.map((position) => [`${position.rule} at ${position.at}`, position] as const))(
    "%s",
    (_, position) => {
      const expected = position.at.map((at) => `${at} ${position.severity} ${position.rule}`);
      expect(said(position).filter((line) => line.endsWith(` ${position.rule}`))).toEqual(expected);
    },
  );
});

test("no rule of the reading and resolving is left out", () => {
  const covered = new Set([...reading, ...resolving].map(({ rule }) => rule));
  expect(rulesIn("read", "resolve").filter((rule) => !covered.has(rule))).toEqual([]);
});

const nothing = { ok: false, problem: "nothing" } as const;
const emptyWorld: LiveHost = {
  exec: () => nothing,
  fetch: () => nothing,
  readDescriptor: () => nothing,
  lookup: () => undefined,
};

function said({ files, argv, env, live }: Position): string[] {
  const [first = ""] = Object.keys(files);
  const flag = `--${first.slice(first.lastIndexOf(".") + 1)}`;
  const fake = fakeHost({ files, ...(env ? { env } : {}) });
  const host = live ? { ...fake, live: emptyWorld } : fake;
  const { report, found } = collector();
  settle(loadConfiguration({ argv: argv ?? [flag, first], host }, report), host, report);
  return found.map((finding) => `${locate(finding)} ${finding.severity} ${finding.rule}`);
}

/** Names of rules in the source of some folders: texts that are given to a report, or named `rule`. */
function rulesIn(...folders: readonly string[]): string[] {
  const given =
    /(?:[eE]rror|[wW]arn|[sS]ay|[rR]eport|[fF]ail|[fF]ault|[lL]ost)\w*\(\s*(?:\w+,\s*)?"([a-z0-9]+(?:-[a-z0-9]+)*)"/g;
  const named = /\brule(?:: string)?\s*[:=]([^,;\n]*)/g;
  const rules = new Set<string>();
  for (const folder of folders) {
    const path = join(import.meta.dirname, "../../src", folder);
    for (const file of readdirSync(path, { recursive: true, encoding: "utf8" })) {
      if (!file.endsWith(".ts")) continue;
      const text = readFileSync(join(path, file), "utf8");
      for (const [, rule = ""] of text.matchAll(given)) rules.add(rule);
      for (const [, rest = ""] of text.matchAll(named)) {
        for (const [, rule = ""] of rest.matchAll(/"([a-z0-9-]+)"/g)) rules.add(rule);
      }
    }
  }
  return [...rules].sort();
}
