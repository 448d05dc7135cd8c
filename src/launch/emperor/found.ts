/** What becomes of the vassals by a look at the files. */
import type { FoundFile, Vassal } from "./state.ts";
import { admit, forgive, leave, restart, type Turn } from "./turn.ts";

/** Servers of one emperor; a bound on what a directory that somebody fills by mistake can start. */
export const mostVassals = 4096;

/** Takes in all files that a source has now. */
export function noteFound(turn: Turn, source: number, files: readonly FoundFile[]): void {
  const { state } = turn;
  if (state.stage === "ending") return;
  state.unseen = state.unseen.filter((other) => other !== source);
  const there = new Map(files.map((file) => [file.path, file]));
  for (const vassal of [...state.vassals]) {
    if (vassal.file.source !== source) continue;
    const file = there.get(vassal.file.path);
    if (file) compare(turn, vassal, file);
    else if (vassal.stage !== "leaving" || vassal.again)
      leave(turn, vassal, false, "its file is gone, it stops");
  }
  const known = new Set(state.vassals.map(({ file }) => file.path));
  const added = files.filter(({ path }) => !known.has(path));
  const room = Math.max(0, mostVassals - state.vassals.length);
  for (const file of added.slice(0, room)) add(turn, file);
  const crowded = added.length > room;
  if (crowded && !state.crowded) {
    const text = `[emperor] there are more than ${mostVassals} configurations; the others are not started`;
    turn.actions.push({ type: "log", text });
  }
  state.crowded = crowded;
}

function add(turn: Turn, file: FoundFile): void {
  const vassal: Vassal = {
    ...{ file, born: file.modified, stage: "waiting", again: false, run: undefined },
    ...{ dueMs: turn.nowMs, faults: undefined, reloads: false, respawns: 0 },
    ...{ firstRunMs: undefined, lastRunMs: undefined },
  };
  turn.state.vassals.push(vassal);
  admit(turn, vassal);
}

function compare(turn: Turn, vassal: Vassal, file: FoundFile): void {
  const { uid, gid, stamp } = vassal.file;
  const owned = !turn.state.plan.tyrant || (uid === file.uid && gid === file.gid);
  const same = stamp === file.stamp;
  vassal.file = file;
  if (vassal.stage === "leaving") {
    vassal.again = true; // It was gone and has come back, or has changed on the way.
    if (!same) forgive(vassal, turn.nowMs);
  } else if (!owned) {
    if (vassal.run) leave(turn, vassal, true, "its file belongs to somebody else now, it stops");
    else admit(turn, vassal);
  } else if (!same && vassal.stage !== "barred") {
    forgive(vassal, turn.nowMs);
    restart(turn, vassal);
  }
}
