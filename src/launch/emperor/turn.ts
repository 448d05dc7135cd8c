/** What the parts of an emperor's step share; see machine.ts. */
import type { EmperorAction, EmperorState, Vassal } from "./state.ts";

/** One step: the state that is being made, and what is to be done. */
export interface Turn {
  readonly state: EmperorState;
  readonly actions: EmperorAction[];
  readonly nowMs: number;
}

/** Says something of a vassal in the log. */
export function told({ actions }: Turn, { file }: Vassal, text: string): void {
  actions.push({ type: "log", text: `[emperor] ${file.id}: ${text}` });
}

/** Forgets the failures of a server, which may then start at once. */
export function forgive(vassal: Vassal, nowMs: number): void {
  vassal.faults = undefined;
  if (vassal.stage === "waiting") vassal.dueMs = Math.min(vassal.dueMs, nowMs);
}

/** Lets a vassal without a process wait for its start. A tyrant starts nothing as root. */
export function admit(turn: Turn, vassal: Vassal): void {
  const { uid, gid } = vassal.file;
  const isRoots = turn.state.plan.tyrant && (uid === 0 || gid === 0);
  if (isRoots) {
    const [whose, other] = uid === 0 ? ["root", "user"] : ["root's group", "group"];
    told(turn, vassal, `belongs to ${whose}, is not started; give it to another ${other}`);
  }
  vassal.stage = isRoots ? "barred" : "waiting";
}

/**
 * Orders a server to end, unless it was; one without a process is out of the list at once.
 * @param again whether it is to start again when it has ended
 * @param why for the log; undefined says nothing
 * @param order a server that never accepted a request has none in hand, and is not waited for
 */
export function leave(
  turn: Turn,
  vassal: Vassal,
  again: boolean,
  why: string | undefined,
  order: "stop" | "kill" = "stop",
): void {
  const { state, actions, nowMs } = turn;
  const { run, stage } = vassal;
  if (why !== undefined) told(turn, vassal, why);
  vassal.again = again;
  if (run === undefined) {
    if (!again) state.vassals = state.vassals.filter((other) => other !== vassal);
    return;
  }
  if (stage === "leaving" && order === "stop") return;
  vassal.stage = "leaving";
  actions.push({
    type: "say",
    run: run.number,
    order: run.servedMs === undefined ? "kill" : order,
  });
  run.cursedMs ??= nowMs;
}

/**
 * Lets a running server read its configuration again, when it is its turn. One that accepts no requests yet
 * may have read half of the old, or hang in it: it is started anew.
 */
export function restart(turn: Turn, vassal: Vassal): void {
  const { run } = vassal;
  if (run === undefined) return;
  if (run.servedMs !== undefined) vassal.reloads = true;
  else {
    forgive(vassal, turn.nowMs);
    leave(turn, vassal, true, "is started anew");
  }
}
