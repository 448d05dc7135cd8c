/** Reloads, of what works and of what does not. */
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { projectPath } from "../helpers/server.ts";
import { until } from "../helpers/until.ts";
import type { Subject } from "./subjects.ts";
import { tryFaults } from "./trial.ts";

const application = readFileSync(projectPath("test/faults/app.py"), "utf8");

/** Asks for a reload and waits until the log tells how it ended, or in uWSGI until it has workers again. */
async function reload(subject: Subject, outcome: "done" | "givenUp" = "done"): Promise<void> {
  const before = subject.reloads()[outcome];
  subject.program.signal("SIGHUP");
  const isOver = () => subject.reloads()[outcome] > before;
  if (subject.name === "tsuwsgi") await until(`a reload that is ${outcome}`, isOver);
  else await until("its workers", isOver, 5_000).catch(() => {});
}

tryFaults("reloads", [
  {
    name: "20 reloads in a row (uWSGI: 4)",
    act: async (subject) => {
      const times = subject.name === "tsuwsgi" ? 20 : 4;
      for (let count = 0; count < times; count++) await reload(subject);
    },
  },
  {
    name: "a reload with another configuration",
    act: async (subject) => {
      appendFileSync(join(subject.directory, "app.ini"), "buffer-size = 16384\n");
      await reload(subject);
    },
  },
  {
    name: "a reload of a broken application, and then of a sound one",
    act: async (subject) => {
      subject.edit("raise RuntimeError('broken on purpose')\n");
      if (subject.name === "tsuwsgi") await reload(subject, "givenUp");
      else {
        subject.program.signal("SIGHUP");
        await until("its end", () => !subject.program.running(), 3_000).catch(() => {});
      }
      subject.edit(application);
      if (subject.program.running()) await reload(subject);
    },
  },
  {
    name: "max-requests, again and again",
    lines: ["max-requests = 20", "min-worker-lifetime = 0"],
    act: async (_subject, load) => {
      const enough = load.account.right + 400;
      await until("400 requests", () => load.account.right >= enough, 8_000).catch(() => {});
    },
  },
]);
