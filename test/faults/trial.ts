/** One fault under load, from before it to full service again, and the table of all of them. */
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import { packages } from "../helpers/packages.ts";
import { until } from "../helpers/until.ts";
import { type Account, type Load, startLoad } from "./load.ts";
import { ours, type Subject, theirs, workers } from "./subjects.ts";

/** Right answers in a row that show that all is well. */
const streak = 40;

/** What a peer may take to come back, milliseconds. */
const peerMs = 8_000;

/** A fault with all that it waits for, on a busy machine, milliseconds. */
const boundMs = 180_000;

/** A fault. */
export interface Fault {
  readonly name: string;
  /** Lines of the configuration that it needs. */
  readonly lines?: readonly string[];
  /** Brings it about. Everything that it begins it also ends. */
  readonly act: (subject: Subject, load: Load) => Promise<void> | void;
  /** Requests that may be lost, in tsuwsgi. */
  readonly mayLose?: number;
  /** uWSGI has no such part. */
  readonly oursOnly?: boolean;
  /** The server is not to serve again; what is to be true then. */
  readonly ends?: (subject: Subject) => Promise<void>;
  /** More that has to be true of tsuwsgi afterwards. */
  readonly after?: (subject: Subject) => Promise<void> | void;
}

interface Row {
  readonly fault: string;
  readonly server: string;
  readonly account: Account;
  /** Milliseconds from the fault to full service; undefined: it does not come back. */
  readonly backMs: number | undefined;
}

const rows: Row[] = [];

/** Tests of the faults, for tsuwsgi and then for uWSGI, whose results are shown and not judged. */
export function tryFaults(title: string, faults: readonly Fault[]): void {
  describe(title, () => {
    for (const fault of faults) {
      test(
        fault.name,
        async () => {
          const row = await run(fault, await ours(...(fault.lines ?? [])));
          const { wrong, lost, notes } = row.account;
          expect({ wrong, notes: wrong > 0 ? notes : [] }).toEqual({ wrong: 0, notes: [] });
          if (!fault.ends) {
            const allowed = fault.mayLose ?? 0;
            expect(lost, `lost: ${notes.join("; ")}`).toBeLessThanOrEqual(allowed);
          }
        },
        boundMs,
      );
      test.skipIf(fault.oursOnly || !packages.uwsgi.present())(
        `${fault.name}, uWSGI`,
        async () => {
          const row = await run(
            { ...fault, after: () => {} },
            await theirs(...(fault.lines ?? [])),
          );
          expect(row.account.sent).toBeGreaterThan(0);
        },
        boundMs,
      );
    }
    afterAll(() => {
      const text = table(rows.splice(0));
      console.info(`${title}\n${text}`);
      const file = process.env["FAULTS_TABLE"];
      if (file) appendFileSync(file, `## ${title}\n\n${text}\n`);
    });
  });
}

async function run(fault: Fault, subject: Subject): Promise<Row> {
  const load = startLoad(subject.port, subject.load);
  await until("the load to run", () => load.streak() >= streak);
  const began = performance.now();
  await fault.act(subject, load);
  const backMs = fault.ends ? undefined : await service(subject, load, began);
  if (fault.ends && subject.name === "tsuwsgi") await fault.ends(subject);
  const account = await load.stop();
  const row = { fault: fault.name, server: subject.name, account, backMs };
  rows.push(row);
  await fault.after?.(subject);
  if (!fault.ends && subject.name === "tsuwsgi") {
    await subject.program.stop("SIGTERM");
    await subject.program.assertGone();
  } else await subject.program.kill();
  return row;
}

/** Waits until all workers are there and answers are right again; uWSGI may never come back. */
async function service(subject: Subject, load: Load, began: number): Promise<number | undefined> {
  const start = load.account.right;
  const isBack = () =>
    load.streak() >= streak &&
    load.account.right >= start + streak &&
    subject.parts("worker").length >= workers;
  try {
    await until("full service", isBack, subject.name === "uwsgi" ? peerMs : undefined);
    return Math.round(performance.now() - began);
  } catch (error) {
    if (subject.name === "uwsgi") return undefined;
    throw new Error(`${JSON.stringify(load.account)}\n${subject.program.stderr().slice(-4000)}`, {
      cause: error,
    });
  }
}

/** One request that is expected to go wrong; how it does is not asked. */
export async function provoke(subject: Subject, path: string): Promise<void> {
  const { request } = await import("../helpers/http.ts");
  await Promise.race([request(subject.port, { path }).catch(() => {}), sleep(provokeMs)]);
}

/** A request that hangs is waited for no longer than this, milliseconds. */
const provokeMs = 3_000;

function table(all: readonly Row[]): string {
  const head = "| fault | server | sent | right | honest 5xx | lost | wrong | back after |";
  const lines = all.map(({ fault, server, account, backMs }) => {
    const { sent, right, failed, lost, wrong } = account;
    const back = backMs === undefined ? "never" : `${backMs} ms`;
    return `| ${fault} | ${server} | ${sent} | ${right} | ${failed} | ${lost} | ${wrong} | ${back} |`;
  });
  return [head, "|---|---|--:|--:|--:|--:|--:|--:|", ...lines, ""].join("\n");
}
