/**
 * Reloads: parts of a step of machine.ts. A reload brings the next generation up beside the present one: a
 * zygote with its workers, and another front too where what the front has to know has changed. Requests go to
 * the present generation until the next is complete; then those of the old finish what they have in hand.
 * When the next does not come up, all stays as it is.
 */
import { freeShortLives } from "./backoff.ts";
import { initialCheaper } from "./cheaper.ts";
import { killFront, killWorkersOf, stopZygote } from "./ending.ts";
import type { Reread } from "./event.ts";
import { forget, fork, part, succeed } from "./seats.ts";
import {
  type FrontState,
  newFront,
  newSeat,
  newZygote,
  type Plan,
  type ReloadKind,
  type SeatState,
  type WorkerState,
  type ZygoteState,
} from "./state.ts";
import {
  comingFront,
  comingZygote,
  currentFront,
  currentZygote,
  log,
  resume,
  type Turn,
  tellFront,
  workerOf,
} from "./turn.ts";

/** The workers of a front that leaves are killed first, and it answers for them, milliseconds. */
const frontGraceMs = 3_000;

/** Begins a reload, or notes that there is to be another one. */
export function askReload(turn: Turn, kind: ReloadKind, by: string): void {
  const { state } = turn;
  if (state.stage !== "serving" || state.reload !== undefined) {
    log(turn, `${by}: ${kind.name} follows when the server is ready for it`);
    state.nextReload = kind;
    // Whoever edits the application again does not wait for what came before.
    if (state.reload?.stage === "coming" && !isUnderWay(turn)) giveUp(turn, "it is begun anew");
    return;
  }
  begin(turn, kind, by);
}

/** The configuration was read, or could not be. */
export function noteReread(turn: Turn, result: Reread): void {
  const { reload } = turn.state;
  if (turn.state.stage !== "serving" || reload?.stage !== "reading") return;
  if (result.is === "failed") giveUp(turn, result.reason);
  else bringUp(turn, result.configuration, result.plan, result.newFront);
}

/** Brings a reload forward; to be called while the server is up. */
export function advanceReload(turn: Turn): void {
  const { state } = turn;
  const zygote = comingZygote(state);
  const front = comingFront(state) ?? currentFront(state);
  if (state.reload?.stage === "coming" && zygote?.stage === "loaded" && front.coresOpen) {
    if (state.reload.kind.chain) advanceChain(turn, zygote);
    else advanceAll(turn, zygote);
  }
  if (state.reload !== undefined || state.stage !== "serving") return;
  const kind = state.nextReload;
  state.nextReload = undefined;
  if (kind !== undefined) begin(turn, kind, "as asked for before");
}

/** When a worker of the next generation that has died may be forked again. */
export function reloadDue({ state }: Pick<Turn, "state">): number[] {
  if (state.reload?.stage !== "coming" || comingZygote(state)?.stage !== "loaded") return [];
  const waiting = ({ notBeforeMs, ...seat }: SeatState) =>
    notBeforeMs > 0 && workerOf(state, { ...seat, notBeforeMs }, "next") === undefined;
  return state.seats.filter(waiting).map(({ notBeforeMs }) => notBeforeMs);
}

/** The next generation's front listens: it serves. */
export function noteSwitched(turn: Turn): void {
  if (turn.state.reload?.stage === "switching") complete(turn);
}

/** The reload has failed: what is there of the next generation goes, and all else stays. */
export function giveUp(turn: Turn, reason: string): void {
  const { state } = turn;
  const { reload } = state;
  if (reload === undefined) return;
  log(turn, `${reload.kind.name} is given up: ${reason}; what was there before goes on`);
  const zygote = comingZygote(state);
  const front = comingFront(state);
  if (zygote) {
    for (const worker of state.workers)
      if (worker.zygote === zygote.id)
        Object.assign(worker, { role: "parting", expected: "given up" });
    retireZygote(turn, zygote, 0);
  }
  if (front) {
    front.role = "leaving";
    killFront(turn, front);
    if (front.stage === "down") dropFront(turn, front);
  }
  over(turn);
}

/** A zygote's process has ended that is not the current one. */
export function noteOtherZygoteExit(turn: Turn, zygote: ZygoteState, status: string): void {
  const { state } = turn;
  const was = zygote.stage;
  const clean = status === "exit code 0";
  if (!clean) killWorkersOf(turn, zygote);
  zygote.stage = "down";
  if (zygote.role === "coming") {
    const when = was === "loaded" ? "" : " while the application was loaded";
    giveUp(turn, `the new zygote ended${when}: ${status}`);
  }
  for (const worker of state.workers) {
    if (worker.zygote !== zygote.id) continue;
    const word = { type: "worker-exited", pid: worker.pid } as const;
    if (worker.pid > 0) tellFront(turn, worker.front, word);
    forget(turn, worker);
  }
  state.zygotes = state.zygotes.filter((one) => one !== zygote);
}

/** A front's process has ended that is not the current one. */
export function noteOtherFrontExit(turn: Turn, front: FrontState, status: string): void {
  const { state } = turn;
  front.stage = "down";
  if (front.role === "coming") {
    giveUp(turn, `the new front ended: ${status}`);
    return;
  }
  // Nobody else tells its workers to go.
  for (const zygote of state.zygotes) if (zygote.front === front.id) stopZygote(turn, zygote, 1);
  dropFront(turn, front);
}

/** Kills fronts that leave and have had their time. */
export function endFronts(turn: Turn): void {
  for (const front of turn.state.fronts) {
    if (front.deadlineMs === undefined || turn.nowMs < front.deadlineMs) continue;
    front.deadlineMs = undefined;
    log(turn, "the front before has not ended in time, killing it");
    killFront(turn, front);
  }
}

/** Whether a worker that ended of the next generation shows that it does not come up. */
export function noteNextEnd(turn: Turn, worker: WorkerState, seat: SeatState): void {
  if (worker.zygote !== comingZygote(turn.state)?.id || isUnderWay(turn)) return;
  if (seat.shortLives >= freeShortLives)
    giveUp(turn, `its worker ${worker.id} ended ${seat.shortLives} times before it could serve`);
}

function begin(turn: Turn, kind: ReloadKind, by: string): void {
  const { state } = turn;
  const { plan } = state;
  log(turn, `${by}: ${kind.name} begins`);
  turn.actions.push({ type: "reloading" });
  state.reload = { kind, beganMs: turn.nowMs, stage: "reading", plan };
  if (kind.reread) turn.actions.push({ type: "reread" });
  else bringUp(turn, currentZygote(state).configuration, plan, false);
}

function bringUp(turn: Turn, configuration: number, plan: Plan, anotherFront: boolean): void {
  const { state } = turn;
  if (state.reload === undefined) return;
  state.reload.stage = "coming";
  state.reload.plan = plan;
  let front = currentFront(state).id;
  if (anotherFront) {
    front = ++state.lastId;
    state.fronts.push(newFront(front, configuration, "coming", plan.processes));
  }
  state.zygotes.push(newZygote(++state.lastId, configuration, front, "coming"));
  for (let id = state.seats.length + 1; id <= plan.processes; id++) state.seats.push(newSeat(id));
  for (const seat of state.seats) Object.assign(seat, { shortLives: 0, notBeforeMs: 0 });
}

/** As many workers as there were wanted, unless the new configuration says another number of processes. */
function wantedNext({ state }: Turn): number {
  const { reload, plan, wanted } = state;
  if (reload === undefined || reload.plan.processes === plan.processes) return wanted;
  return wanted === plan.processes
    ? reload.plan.processes
    : Math.min(wanted, reload.plan.processes);
}

function advanceAll(turn: Turn, zygote: ZygoteState): void {
  const { state, nowMs } = turn;
  const seats = state.seats.filter(({ id }) => id <= wantedNext(turn));
  for (const seat of seats)
    if (workerOf(state, seat, "next") === undefined && nowMs >= seat.notBeforeMs)
      fork(turn, seat, zygote, "next");
  if (!seats.every((seat) => workerOf(state, seat, "next")?.stage === "serving")) return;
  const front = comingFront(state);
  if (front === undefined) complete(turn);
  else if (state.reload) {
    state.reload.stage = "switching";
    front.listenTold = true;
    tellFront(turn, front.id, { type: "listen" });
  }
}

function advanceChain(turn: Turn, zygote: ZygoteState): void {
  const { state, nowMs } = turn;
  for (const seat of state.seats) {
    if (seat.id > state.wanted || workerOf(state, seat, "present")?.zygote === zygote.id) continue;
    const next = workerOf(state, seat, "next");
    if (next?.stage === "serving") {
      succeed(turn, next, state.reload?.kind.name);
      continue;
    }
    if (next === undefined && nowMs >= seat.notBeforeMs) fork(turn, seat, zygote, "next");
    return;
  }
  complete(turn);
}

/** The next generation is the present one from here on. */
function complete(turn: Turn): void {
  const { state, nowMs } = turn;
  const { reload } = state;
  const zygote = comingZygote(state);
  if (reload === undefined || zygote === undefined) return;
  const mercySeconds = reload.kind.brutal ? 0 : state.plan.mercySeconds;
  const before = currentZygote(state);
  const frontBefore = currentFront(state);
  const front = comingFront(state);
  const outgoing = state.workers.filter(
    (one) => one.role === "present" && one.zygote !== zygote.id,
  );
  const incoming = state.workers.filter((one) => one.role === "next");
  state.wanted = wantedNext(turn);
  if (front) {
    front.role = "current";
    frontBefore.role = "leaving";
    frontBefore.deadlineMs = nowMs + mercySeconds * 1000 + frontGraceMs;
    if (frontBefore.stage === "ready") tellFront(turn, frontBefore.id, { type: "hand-over" });
    else dropFront(turn, frontBefore);
  }
  part(turn, incoming, outgoing, reload.kind.name, mercySeconds * 1000);
  zygote.role = "current";
  retireZygote(turn, before, mercySeconds);
  state.plan = reload.plan;
  state.cheaper = initialCheaper(reload.plan.cheaper, nowMs);
  state.seats = state.seats.filter(({ id }) => id <= state.plan.processes);
  const seconds = ((nowMs - reload.beganMs) / 1000).toFixed(3);
  log(
    turn,
    `${reload.kind.name} is done, after ${seconds} s; requests in hand have ${mercySeconds} s`,
  );
  // As in uWSGI, where another image of the master knows nothing of it.
  if (reload.kind.reread) resume(turn);
  over(turn);
}

function over(turn: Turn): void {
  const { state } = turn;
  state.reload = undefined;
  turn.actions.push({ type: "reloaded", configuration: currentZygote(state).configuration });
}

function retireZygote(turn: Turn, zygote: ZygoteState, mercySeconds: number): void {
  const { state } = turn;
  zygote.role = "leaving";
  // Workers are killed one by one at the end of the mercy; the zygote itself a little later.
  stopZygote(turn, zygote, mercySeconds === 0 ? 0 : mercySeconds + 1);
  if (zygote.stage === "down") state.zygotes = state.zygotes.filter((one) => one !== zygote);
}

function dropFront({ state }: Turn, front: FrontState): void {
  state.fronts = state.fronts.filter((one) => one !== front);
}

/** Whether some of the next generation's workers take requests already, as in a chain. */
function isUnderWay({ state }: Turn): boolean {
  const id = comingZygote(state)?.id;
  return state.workers.some((one) => one.zygote === id && one.role === "present");
}
