/**
 * Who has which seat: parts of a step of machine.ts. A seat's worker is replaced in two ways: when it has
 * died, by a new one that takes requests at once; when it is to go, by one that is got ready first, so that
 * there is never one less to take requests.
 */
import { freeShortLives, noteEnd } from "./backoff.ts";
import { unsupervised } from "./ending.ts";
import type { MasterState, SeatState, WorkerState, ZygoteState } from "./state.ts";
import {
  comingZygote,
  currentFront,
  currentZygote,
  killWorker,
  log,
  type Turn,
  tellFront,
  tellZygote,
  workerOf,
} from "./turn.ts";

/** Which process of a front's: its slot tells it from the others, its number from the one before. */
interface Named {
  readonly slot: number;
  readonly pid: number;
}

/**
 * The worker that a front's word is about, unless that process is gone already. The front may name a
 * process before the zygote does, and speak of one that has ended: they use two channels.
 */
export function findByFront(
  { state }: Turn,
  front: number,
  { slot, pid }: Named,
): WorkerState | undefined {
  const worker = state.workers.find((one) => one.front === front && one.slot === slot);
  if (worker?.stage === "forking" && pid !== state.lastPids[slotKey(worker)]) worker.pid = pid;
  return worker?.pid === pid ? worker : undefined;
}

/** The worker that a zygote's word is about. */
export function findByZygote(
  { state }: Turn,
  zygote: number,
  slot: number,
): WorkerState | undefined {
  return state.workers.find((one) => one.zygote === zygote && one.slot === slot);
}

/** Orders a worker for a seat; nothing happens while no slot is free. */
export function fork(
  turn: Turn,
  seat: SeatState,
  zygote: ZygoteState,
  role: "present" | "next",
): void {
  const { state, nowMs } = turn;
  const slot = freeSlot(state, zygote.front);
  if (slot === undefined) return;
  // Where a new front waits with it nobody else takes requests.
  const held = role === "next" && zygote.front === currentFront(state).id;
  state.workers.push({
    ...{ slot, id: seat.id, zygote: zygote.id, front: zygote.front, held, startedMs: nowMs },
    ...{ pid: 0, stage: "forking", role, expected: undefined, deadlineMs: undefined },
  });
  seat.spawns++;
  tellZygote(turn, zygote.id, { do: "fork", worker: seat.id, slot, held });
}

/** Brings the seats towards what is wanted; to be called while the server is up. */
export function fillSeats(turn: Turn): void {
  const { state, nowMs } = turn;
  const zygote = currentZygote(state);
  for (const seat of state.seats) if (seat.id > state.wanted) emptySeat(turn, seat);
  if (!canFork(state)) return;
  for (const seat of state.seats) {
    if (seat.id > state.wanted || nowMs < seat.notBeforeMs) continue;
    if (workerOf(state, seat, "present") !== undefined) continue;
    // Without master nobody follows: the server ends with the worker that is on its way out.
    const followed = state.plan.master || !state.workers.some(({ id }) => id === seat.id);
    if (followed) fork(turn, seat, zygote, "present");
  }
  const seat = nextWorn(state);
  if (seat && nowMs >= replaceableMs(seat)) fork(turn, seat, zygote, "next");
}

/** When a seat that is empty, or whose worker is worn, may get another process. */
export function seatsDue(state: MasterState): number[] {
  const ages = state.workers.map((worker) => ageLimitMs(state, worker)).filter(Number.isFinite);
  return [...ages, ...forksDue(state)];
}

function forksDue(state: MasterState): number[] {
  if (!canFork(state)) return [];
  const empty = state.seats.filter(
    (seat) => seat.id <= state.wanted && workerOf(state, seat, "present") === undefined,
  );
  const worn = nextWorn(state);
  if (freeSlot(state, currentFront(state).id) === undefined) return [];
  const due = empty.map(({ notBeforeMs }) => notBeforeMs);
  return worn ? [...due, replaceableMs(worn)] : due;
}

/**
 * A worker should go, and why; the first reason counts.
 * @param urgent `min-worker-lifetime` does not hold
 */
export function noteWorn(turn: Turn, worker: WorkerState, reason: string, urgent: boolean): void {
  const { state } = turn;
  const leastMs = urgent ? 0 : state.plan.minLifetimeSeconds * 1000;
  const seat = state.seats[worker.id - 1];
  if (seat === undefined || worker.role !== "present") return;
  if (state.plan.master) seat.worn ??= { reason, notBeforeMs: worker.startedMs + leastMs };
  else part(turn, [], [worker], reason);
}

/** All cores of a worker have connected. */
export function seatAttached(turn: Turn, worker: WorkerState): void {
  const { state } = turn;
  const { front, pid, role, held } = worker;
  worker.stage = "serving";
  if (role === "parting") tellFront(turn, front, { type: "swap", admit: [], retire: [pid] });
  else if (role === "present" && held)
    tellFront(turn, front, { type: "swap", admit: [pid], retire: [] });
  else if (role === "next" && worker.zygote !== comingZygote(state)?.id) succeed(turn, worker);
}

/** A worker takes over from the one that has its seat. */
export function succeed(turn: Turn, next: WorkerState, reason?: string): void {
  const { state } = turn;
  const seat = state.seats[next.id - 1];
  const present = seat && workerOf(state, seat, "present");
  const why = reason ?? seat?.worn?.reason ?? "replaced";
  if (present)
    log(turn, `worker ${next.id} (pid ${present.pid}) is replaced by pid ${next.pid}: ${why}`);
  part(turn, [next], present ? [present] : [], why);
}

/**
 * In one step some workers begin to take requests, and others take no more: those finish what they have in
 * hand within the mercy, and end.
 * @param mercyMs how long that may take, milliseconds
 */
export function part(
  turn: Turn,
  incoming: readonly WorkerState[],
  outgoing: readonly WorkerState[],
  reason: string,
  mercyMs = turn.state.plan.mercySeconds * 1000,
): void {
  const { state } = turn;
  for (const { id } of [...incoming, ...outgoing]) {
    const seat = state.seats[id - 1];
    if (seat) seat.worn = undefined;
  }
  for (const worker of outgoing) {
    Object.assign(worker, { role: "parting", deadlineMs: turn.nowMs + mercyMs });
    worker.expected ??= reason;
    // The front has never met it, so nobody else would tell it to go.
    if (worker.stage !== "serving") killWorker(turn, worker);
  }
  for (const worker of incoming) worker.role = "present";
  const front = currentFront(state).id;
  const here = (workers: readonly WorkerState[]) =>
    workers.filter((one) => one.front === front && one.stage === "serving").map(({ pid }) => pid);
  const admit = here(incoming);
  const retire = here(outgoing);
  if (admit.length + retire.length > 0) tellFront(turn, front, { type: "swap", admit, retire });
}

/** Workers that have reached their age are to be replaced. */
export function wearByAge(turn: Turn): void {
  const { state, nowMs } = turn;
  for (const worker of state.workers) {
    if (nowMs < ageLimitMs(state, worker)) continue;
    const seconds = Math.round((nowMs - worker.startedMs) / 1000);
    noteWorn(turn, worker, `max-worker-lifetime, after ${seconds} s`, true);
  }
}

/** When a worker that takes requests has reached its age. */
function ageLimitMs(state: MasterState, { id, role, startedMs }: WorkerState): number {
  const { maxLifetimeSeconds, lifetimeDeltaSeconds } = state.plan;
  const worn = state.seats[id - 1]?.worn !== undefined;
  if (maxLifetimeSeconds === 0 || role !== "present" || worn) return Number.POSITIVE_INFINITY;
  return startedMs + (maxLifetimeSeconds + (id - 1) * lifetimeDeltaSeconds) * 1000;
}

/** Kills what parts and has had its time. */
export function endMercies(turn: Turn): void {
  for (const worker of turn.state.workers) {
    if (worker.deadlineMs === undefined || turn.nowMs < worker.deadlineMs) continue;
    worker.deadlineMs = undefined;
    const { id, pid, expected } = worker;
    if (expected !== "harakiri")
      log(turn, `worker ${id} (pid ${pid}) has not ended in time (${expected}), killing it`);
    killWorker(turn, worker);
  }
}

/**
 * A worker's process has ended; it is in the state no more.
 * @returns whether it was one that the server cannot do without while it starts
 */
export function noteSeatEnd(turn: Turn, worker: WorkerState, status: string): "hopeless" | "fine" {
  const { state, nowMs } = turn;
  const seat = state.seats[worker.id - 1];
  const what = `worker ${worker.id} (pid ${worker.pid}) ended: ${status}`;
  if (worker.role === "parting") {
    const unmet = worker.stage !== "serving"; // so it was killed
    if (status !== "exit code 0" && !unmet) log(turn, `${what} (${worker.expected})`);
    const empty = seat !== undefined && workerOf(state, seat, "present") === undefined;
    if (!state.plan.master && empty) unsupervised(turn, `${what} (${worker.expected})`);
    return "fine";
  }
  if (seat === undefined) return "fine";
  if (worker.role === "present" && !state.plan.master) {
    unsupervised(turn, what);
    return "fine";
  }
  seat.startedMs = worker.startedMs;
  noteEnd(seat, nowMs, worker.stage === "serving", state.plan.forkbombSeconds);
  const next = worker.role === "present" ? workerOf(state, seat, "next") : undefined;
  if (next !== undefined && next.zygote === currentZygote(state).id) {
    log(turn, `${what}; pid ${next.pid} takes its place`);
    part(turn, [next], [], "");
    return "fine";
  }
  const hopeless = worker.stage !== "serving" && seat.shortLives >= freeShortLives;
  if (hopeless && state.stage === "starting") return "hopeless";
  log(turn, `${what}; ${again(turn, seat.notBeforeMs)}`);
  return hopeless ? "hopeless" : "fine";
}

/** What a log line says of the next try. */
export function again({ nowMs }: Turn, notBeforeMs: number): string {
  const seconds = Math.round((notBeforeMs - nowMs) / 1000);
  return seconds > 0 ? `it dies at once, trying again in ${seconds} s` : "starting a new one";
}

/** Takes a worker out of the state. */
export function forget({ state }: Turn, worker: WorkerState): void {
  state.lastPids[slotKey(worker)] = worker.pid;
  state.workers = state.workers.filter((one) => one !== worker);
}

/** Under lazy-apps the zygote says `loaded` at once. Nobody can connect before the first front listens. */
function canFork(state: MasterState): boolean {
  return currentZygote(state).stage === "loaded" && currentFront(state).coresOpen;
}

/** The seat that is to have a new worker next: one at a time, and none while a reload replaces them all. */
function nextWorn(state: MasterState): SeatState | undefined {
  if (state.reload !== undefined || state.workers.some(({ role }) => role === "next")) return;
  const worn = state.seats.filter(
    (seat) => seat.worn !== undefined && workerOf(state, seat, "present")?.stage === "serving",
  );
  return worn.toSorted((a, b) => replaceableMs(a) - replaceableMs(b))[0];
}

/** When the worker of a seat may be replaced. */
function replaceableMs({ notBeforeMs, worn }: SeatState): number {
  return Math.max(notBeforeMs, worn?.notBeforeMs ?? 0);
}

function emptySeat(turn: Turn, seat: SeatState): void {
  const { state } = turn;
  const present = workerOf(state, seat, "present");
  const next = workerOf(state, seat, "next");
  // Those of a reload are its own affair.
  const own = next?.zygote === currentZygote(state).id ? next : undefined;
  const both = [present, own].filter((worker) => worker !== undefined);
  if (both.length > 0) part(turn, [], both, "fewer workers are wanted");
}

function freeSlot({ workers, fronts }: MasterState, front: number): number | undefined {
  const slots = fronts.find(({ id }) => id === front)?.slots ?? 0;
  const taken = new Set(workers.filter((one) => one.front === front).map(({ slot }) => slot));
  for (let slot = 1; slot <= slots; slot++) if (!taken.has(slot)) return slot;
  return undefined;
}

function slotKey({ front, slot }: WorkerState): string {
  return `${front}/${slot}`;
}
