/** Applications that end, crash, and use up what they have. */
import { expect } from "vitest";
import { open } from "../helpers/target.ts";
import { until } from "../helpers/until.ts";
import { fault, type Struck } from "./fault.ts";
import { threads } from "./victim.ts";

/** So few that the front has room for 36 connections. */
const descriptors = 180;

/** Asks for a path; on ours the client has to be told. */
const ask = (path: string) => async (victim: Struck) => {
  const outcome = await victim.load.ask(path);
  if (victim.make === "tsuwsgi") expect(outcome.is).toBe("honest");
};

fault("segmentation fault in a request", { strike: ask("/segfault"), honest: threads });

fault("os._exit() in a request", { strike: ask("/exit"), honest: threads });

fault("out of memory in a request, by limit-as", {
  lines: () => ["limit-as = 512"],
  strike: ask("/memory"),
  honest: 1,
  check: ({ written }) => expect(written()).not.toMatch(/worker \d+ .* ended/),
});

fault("an application that uses up its descriptors", {
  descriptors,
  strike: ask("/leak"),
  honest: 1,
  check: ({ written }) => expect(written()).not.toMatch(/worker \d+ .* ended/),
});

fault("more silent clients than there are descriptors", {
  descriptors,
  strike: async ({ target, load }) => {
    const silent = await Promise.allSettled(Array.from({ length: 200 }, () => open(target)));
    const before = load.tally.sent;
    await until("requests meanwhile", () => load.tally.sent >= before + 100);
    for (const one of silent) if (one.status === "fulfilled") one.value.destroy();
  },
});
