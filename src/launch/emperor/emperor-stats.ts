/** The emperor's statistics in the shape of uWSGI 2.0.21: the same keys, in the same order, of the same types. */
import type { EmperorState, Vassal } from "./state.ts";

/** What a document is made of beside the state. */
export interface EmperorFacts {
  readonly version: string;
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  readonly cwd: string;
  /** Names of the sources, by their numbers. */
  readonly sources: readonly string[];
  readonly state: EmperorState;
  /** Unix time, milliseconds, when the state's clock was 0. */
  readonly epochMs: number;
}

/**
 * The document as text, indented with tabs. uWSGI has no server in `vassals` while it waits for its next
 * start; here it has the pid -1, as one of uWSGI's that waits for a connection.
 */
export function emperorDocument(facts: EmperorFacts): string {
  const { state } = facts;
  const document = {
    version: facts.version,
    pid: facts.pid,
    uid: facts.uid,
    gid: facts.gid,
    cwd: facts.cwd,
    emperor: facts.sources,
    emperor_tyrant: state.plan.tyrant ? 1 : 0,
    throttle_level: 0,
    vassals: state.vassals.map((vassal) => vassalPart(vassal, facts)),
    blacklist: state.vassals.flatMap((vassal) => blacklistPart(vassal, facts)),
  };
  return `${JSON.stringify(document, null, "\t")}\n`;
}

function vassalPart(vassal: Vassal, facts: EmperorFacts) {
  const { file, run } = vassal;
  const time = (ms: number | undefined) => unixTime(ms, facts);
  return {
    id: file.id,
    pid: run?.pid ?? -1,
    born: vassal.born,
    last_mod: file.modified,
    last_heartbeat: time(run?.heartbeatMs),
    loyal: run?.loyalMs === undefined ? 0 : 1,
    ready: run?.readyMs === undefined ? 0 : 1,
    accepting: run?.acceptingMs === undefined ? 0 : 1,
    last_loyal: time(run?.loyalMs),
    last_ready: time(run?.readyMs),
    last_accepting: time(run?.acceptingMs),
    first_run: time(vassal.firstRunMs),
    last_run: time(vassal.lastRunMs),
    cursed: time(run?.cursedMs),
    zerg: 0,
    on_demand: "",
    uid: file.uid,
    gid: file.gid,
    monitor: facts.sources[file.source] ?? "",
    respawns: vassal.respawns,
  };
}

/** uWSGI takes a server from the list when it is loyal; here it may still have to prove itself. */
function blacklistPart({ file, faults, run }: Vassal, facts: EmperorFacts) {
  if (faults === undefined || run?.loyalMs !== undefined) return [];
  return [
    {
      id: file.id,
      throttle_level: Math.floor(faults.pauseMs),
      attempt: faults.attempts,
      first_attempt: unixTime(faults.firstMs, facts),
      last_attempt: unixTime(faults.lastMs, facts),
    },
  ];
}

/** Seconds; 0 for never. */
function unixTime(ms: number | undefined, { epochMs }: EmperorFacts): number {
  return ms === undefined ? 0 : Math.floor((epochMs + ms) / 1000);
}
