/** The table of all faults, as Markdown. */
import { noConnection } from "./tally.ts";
import type { Make } from "./victim.ts";

/** What one server did in one fault; without counts it was not looked at. */
export type Row = {
  readonly fault: string;
  readonly make: Make;
  readonly remark?: string;
} & (
  | {
      readonly sent: number;
      readonly right: number;
      /** By status. */
      readonly honest: { readonly [status: string]: number };
      /** By what happened. */
      readonly lost: { readonly [why: string]: number };
      readonly raced: number;
      readonly wrong: number;
      /** Milliseconds from the fault until all was as before (or gone, where that is right); absent: never. */
      readonly fullMs?: number;
    }
  | { readonly sent?: undefined }
);

const columns = [
  ..."fault,server,sent,right,5xx,lost,refused,raced,wrong".split(","),
  "full service (ms)",
  "remark",
] as const;

/** One line a row, under its head. */
export function faultsTable(rows: readonly Row[]): string {
  const head = [columns, columns.map((_, column) => (isNumber(column) ? "--:" : "---"))];
  const lines = [...head, ...rows.map((row, index) => cells(row, rows[index - 1]))];
  return lines.map((line) => `| ${line.join(" | ")} |\n`).join("");
}

function isNumber(column: number): boolean {
  return column >= 2 && column <= 9;
}

function cells(row: Row, before: Row | undefined): readonly string[] {
  const first = [row.fault === before?.fault ? "" : row.fault, row.make];
  if (row.sent === undefined) return [...first, ...Array(8).fill(""), row.remark ?? ""];
  const { sent, right, honest, lost, raced, wrong, fullMs, remark } = row;
  const lostWhy = Object.entries(lost).map(([why, count]) => `${count} ${why}`);
  const count = (refused: boolean) =>
    Object.entries(lost).reduce(
      (sum, [why, times]) => sum + (why.startsWith(noConnection) === refused ? times : 0),
      0,
    );
  return [
    ...first,
    ...[sent, right].map(String),
    Object.entries(honest)
      .map(([status, count]) => `${count} × ${status}`)
      .join(", ") || "0",
    ...[count(false), count(true), raced, wrong].map(String),
    fullMs === undefined ? "never" : String(fullMs),
    [...(remark ? [remark] : []), ...(lostWhy.length > 0 ? [lostWhy.join(", ")] : [])].join("; "),
  ];
}
