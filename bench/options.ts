/** The command line of the benchmark. */
import { parseArgs } from "node:util";
import { type App, apps, type Server, servers } from "./servers.ts";

/** What to measure, and for how long. */
export interface Options {
  /** Length of one measurement, seconds. */
  readonly seconds: number;
  /** How often every case is measured; the median counts. */
  readonly rounds: number;
  /** Installed or not. */
  readonly servers: readonly Server[];
  readonly apps: readonly App[];
  /** Numbers of connections; the mixed load is separate. */
  readonly connections: readonly number[];
  readonly mixed: boolean;
  /** Request logging off, on, or first the one, then the other. */
  readonly logs: readonly boolean[];
  /** Where to write all single results. */
  readonly json: string | undefined;
}

export const usage = `npm run bench -- [options]
  --seconds N         length of one measurement (3)
  --rounds N          measurements of every case, in turn; the median counts (3)
  --only A,B          servers to measure, by name; tsuwsgi among them for the ratios
  --apps A,B          ${apps.join(",")} (both)
  --connections A,B   numbers of connections (1,32,256)
  --no-mixed          leave out quick requests beside slow ones
  --log off|on|both   request logging (both)
  --json FILE         write every single result as well`;

/** Reads the arguments. Throws an Error with a message for people. */
export function parseOptions(args: readonly string[]): Options {
  const text = { type: "string" } as const;
  const options = {
    ...{
      seconds: text,
      rounds: text,
      only: text,
      apps: text,
      connections: text,
      log: text,
      json: text,
    },
    "no-mixed": { type: "boolean" },
  } as const;
  const { values } = parseArgs({ args: [...args], options });
  const list = (value: string) => value.split(",").filter((word) => word !== "");
  return {
    seconds: positive("--seconds", values.seconds ?? "3"),
    rounds: positive("--rounds", values.rounds ?? "3"),
    servers: values.only === undefined ? servers : list(values.only).map(serverNamed),
    apps: list(values.apps ?? apps.join(",")).map(appNamed),
    connections: list(values.connections ?? "1,32,256").map((n) => positive("--connections", n)),
    mixed: values["no-mixed"] !== true,
    logs: logsNamed(values.log ?? "both"),
    json: values.json,
  };
}

function positive(option: string, text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new Error(`${option}: ${text} is not a number from 1`);
  return Number(text);
}

function appNamed(name: string): App {
  const app = apps.find((known) => known === name);
  if (app === undefined) throw new Error(`--apps: ${name} is none of ${apps.join(", ")}`);
  return app;
}

function serverNamed(name: string): Server {
  const server = servers.find((known) => known.name === name);
  if (server !== undefined) return server;
  throw new Error(`--only: ${name} is none of: ${servers.map((known) => known.name).join("; ")}`);
}

function logsNamed(name: string): readonly boolean[] {
  if (name === "off") return [false];
  if (name === "on") return [true];
  if (name === "both") return [false, true];
  throw new Error(`--log: ${name} is none of off, on, both`);
}
