/** Workers that come and go, and processes of a reload that die before they serve. */
import { appendFileSync, writeFileSync } from "node:fs";
import { until } from "../helpers/until.ts";
import { fault } from "./fault.ts";
import { boundMs, done, givenUp, logged } from "./reload.ts";
import { workers } from "./victim.ts";

fault("a chain reload", {
  lines: ({ file }) => [`touch-chain-reload = ${touchable(file("chain"))}`],
  strike: (victim) => {
    const end = victim.make === "tsuwsgi" ? "chain reload is done" : "chain reloading complete";
    return logged(victim, end, () => writeFileSync(victim.file("chain"), "touched"));
  },
});

fault("workers that are sent away and called back by a FIFO, five times", {
  lines: ({ file }) => [
    `master-fifo = ${file("fifo")}`,
    ...["cheaper-algo = manual", "cheaper = 1", `cheaper-initial = ${workers}`],
  ],
  strike: async ({ file, pids, make }) => {
    for (let time = 0; time < 5; time++)
      for (const [letter, number] of [
        ["-", workers - 1],
        ["+", workers],
      ] as const) {
        writeFileSync(file("fifo"), letter);
        await until(`${number} workers`, () => pids("worker").length === number, boundMs[make]);
      }
  },
});

fault("max-requests = 20, for 400 requests", {
  lines: () => ["max-requests = 20", "min-worker-lifetime = 0"],
  strike: async ({ load, make }) => {
    const enough = load.tally.right + 400;
    await until("400 answers", () => load.tally.right >= enough, boundMs[make]);
  },
  tells: /is replaced by pid \d+: max-requests/,
});

for (const role of ["worker", "zygote", "front"] as const)
  fault(`SIGKILL of the new ${role} in the middle of a reload`, {
    strike: async (victim) => {
      const { file, pids, signal, occurrences } = victim;
      appendFileSync(file("app.ini"), "add-header = X-Generation: two\n");
      if (role !== "worker") writeFileSync(file("slow"), "");
      const before = pids(role);
      const ends = () => occurrences(done.tsuwsgi) + occurrences(givenUp);
      signal("SIGHUP", "master");
      const isNew = (pid: number) => !before.includes(pid);
      const [doomed = 0] = await until(`a new ${role}`, () => {
        const found = pids(role).filter(isNew);
        return found.length > 0 && found;
      });
      process.kill(doomed, "SIGKILL");
      await until("the end of the reload", () => ends() > 0);
    },
    oursAlone: "has no such process beside the old one",
  });

/** A file that is there, and can be touched. */
function touchable(path: string): string {
  writeFileSync(path, "");
  return path;
}
