/** Reloads, good ones and bad ones. */
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { afterAll, expect } from "vitest";
import { request } from "../helpers/http.ts";
import { fault } from "./fault.ts";
import { failed, reload } from "./reload.ts";

const others: Server[] = [];

afterAll(() => {
  for (const server of others) server.close();
});

const times = 20;

fault(`${times} reloads in a row`, {
  strike: async (victim) => {
    for (let time = 0; time < times; time++) await reload(victim);
  },
});

fault("a reload with another configuration of the front", {
  strike: async (victim) => {
    appendFileSync(victim.file("app.ini"), "add-header = X-Generation: two\n");
    await reload(victim);
  },
  check: async ({ target }) => expect((await request(target)).header("x-generation")).toBe("two"),
});

fault("a reload with a syntax error in the application", {
  strike: async (victim) => {
    appendFileSync(victim.file("app.py"), "\ndef broken(:\n");
    await reload(victim, failed(victim));
  },
});

fault("a reload with an application that cannot be imported, and one of a sound one", {
  strike: async (victim) => {
    const sound = readFileSync(victim.file("app.py"));
    writeFileSync(victim.file("app.py"), "raise RuntimeError('as on the day of a deployment')\n");
    await reload(victim, failed(victim));
    writeFileSync(victim.file("app.py"), sound);
    await reload(victim);
  },
  tells: /RuntimeError: as on the day of a deployment/,
});

fault("a reload with a typo in the configuration", {
  strike: async (victim) => {
    appendFileSync(victim.file("app.ini"), "procesess = 4\n");
    await reload(victim, failed(victim));
  },
  tells: /app\.ini:\d+:1: error: `procesess`/,
});

fault("a reload with a statistics port that is somebody else's", {
  strike: async (victim) => {
    appendFileSync(victim.file("app.ini"), `stats = 127.0.0.1:${await somebodyElse()}\n`);
    await reload(victim);
  },
  tells: /app\.ini:\d+:\d+: `stats` changed; that needs a restart/,
});

/** A port that something listens on, until the tests of this file are over. */
async function somebodyElse(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  others.push(server);
  const address = server.address();
  return address !== null && typeof address === "object" ? address.port : 0;
}
