/** Measurements -> medians -> Markdown. */
import type { Load, Measurement } from "./measure.ts";

/** One measurement and what it was of. */
export interface Sample {
  readonly server: string;
  readonly app: string;
  readonly log: boolean;
  readonly load: Load;
  readonly round: number;
  readonly measured: Measurement;
}

/** The middle value, or the mean of the two in the middle; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1);
  return middle.reduce((total, value) => total + value, 0) / middle.length;
}

/** The medians of several measurements, field by field. */
export function medians(all: readonly Measurement[]): Measurement {
  const of = (field: keyof Measurement) => median(all.map((one) => one[field]));
  return {
    requests: of("requests"),
    requestsPerSecond: of("requestsPerSecond"),
    p50: of("p50"),
    p99: of("p99"),
    badStatuses: of("badStatuses"),
    connectErrors: of("connectErrors"),
    readErrors: of("readErrors"),
    writeErrors: of("writeErrors"),
    timeouts: of("timeouts"),
    cpuPerRequest: of("cpuPerRequest"),
    pss: of("pss"),
    newcomer: of("newcomer"),
    newcomerErrors: of("newcomerErrors"),
    slowRequests: of("slowRequests"),
    slowErrors: of("slowErrors"),
  };
}

/**
 * A table for every application, logging and load, in the order of the samples; rows in the order
 * of the servers.
 * @param ours the server whose requests per second are divided by each other's
 */
export function tables(samples: readonly Sample[], ours: string): string {
  const titles = [...new Set(samples.map(titleOf))];
  return titles
    .map((title) => {
      const here = samples.filter((sample) => titleOf(sample) === title);
      return `### ${title}\n\n${table(here, ours)}\n`;
    })
    .join("\n");
}

function titleOf({ app, log, load }: Sample): string {
  const beside = load.slow ? " beside one that asks for 200 ms requests" : "";
  const noun = load.connections === 1 ? "connection" : "connections";
  return `${app}, logging ${log ? "on" : "off"}, ${load.connections} ${noun}${beside}`;
}

const header = [
  "| server | requests/s | ratio | p50 ms | p99 ms | newcomer ms | CPU µs/request | PSS MB | errors | closed |",
  "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
];

function table(samples: readonly Sample[], ours: string): string {
  const names = [...new Set(samples.map(({ server }) => server))];
  const byName = new Map(
    names.map((name) => {
      const own = samples.filter(({ server }) => server === name);
      return [name, medians(own.map(({ measured }) => measured))];
    }),
  );
  const best = byName.get(ours)?.requestsPerSecond ?? Number.NaN;
  const rows = [...byName].map(([name, found]) => {
    const ratio = name === ours ? Number.NaN : best / found.requestsPerSecond;
    return row(name, found, ratio);
  });
  return [...header, ...rows].join("\n");
}

function row(name: string, found: Measurement, ratio: number): string {
  const cells = [
    name,
    number(found.requestsPerSecond, 0),
    Number.isFinite(ratio) ? `${ratio.toFixed(2)}×` : "–",
    number(found.p50, 2),
    number(found.p99, 2),
    number(found.newcomer, 0),
    number(found.cpuPerRequest, 0),
    number(found.pss, 0),
    number(errorsOf(found), 0),
    number(found.readErrors, 0),
  ];
  return `| ${cells.join(" | ")} |`;
}

/** Requests without a good answer; connections that the server closed are another column. */
function errorsOf(found: Measurement): number {
  const { badStatuses, connectErrors, writeErrors, timeouts, newcomerErrors, slowErrors } = found;
  return badStatuses + connectErrors + writeErrors + timeouts + newcomerErrors + slowErrors;
}

function number(value: number, digits: number): string {
  if (!Number.isFinite(value)) return "–";
  return value.toLocaleString("en-US", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}
