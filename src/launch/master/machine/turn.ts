/** What the parts of one step of machine.ts work on. */
import type { MasterToFront } from "../../messages.ts";
import type { MasterAction, ZygoteOrder } from "./event.ts";
import type { FrontState, MasterState, SeatState, WorkerState, ZygoteState } from "./state.ts";

/** One step in the making: its state is a copy that may be changed, its actions are appended in order. */
export interface Turn {
  readonly state: MasterState;
  readonly actions: MasterAction[];
  readonly nowMs: number;
}

/** The number of SIGKILL, for the zygote. */
const sigkill = 9;

/** Adds a line for the log. */
export function log({ actions }: Turn, text: string): void {
  actions.push({ type: "log", text });
}

/** Says something to one front. */
export function tellFront({ actions }: Turn, front: number, word: MasterToFront): void {
  actions.push({ type: "tell-front", front, word });
}

/** Has a front accept clients. */
export function tellListen(turn: Turn, front: FrontState): void {
  front.listenTold = true;
  tellFront(turn, front.id, { type: "listen" });
}

/** Has the fronts begin no more requests, or go on. */
export function setPaused(turn: Turn, on: boolean): void {
  turn.state.paused = on;
  for (const { id, stage } of turn.state.fronts)
    if (stage === "ready") tellFront(turn, id, { type: "pause", on });
}

/** Goes on where requests would otherwise wait in vain. */
export function resume(turn: Turn): void {
  if (!turn.state.paused) return;
  log(turn, "resumed");
  setPaused(turn, false);
}

/** Says something to one zygote. */
export function tellZygote({ actions }: Turn, zygote: number, order: ZygoteOrder): void {
  actions.push({ type: "tell-zygote", zygote, order });
}

/** Has a worker killed by its zygote, which alone knows that the number is still that process's. */
export function killWorker(turn: Turn, { zygote, slot }: WorkerState): void {
  tellZygote(turn, zygote, { do: "kill", slot, signal: sigkill });
}

/** Neither ending nor ended. */
export function isUp({ stage }: MasterState): boolean {
  return stage === "starting" || stage === "serving";
}

/** The front that serves; there is always one, though its process may be down. */
export function currentFront(state: MasterState): FrontState {
  return the(state.fronts.find(({ role }) => role === "current"));
}

/** The zygote that workers are forked from; there is always one, though its process may be down. */
export function currentZygote(state: MasterState): ZygoteState {
  return the(state.zygotes.find(({ role }) => role === "current"));
}

/** The zygote of a reload that is on its way. */
export function comingZygote(state: MasterState): ZygoteState | undefined {
  return state.zygotes.find(({ role }) => role === "coming");
}

/** The front of a reload that needs another one. */
export function comingFront(state: MasterState): FrontState | undefined {
  return state.fronts.find(({ role }) => role === "coming");
}

/** The worker that has a seat, or is to have it. */
export function workerOf(
  { workers }: MasterState,
  { id }: SeatState,
  role: "present" | "next",
): WorkerState | undefined {
  return workers.find((worker) => worker.id === id && worker.role === role);
}

function the<T>(one: T | undefined): T {
  if (one === undefined) throw new Error("no generation is current");
  return one;
}
