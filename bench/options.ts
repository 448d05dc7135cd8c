/** The command line of the benchmark. */
import { parseArgs } from "node:util";
import { type Work, works } from "./works.ts";

/** What to measure, and for how long. */
export interface Options {
  /** Length of one measurement, seconds. */
  readonly seconds: number;
  /** How often every server does a work; the median counts. */
  readonly rounds: number;
  readonly works: readonly Work[];
  /** Names of servers to leave out. */
  readonly without: readonly string[];
  /** Where to write all single results. */
  readonly json: string | undefined;
}

/** For `--help`. */
export const usage = `npm run bench -- [options]
  --seconds N      length of one measurement (3)
  --rounds N       measurements of every case, in turn; the median counts (3)
  --works A,B      what to measure (all):
${works.map(({ name, title }) => `                     ${name.padEnd(12)} ${title}`).join("\n")}
  --without A,B    servers to leave out, by name
  --json FILE      write every single result as well`;

/** Reads the arguments. Throws an Error with a message for people. */
export function parseOptions(args: readonly string[]): Options {
  const text = { type: "string" } as const;
  const options = { seconds: text, rounds: text, works: text, without: text, json: text } as const;
  const { values } = parseArgs({ args: [...args], options });
  return {
    seconds: positive("--seconds", values.seconds ?? "3"),
    rounds: positive("--rounds", values.rounds ?? "3"),
    works: values.works === undefined ? works : list(values.works).map(workNamed),
    without: list(values.without ?? ""),
    json: values.json,
  };
}

function list(value: string): string[] {
  return value.split(",").filter((word) => word !== "");
}

function positive(option: string, text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new Error(`${option}: ${text} is not a number from 1`);
  return Number(text);
}

function workNamed(name: string): Work {
  const work = works.find((known) => known.name === name);
  if (work !== undefined) return work;
  throw new Error(`--works: ${name} is none of ${works.map((known) => known.name).join(", ")}`);
}
