/** The figures of a measurement; what a load does not measure is NaN. */

/** All figures that there are. */
export interface Figures {
  /** Requests a second, or megabytes a second where files are transferred. */
  readonly rate: number;
  /** Latencies, milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** The longest that a client with a new connection waited for its answer meanwhile, milliseconds. */
  readonly newcomer: number;
  /** CPU time of all processes of the server per request, or per megabyte; microseconds. */
  readonly cpu: number;
  /** Memory of all processes of the server at the end, and the most that was seen; megabytes (PSS). */
  readonly pss: number;
  readonly peak: number;
  /** Requests without a good answer. */
  readonly errors: number;
  /** Connections that the server ended without announcing it. */
  readonly closed: number;
  /** What the connection with the fewest and the most requests got, over the mean. */
  readonly least: number;
  readonly greatest: number;
  /** How far one of these is from the mean, over the mean. */
  readonly share: number;
}

const nothing = Number.NaN;

/** Nothing was measured. */
export const noFigures: Figures = {
  ...{ rate: nothing, p50: nothing, p99: nothing, newcomer: nothing, cpu: nothing, pss: nothing },
  ...{ peak: nothing, errors: nothing, closed: nothing, least: nothing, greatest: nothing },
  share: nothing,
};

/** The middle value, or the mean of the two in the middle; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1);
  return middle.reduce((total, value) => total + value, 0) / middle.length;
}

/** The medians of several measurements, figure by figure. */
export function medians(all: readonly Figures[]): Figures {
  const entries = Object.keys(noFigures).map((name) => {
    const of = (one: Figures) => one[name as keyof Figures];
    return [name, median(all.map(of))] as const;
  });
  return { ...noFigures, ...Object.fromEntries(entries) };
}
