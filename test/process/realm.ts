/** An emperor whose servers are programs of test/apps/vassal.py, and what they noted. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Program } from "../helpers/process.ts";
import { projectPath, tsuwsgi } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";

export const wrapper = projectPath("test/apps/vassal.py");

/** A machine that is busy with other tests; milliseconds. */
export const longMs = 60_000;

export interface Realm {
  readonly base: string;
  readonly emperor: Program;
  /** What happened to a server: `start`, `reload`, `stop`, …, without the process ids. */
  readonly events: (name: string) => readonly string[];
  /** The processes that were started for it. */
  readonly pids: (name: string) => readonly number[];
  readonly write: (name: string, words: string) => void;
  readonly path: (name: string) => string;
}

/** A directory of configurations, and where what happens is written. */
export function directoryOf(files: { readonly [name: string]: string }): string {
  const named = Object.entries(files).map(([name, words]) => [`v/${name}`, words]);
  const base = temporaryDirectory({ log: "", ...Object.fromEntries(named) });
  mkdirSync(join(base, "v"), { recursive: true });
  return base;
}

export function realmOf(base: string, emperor: Program): Realm {
  const lines = (name: string) =>
    readFileSync(join(base, "log"), "utf8")
      .split("\n")
      .filter((line) => line.startsWith(`${name} `))
      .map((line) => line.slice(name.length + 1));
  const path = (name: string) => join(base, "v", name);
  return {
    ...{ base, emperor, path },
    events: (name) => lines(name).map((line) => line.replace(/^start \d+$/, "start")),
    pids: (name) =>
      lines(name)
        .flatMap((line) => /^start (\d+)$/.exec(line)?.[1] ?? [])
        .map(Number),
    // By rename, as a good deployment does it.
    write: (name, words) => {
      writeFileSync(path(`${name}.new`), words);
      renameSync(path(`${name}.new`), path(name));
    },
  };
}

export function rule(
  files: { readonly [name: string]: string },
  ...more: readonly string[]
): Realm {
  const base = directoryOf(files);
  const own = ["--emperor", join(base, "v"), "--emperor-wrapper", wrapper, "--emperor-freq", "1"];
  const env = { VASSAL_LOG: join(base, "log") };
  return realmOf(base, tsuwsgi([...own, ...more], { cwd: base, env }));
}

export function happens(realm: Realm, name: string, ...events: readonly string[]) {
  const seen = () => realm.events(name).join(" ");
  return until(`${name}: ${events.join(" ")}`, () => seen() === events.join(" "), longMs).catch(
    (cause) => {
      throw new Error(`saw ${seen()}\n${realm.emperor.stderr()}`, { cause });
    },
  );
}

export async function statsOf(target: number | string) {
  const socket =
    typeof target === "number" ? connect(target, "127.0.0.1") : connect({ path: target });
  return JSON.parse(await text(socket));
}

/** Whether the emperor has said so. */
export function accepting({ emperor }: Realm, name: string): boolean {
  return emperor.stderr().includes(`[emperor] ${name}: accepts requests`);
}
