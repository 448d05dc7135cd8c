/** Measures the server and its peers in turn, in one go, and prints tables for the documentation. */
import { writeFileSync } from "node:fs";
import type { Figures } from "./figures.ts";
import { measure } from "./load.ts";
import { measureLoop } from "./loop.ts";
import { machine } from "./machine.ts";
import { type Options, parseOptions, usage } from "./options.ts";
import { goals, type Sample, tables } from "./report.ts";
import { startServer } from "./running.ts";
import { installed, loopName, servers } from "./servers.ts";
import type { Work } from "./works.ts";

// Debian's interpreter first, which the peers use as well and which has Flask.
process.env.PATH = `/usr/bin:/usr/sbin:${process.env.PATH ?? ""}`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help")) {
    console.log(usage);
    return 0;
  }
  let options: Options;
  try {
    options = parseOptions(args);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return 2;
  }
  for (const { name } of servers.filter((server) => !installed(server))) {
    console.error(`${name}: not installed, left out`);
  }
  const samples: Sample[] = [];
  for (const work of options.works) samples.push(...(await doWork(work, options)));
  const facts = machine();
  if (options.json !== undefined) {
    const { seconds, rounds } = options;
    const all = { machine: Object.fromEntries(facts), seconds, rounds, samples };
    writeFileSync(options.json, `${JSON.stringify(all, null, 2)}\n`);
  }
  const described = [...facts].map(([name, value]) => `${name} ${value}`).join(", ");
  console.log(`${described}.\n\n${explain(options)}\n`);
  console.log(`## Goals\n\n${goals(options.works, samples)}\n`);
  console.log(`## Measurements\n\n${tables(options.works, samples)}`);
  return samples.length > 0 ? 0 : 1;
}

function explain({ rounds, seconds }: Options): string {
  return [
    `Median of ${rounds} alternating runs of ${seconds} s each. Two processes each unless named, one thread`,
    "(gthread: as named), a master, output to /dev/null; the load comes from the same machine. The ratio is",
    "our rate over the row's. Newcomer is the longest that a client with a new connection had to wait",
    "meanwhile: a server that serves only its first clients is fast and shows it here. CPU and memory",
    "are of all processes of the server. Errors are requests without a good answer; closed counts",
    "connections that the server ended without announcing it.",
  ].join("\n");
}

/** A B C A B C …: what else the machine does then hits all alike. */
async function doWork(work: Work, options: Options): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (let round = 1; round <= options.rounds; round++) {
    for (const server of work.servers) {
      if (options.without.includes(server)) continue;
      const figures = await measureOne(server, work, options.seconds);
      if (figures === undefined) continue;
      samples.push({ server, work: work.name, round, figures });
      const shown = JSON.stringify(figures, (_key, value) => value ?? undefined);
      console.error(`${round}/${options.rounds} ${work.name} ${server} ${shown}`);
    }
  }
  return samples;
}

/** Undefined where the server is not there, or does not start. */
async function measureOne(name: string, work: Work, seconds: number): Promise<Figures | undefined> {
  if (name === loopName) return await measureLoop(work.app, seconds);
  const server = servers.find((known) => known.name === name);
  if (server === undefined || !installed(server)) return undefined;
  try {
    const running = await startServer(server, work);
    try {
      return await measure(running, work.load, seconds);
    } finally {
      await running.stop();
    }
  } catch (error) {
    console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}
