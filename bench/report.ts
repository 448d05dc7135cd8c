/** Measurements -> medians -> Markdown. */
import { type Figures, medians } from "./figures.ts";
import type { Goal, Work } from "./works.ts";

/** One measurement and what it was of. */
export interface Sample {
  readonly server: string;
  readonly work: string;
  readonly round: number;
  readonly figures: Figures;
}

interface Column {
  readonly title: string;
  readonly cell: (figures: Figures, ratio: number) => string;
}

const column = (title: string, name: keyof Figures, digits: number): Column => ({
  title,
  cell: (figures) => number(figures[name], digits),
});
const ratioColumn: Column = {
  title: "ratio",
  cell: (_figures, ratio) => (Number.isFinite(ratio) ? `${ratio.toFixed(2)}×` : "–"),
};
const errors = column("errors", "errors", 0);
const memory = column("PSS MB", "pss", 0);
const percent = (title: string, name: keyof Figures): Column => ({
  title,
  cell: (figures) => (Number.isFinite(figures[name]) ? `${number(figures[name] * 100, 0)}%` : "–"),
});

const columns: Readonly<Record<Work["load"]["kind"], readonly Column[]>> = {
  pages: [
    ...[column("requests/s", "rate", 0), ratioColumn],
    ...[column("p50 ms", "p50", 2), column("p99 ms", "p99", 2)],
    ...[column("newcomer ms", "newcomer", 0), column("CPU µs/request", "cpu", 0), memory],
    ...[errors, column("closed", "closed", 0)],
  ],
  shares: [
    ...[column("requests/s", "rate", 0), ratioColumn],
    ...[percent("least/mean", "least"), percent("greatest/mean", "greatest"), errors],
  ],
  transfer: [
    ...[column("MB/s", "rate", 0), ratioColumn, column("CPU µs/MB", "cpu", 0)],
    ...[memory, column("most PSS MB", "peak", 0), errors],
  ],
};

/** A table for every work; in each our rate is divided by each other's. */
export function tables(works: readonly Work[], samples: readonly Sample[]): string {
  return works
    .map((work) => `### ${work.title}\n\n${table(work, figuresOf(work, samples))}\n`)
    .join("\n");
}

/** The medians of a work by server, in the order of its servers. */
function figuresOf(work: Work, samples: readonly Sample[]): ReadonlyMap<string, Figures> {
  const own = samples.filter((sample) => sample.work === work.name);
  const measured = work.servers.filter((name) => own.some(({ server }) => server === name));
  return new Map(
    measured.map((name) => {
      const its = own.filter(({ server }) => server === name).map(({ figures }) => figures);
      return [name, medians(its)];
    }),
  );
}

function table(work: Work, byServer: ReadonlyMap<string, Figures>): string {
  const shown = columns[work.load.kind];
  const [ours = ""] = work.servers;
  const best = byServer.get(ours)?.rate ?? Number.NaN;
  const rows = [...byServer].map(([name, figures]) => {
    const ratio = name === ours ? Number.NaN : best / figures.rate;
    return [name, ...shown.map(({ cell }) => cell(figures, ratio))];
  });
  const titles = ["server", ...shown.map(({ title }) => title)];
  const rule = `|---|${"--:|".repeat(shown.length)}`;
  return [line(titles), rule, ...rows.map(line)].join("\n");
}

/** What was hoped for and what came of it, a row each; works without goals are left out. */
export function goals(works: readonly Work[], samples: readonly Sample[]): string {
  const rows = works.flatMap((work) => {
    const byServer = figuresOf(work, samples);
    return work.goals.map((goal) => [work.title, ...goalCells(goal, work, byServer)]);
  });
  return [
    line(["work", "what", "wanted", "measured"]),
    "|---|---|--:|--:|",
    ...rows.map(line),
  ].join("\n");
}

function goalCells(goal: Goal, work: Work, byServer: ReadonlyMap<string, Figures>): string[] {
  const ours = byServer.get(work.servers[0] ?? "");
  const peers = goal.peers.flatMap((name) => {
    const figures = byServer.get(name);
    return figures === undefined ? [] : [{ name, figures }];
  });
  const greatest = bestOf(peers, ({ figures }) => -figures.rate);
  const least = (name: "cpu" | "p50") => bestOf(peers, ({ figures }) => figures[name]);
  switch (goal.of) {
    case "ratio": {
      const ratio = (ours?.rate ?? Number.NaN) / (greatest?.figures.rate ?? Number.NaN);
      return [`rate over ${greatest?.name ?? goal.peers[0]}`, `≥ ${goal.bound}`, number(ratio, 2)];
    }
    case "cpu":
    case "p50": {
      const peer = least(goal.of);
      const ratio = (ours?.[goal.of] ?? Number.NaN) / (peer?.figures[goal.of] ?? Number.NaN);
      const what = goal.of === "cpu" ? "CPU per request" : "median latency";
      return [`${what} over ${peer?.name ?? ""}`, `≤ ${goal.bound}`, number(ratio, 2)];
    }
    case "p99":
      return ["p99, ms", `≤ ${goal.bound}`, number(ours?.p99 ?? Number.NaN, 1)];
    case "share":
      return [
        "farthest from the mean share",
        `≤ ${goal.bound}`,
        number(ours?.share ?? Number.NaN, 2),
      ];
  }
}

function bestOf<T>(all: readonly T[], cost: (one: T) => number): T | undefined {
  return [...all].sort((a, b) => cost(a) - cost(b))[0];
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function number(value: number, digits: number): string {
  if (!Number.isFinite(value)) return "–";
  return value.toLocaleString("en-US", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}
