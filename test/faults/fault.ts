/** One fault, done to tsuwsgi and, for comparison, to uWSGI, while clients go on asking. */
import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { packages } from "../helpers/packages.ts";
import { until, within } from "../helpers/until.ts";
import { type Load, startLoad, usualLoad } from "./load.ts";
import type { Row } from "./table.ts";
import { type Tally, total } from "./tally.ts";
import {
  launchVictim,
  type Make,
  type Setup,
  startVictim,
  threads,
  type Victim,
  workers,
} from "./victim.ts";

/** A server under load. */
export interface Struck extends Victim {
  readonly load: Load;
}

/** What is done, and what it may cost. */
export interface Fault extends Setup {
  /** Does it; awaits what has to be over before the server can be whole again. */
  readonly strike: (victim: Struck) => Promise<void> | void;
  /** How many of our clients' requests may get a 5xx; none if absent. */
  readonly honest?: number;
  /** How many have to get one, which shows that the fault met them; none if absent. */
  readonly leastHonest?: number;
  /** What our log has to tell of it. */
  readonly tells?: RegExp;
  /** Of how many clients the connections may break, with or without a request on them; none if absent. */
  readonly broken?: number;
  /** The server ends by it, and is not to come back. */
  readonly ends?: true;
  /** Why uWSGI is not looked at. */
  readonly oursAlone?: string;
  /** What must be true of ours besides, when it is whole again. */
  readonly check?: (victim: Struck, tally: Tally) => Promise<void> | void;
  /** A remark for the table. */
  readonly remark?: (victim: Struck) => Promise<string> | string;
}

/** Right answers in a row that show full service. */
const rowLength = 50;
/** Right answers before the fault. */
const warmUp = 60;
/** How long ours may take until it serves in full, on a busy machine, milliseconds. */
const ourBoundMs = 30_000;
/** Two starts, two faults and two ends, each on a busy machine, milliseconds. */
const testBoundMs = 240_000;
/** Between two looks at the processes, milliseconds: on a full system one costs 5 ms. */
const lookEveryMs = 40;
/** How long uWSGI is watched for that, milliseconds: some faults it does not get over. */
const theirBoundMs = 5_000;

/** Declares the test of one fault, and puts its rows into the table (reporter.ts). */
export function fault(name: string, what: Fault): void {
  test(name, { timeout: testBoundMs }, async ({ task }) => {
    const rows: Row[] = [];
    task.meta.faults = rows;
    const { row, tally, victim } = await suffer("tsuwsgi", what);
    rows.push({ fault: name, ...row });
    if (what.oursAlone !== undefined || !packages.uwsgi.present()) {
      const remark = what.oursAlone ?? `needs ${packages.uwsgi.debian.join(", ")}`;
      rows.push({ fault: name, make: "uWSGI", remark });
    } else {
      const peer = await suffer("uWSGI", what);
      await peer.victim.program.kill();
      rows.push({ fault: name, ...peer.row });
    }
    expect(tally.wrong).toEqual([]);
    expect(row.fullMs, victim.written()).toBeDefined();
    const broken = what.broken ?? 0;
    if (what.tells) expect(victim.written()).toMatch(what.tells);
    if (what.ends) return;
    if (broken === 0) expect(Object.fromEntries(tally.lost)).toEqual({});
    expect(total(tally.lost) + tally.raced).toBeLessThanOrEqual(broken);
    expect(total(tally.honest), victim.written()).toBeLessThanOrEqual(what.honest ?? 0);
    expect(total(tally.honest), victim.written()).toBeGreaterThanOrEqual(what.leastHonest ?? 0);
  });
}

/** A start that has to fail. */
export interface FailedStart extends Pick<Setup, "lines"> {
  /** What ours says. */
  readonly says: RegExp;
}

/** Declares the test of a server that must not start, and say why. */
export function failedStart(name: string, { lines, says }: FailedStart): void {
  test(name, { timeout: testBoundMs }, async ({ task }) => {
    const rows: Row[] = [];
    task.meta.faults = rows;
    for (const make of ["tsuwsgi", "uWSGI"] as const) {
      if (make === "uWSGI" && !packages.uwsgi.present()) continue;
      const { program } = await launchVictim(make, lines ? { lines } : {});
      const { code } = await within("the failed start", program.exit, ourBoundMs);
      rows.push({ fault: name, make, remark: `does not start, exit code ${code}` });
      if (make === "uWSGI") continue;
      expect(program.stderr()).toMatch(says);
      expect(code).toBe(1);
      await program.assertGone();
    }
  });
}

/**
 * Has every thread of every worker in a request, until `go` is called.
 * @returns `go`, which waits for the answers too
 */
export async function holdAll({ load, occurrences, file }: Struck): Promise<() => Promise<void>> {
  const before = occurrences("holding");
  const held = Array.from({ length: workers * threads }, () => load.ask("/hold"));
  await until("all threads to be held", () => occurrences("holding") >= before + held.length);
  return async () => {
    writeFileSync(file("go"), "");
    await Promise.all(held);
  };
}

/** Declares a fault that cannot be done here, and why. */
export function skippedFault(name: string, why: string): void {
  test.skip(`${name} [${why}]`, () => {});
}

interface Suffered {
  readonly row: Omit<Extract<Row, { sent: number }>, "fault">;
  readonly tally: Tally;
  readonly victim: Victim;
}

async function suffer(make: Make, what: Fault): Promise<Suffered> {
  const victim = await startVictim(make, what);
  const load = startLoad(victim.target, usualLoad, make === "tsuwsgi" ? ourBoundMs : theirBoundMs);
  const struck = { ...victim, load };
  try {
    await until("a steady load", () => load.row().answers >= warmUp).catch((error) => {
      if (make === "tsuwsgi") throw error;
    });
    load.breakRow();
    const began = performance.now();
    const undone = await strike(struck, what);
    const full = what.ends ? await untilEnded(victim) : await untilWhole(struck);
    const left = what.ends && `${victim.program.processes().length} processes left`;
    const remark = left ?? undone ?? (await what.remark?.(struck));
    // A client of a server that has gone would only go on to count refusals.
    const tally = await load.stop();
    if (make === "tsuwsgi") await finish(struck, tally, what);
    const { sent, right, raced } = tally;
    const row = {
      ...{ make, sent, right, raced, wrong: tally.wrong.length },
      honest: Object.fromEntries(tally.honest),
      lost: Object.fromEntries(tally.lost),
      ...(full === undefined ? {} : { fullMs: Math.max(0, Math.round(full - began)) }),
      ...(remark === undefined ? {} : { remark }),
    };
    return { row, tally, victim };
  } finally {
    void load.stop();
  }
}

/** What of the fault uWSGI did not get done; ours has to. */
async function strike(victim: Struck, what: Fault): Promise<string | undefined> {
  try {
    await what.strike(victim);
    return undefined;
  } catch (error) {
    if (victim.make === "tsuwsgi") throw error;
    return error instanceof Error ? error.message : String(error);
  }
}

/** When all processes were there and all answers right, from then on; undefined: not within the bound. */
async function untilWhole({ make, load, isWhole }: Struck): Promise<number | undefined> {
  const before = new Set(load.inFlight);
  let wholeMs: number | undefined;
  let lookedMs = 0;
  const look = () => {
    const nowMs = performance.now();
    if (nowMs < lookedMs + lookEveryMs) return false;
    const whole = isWhole();
    lookedMs = performance.now();
    wholeMs = whole ? (wholeMs ?? lookedMs) : undefined;
    const waiting = [...before].some((number) => load.inFlight.has(number));
    return wholeMs !== undefined && !waiting && load.row().answers >= rowLength;
  };
  try {
    await until("full service", look, make === "tsuwsgi" ? ourBoundMs : theirBoundMs);
    return Math.max(wholeMs ?? 0, load.row().sinceMs);
  } catch {
    return undefined;
  }
}

/** When the last process was gone. */
async function untilEnded({ make, program }: Victim): Promise<number | undefined> {
  try {
    if (make === "tsuwsgi") await program.assertGone();
    else await until("its end", () => program.processes().length === 0, theirBoundMs);
    return performance.now();
  } catch (error) {
    if (make === "tsuwsgi") throw error;
    return undefined;
  }
}

/** Ours ends as ever, and leaves nothing. */
async function finish(victim: Struck, tally: Tally, { ends, check }: Fault): Promise<void> {
  await check?.(victim, tally);
  if (ends) return;
  const { code } = await victim.program.stop("SIGTERM");
  expect(code, victim.written()).toBe(0);
  await victim.program.assertGone();
}
