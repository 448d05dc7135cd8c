/** Reloads, good ones and bad ones. */
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { expect } from "vitest";
import { request } from "../helpers/http.ts";
import { until } from "../helpers/until.ts";
import { fault, type Struck } from "./fault.ts";
import { type Make, workers } from "./victim.ts";

/** What a log says when a reload has come to its end. */
const done: { readonly [make in Make]: string } = {
  tsuwsgi: "reload is done",
  uWSGI: `spawned uWSGI worker ${workers} `,
};

/** Sends SIGHUP, and waits for the line that says how it ended. */
async function reload({ make, signal, occurrences }: Struck, end = done[make]): Promise<void> {
  const before = occurrences(end);
  signal("SIGHUP", "master");
  await until(`"${end}"`, () => occurrences(end) > before, boundMs[make]);
}

/** How long a reload may take, milliseconds: ours on a busy machine; of uWSGI some never come to an end. */
const boundMs: { readonly [make in Make]: number } = { tsuwsgi: 30_000, uWSGI: 5_000 };

const times = 20;

fault(`${times} reloads in a row`, {
  strike: async (victim) => {
    for (let time = 0; time < times; time++) {
      try {
        await reload(victim);
      } catch (error) {
        if (victim.make === "tsuwsgi") throw error;
        unfinished = `its reload ${time + 1} did not come to an end`;
        break;
      }
    }
  },
  remark: ({ make }) => (make === "tsuwsgi" ? "" : unfinished),
});

let unfinished = "";

fault("a reload with another configuration of the front", {
  strike: async (victim) => {
    appendFileSync(victim.file("app.ini"), "add-header = X-Generation: two\n");
    await reload(victim);
  },
  check: async ({ target }) => expect((await request(target)).header("x-generation")).toBe("two"),
});

fault("a reload with a syntax error in the application", {
  strike: async (victim) => {
    const broken = `${readFileSync(victim.file("app.py"), "utf8")}\ndef broken(:\n`;
    writeFileSync(victim.file("app.py"), broken);
    await reload(victim, victim.make === "tsuwsgi" ? "reload is given up" : done.uWSGI);
  },
});
