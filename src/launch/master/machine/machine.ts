/**
 * The master's decisions: what happened and what time it is -> what to do.
 *
 * Rules:
 * - `step` is pure; nothing here touches a process, a clock or a file.
 * - Every step ends by comparing what is wanted with what is there (`converge`), so an event only
 *   notes what has changed and a process that is due is started by one piece of code.
 * - While `starting`, the first failure ends the start. While `serving`, what dies is replaced, after
 *   a pause when it dies again and again. Without `master` there is no supervision, as in uWSGI.
 * - A reload never takes anything away before what follows it serves (reload.ts); nor does the replacement
 *   of one worker (seats.ts).
 * - The first reason to end decides the exit code.
 */
import { dieWithoutWorkers, endDrain, fail, killAll } from "./ending.ts";
import type { MasterAction, MasterEvent } from "./event.ts";
import { noteFrontExit, noteFrontWord } from "./front-words.ts";
import { noteCommand } from "./obey.ts";
import { noteLoad } from "./population.ts";
import { advanceReload, endFronts, noteReread, reloadDue } from "./reload.ts";
import { endMercies, fillSeats, seatsDue, wearByAge } from "./seats.ts";
import type { FrontState, MasterState, ZygoteState } from "./state.ts";
import { currentFront, currentZygote, isUp, type Turn, tellListen } from "./turn.ts";
import { noteZygoteExit, noteZygoteWord } from "./zygote-words.ts";

/**
 * One step of the master.
 * @param nowMs monotonic milliseconds
 * @returns the next state (the one given is left as it is) and what to do, in order
 */
export function step(
  state: MasterState,
  event: MasterEvent,
  nowMs: number,
): { state: MasterState; actions: readonly MasterAction[] } {
  const turn: Turn = { state: structuredClone(state), actions: [], nowMs };
  if (state.stage !== "ended") {
    note(turn, event);
    converge(turn);
  }
  return turn;
}

/** When `step` must be called again though nothing happens; undefined when there is no need. */
export function nextDeadline(state: MasterState): number | undefined {
  const due: number[] = [];
  if (state.deadlineMs !== undefined) due.push(state.deadlineMs);
  if (isUp(state) || state.stage === "draining")
    for (const { deadlineMs } of state.workers) if (deadlineMs !== undefined) due.push(deadlineMs);
  if (isUp(state)) {
    for (const one of [...state.fronts, ...state.zygotes])
      if (one.stage === "down" && one.role === "current") due.push(one.notBeforeMs);
    for (const { deadlineMs } of state.fronts) if (deadlineMs !== undefined) due.push(deadlineMs);
    due.push(...seatsDue(state), ...reloadDue({ state }));
  }
  return due.length > 0 ? Math.min(...due) : undefined;
}

function note(turn: Turn, event: MasterEvent): void {
  const { state } = turn;
  switch (event.type) {
    case "wake":
      break;
    case "command":
      noteCommand(turn, event.name, event.by);
      break;
    case "front-said": {
      const front = state.fronts.find(({ id }) => id === event.front);
      if (front) noteFrontWord(turn, front, event.word);
      break;
    }
    case "load":
      noteLoad(turn, event.front, event.load);
      break;
    case "front-exited": {
      const front = state.fronts.find(({ id }) => id === event.front);
      if (front) noteFrontExit(turn, front, event.status);
      break;
    }
    case "zygote-said": {
      const zygote = state.zygotes.find(({ id }) => id === event.zygote);
      if (zygote) noteZygoteWord(turn, zygote, event.word);
      break;
    }
    case "zygote-exited": {
      const zygote = state.zygotes.find(({ id }) => id === event.zygote);
      if (zygote) noteZygoteExit(turn, zygote, event.status);
      break;
    }
    case "reread":
      noteReread(turn, event.result);
      break;
    case "lost":
      if (isUp(state) || state.stage === "draining") fail(turn, 1, event.reason);
      break;
    case "starter-gone":
      if (state.stage === "starting")
        fail(turn, 1, "the start was given up: whoever started the daemon is gone");
      break;
    case "give-up":
      if (isUp(state)) fail(turn, event.code, event.reason, undefined, event.place);
      break;
  }
}

/** Brings what is there towards what is wanted. */
function converge(turn: Turn): void {
  const { state, actions, nowMs } = turn;
  if (isUp(state)) {
    startWhatIsDue(turn);
    return;
  }
  if (state.stage === "draining") endMercies(turn);
  if (state.deadlineMs !== undefined && nowMs >= state.deadlineMs) {
    if (state.stage === "killing") killAll(turn);
    else endDrain(turn);
  }
  if ([...state.fronts, ...state.zygotes].every(({ stage }) => stage === "down")) {
    state.stage = "ended";
    state.deadlineMs = undefined;
    actions.push({ type: "end", code: state.exitCode });
  }
}

function startWhatIsDue(turn: Turn): void {
  const { state, actions, nowMs } = turn;
  endMercies(turn);
  wearByAge(turn);
  endFronts(turn);
  advanceReload(turn);
  for (const zygote of state.zygotes) {
    if (!isDue(zygote, nowMs)) continue;
    Object.assign(zygote, { stage: "loading", startedMs: nowMs });
    const { id, configuration } = zygote;
    actions.push({ type: "spawn-zygote", zygote: id, configuration });
  }
  for (const front of state.fronts) {
    if (!isDue(front, nowMs)) continue;
    Object.assign(front, { stage: "starting", startedMs: nowMs });
    const { id, configuration } = front;
    actions.push({ type: "spawn-front", front: id, configuration });
  }
  fillSeats(turn);
  listenWithoutWorkers(turn);
  dieWithoutWorkers(turn);
}

/** With `cheap` the first request starts the workers, so there must be somebody to take it. */
function listenWithoutWorkers(turn: Turn): void {
  const { state } = turn;
  const front = currentFront(state);
  if (state.stage !== "starting" || state.wanted > 0 || front.listenTold) return;
  if (front.stage === "ready" && currentZygote(state).stage === "loaded") tellListen(turn, front);
}

function isDue({ stage, role, notBeforeMs }: FrontState | ZygoteState, nowMs: number): boolean {
  return stage === "down" && role !== "leaving" && nowMs >= notBeforeMs;
}
