/** Measures the server and its peers in turn, in one go, and prints tables for the documentation. */
import { writeFileSync } from "node:fs";
import { machine } from "./machine.ts";
import { type Load, measure } from "./measure.ts";
import { type Options, parseOptions, usage } from "./options.ts";
import { type Sample, tables } from "./report.ts";
import { startServer } from "./running.ts";
import { type App, ours, type Server } from "./servers.ts";

// Debian's interpreter first, which the peers use as well and which has Flask.
process.env.PATH = `/usr/bin:${process.env.PATH ?? ""}`;

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
  const samples = await measureAll(installed(options.servers), options);
  const facts = machine();
  if (options.json !== undefined) {
    const { seconds, rounds } = options;
    const all = { machine: Object.fromEntries(facts), seconds, rounds, samples };
    writeFileSync(options.json, `${JSON.stringify(all, null, 2)}\n`);
  }
  const described = [...facts].map(([name, value]) => `${name} ${value}`).join(", ");
  console.log(`${described}.\n\n${explain(options)}\n\n${tables(samples, ours)}`);
  return samples.length > 0 ? 0 : 1;
}

function explain({ rounds, seconds }: Options): string {
  return [
    `Median of ${rounds} alternating runs of ${seconds} s each. Two processes each, one thread`,
    "(gthread: as named), a master, output to /dev/null; wrk on the same machine. The ratio is tsuwsgi's",
    "requests/s over the row's. Newcomer is the longest that a client with a new connection had to wait",
    "meanwhile: a server that serves only its first clients is fast and shows it here. CPU and memory",
    "are of all processes of the server. Errors are requests without a good answer; closed counts",
    "connections that the server ended without announcing it.",
  ].join("\n");
}

/** Those that are installed; the others are named. */
function installed(wanted: readonly Server[]): readonly Server[] {
  for (const { name } of wanted.filter((server) => !server.installed())) {
    console.error(`${name}: not installed, left out`);
  }
  return wanted.filter((server) => server.installed());
}

/** A B C A B C …: what else the machine does then hits all alike. */
async function measureAll(chosen: readonly Server[], options: Options): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (const app of options.apps) {
    for (const log of options.logs) {
      for (let round = 1; round <= options.rounds; round++) {
        for (const server of chosen) {
          samples.push(...(await measureOne(server, { app, log, round }, options)));
        }
      }
    }
  }
  return sortByLoad(samples);
}

async function measureOne(
  server: Server,
  { app, log, round }: { app: App; log: boolean; round: number },
  options: Options,
): Promise<Sample[]> {
  const loads: Load[] = options.connections.map((connections) => ({ connections, slow: false }));
  if (options.mixed) loads.push({ connections: 16, slow: true });
  const samples: Sample[] = [];
  try {
    const running = await startServer(server, app, log);
    try {
      for (const load of loads) {
        const measured = await measure(running, load, options.seconds);
        samples.push({ server: server.name, app, log, load, round, measured });
        console.error(
          `${round}/${options.rounds} ${app} ${server.name} ${JSON.stringify(measured)}`,
        );
      }
    } finally {
      await running.stop();
    }
  } catch (error) {
    console.error(`${server.name}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return samples;
}

/** Brings what is of one application and logging together by load, for the tables. */
function sortByLoad(samples: readonly Sample[]): Sample[] {
  const keyOf = ({ app, log }: Sample) => `${app} ${log}`;
  const order = [...new Set(samples.map(keyOf))];
  const rank = (sample: Sample) => order.indexOf(keyOf(sample));
  const weight = ({ load }: Sample) => load.connections + (load.slow ? 1e6 : 0);
  return [...samples].sort((a, b) => rank(a) - rank(b) || weight(a) - weight(b));
}
