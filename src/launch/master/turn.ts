/** What the parts of one step of machine.ts work on. */
import type { MasterAction } from "./event.ts";
import type { MasterState } from "./state.ts";

/** One step in the making: its state is a copy that may be changed, its actions are appended in order. */
export interface Turn {
  readonly state: MasterState;
  readonly actions: MasterAction[];
  readonly nowMs: number;
}

/** The number of SIGKILL, for the zygote. */
export const sigkill = 9;

/** Adds a line for the log. */
export function log({ actions }: Turn, text: string): void {
  actions.push({ type: "log", text });
}
