/**
 * Every rule of uWSGI's configuration language that was tried with the real program, one by one: the list
 * that tsuwsgi makes is the one that uWSGI printed; where uWSGI stopped, tsuwsgi says why, at the place.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { effects, stops } from "./rule-expectations.ts";
import type { Rule } from "./rule-file.ts";
import { parseRules } from "./rule-file.ts";
import { runRule } from "./rule-run.ts";
import { describeWith, sharedPath } from "./shared.ts";

/** Rules where tsuwsgi differs on purpose. */
const differs = new Map([
  ["R124", "uWSGI's parser of cron2 writes into the text that the list then shows"],
  ["R134", "http needs no plugin here, so no line has to stand before it"],
]);

describeWith("facts/config-rules.md", "rules", () => {
  const rules = parseRules(readFileSync(sharedPath("facts/config-rules.md"), "utf8"));

  test("all of them are here", () => {
    expect(rules.map(({ id }) => id)).toEqual(
      Array.from({ length: 186 }, (_, index) => `R${String(index + 1).padStart(3, "0")}`),
    );
  });

  test.each(rules.map((rule) => [`${rule.id} ${rule.title}`, rule] as const))("%s", (_, rule) =>
    check(rule),
  );
});

async function check(rule: Rule): Promise<void> {
  const { id, expected } = rule;
  const outcome = await runRule(rule);
  if (expected.kind === "stops" && differs.has(id)) {
    // Without an application there is no start, but the configuration itself is in order.
    const others = outcome.said.filter((line) => !/ no-(?:app|python)$/.test(line));
    expect(others.filter((line) => line.includes(" error "))).toEqual([]);
  } else if (expected.kind === "stops") {
    expect(outcome.said).toContain(stops[id]);
  } else if (expected.kind === "log") {
    await checkEffect(rule);
  } else if (differs.has(id)) {
    expect(outcome.list).not.toBe(expected.text);
  } else {
    expect(outcome.list).toBe(expected.text);
  }
}

async function checkEffect(rule: Rule): Promise<void> {
  const { said, settings } = await runRule(rule);
  const effect = effects[rule.id];
  expect(effect).toBeDefined();
  if (effect?.says !== undefined) expect(said).toContain(effect.says);
  if (effect?.settings) expect(settings).toMatchObject(effect.settings);
  if (effect?.sockets) expect(settings.sockets.map(({ text }) => text)).toEqual(effect.sockets);
  if (!effect?.lenient) return;
  const lenient = await runRule({ ...rule, argv: [...rule.argv, "--lenient"] });
  expect(lenient.settings).toMatchObject(effect.lenient);
}
