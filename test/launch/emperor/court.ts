/** An emperor's machine, played by hand: events in, what it does and says out. */
import { nextDeadline, step } from "../../../src/launch/emperor/machine.ts";
import {
  type EmperorAction,
  type EmperorEvent,
  type EmperorState,
  type FoundFile,
  initialState,
  type Plan,
  type Vassal,
} from "../../../src/launch/emperor/state.ts";
import type { Sign } from "../../../src/launch/emperor/words.ts";

const plan: Plan = {
  startsAtOnce: 2,
  throttleMs: 1000,
  maxThrottleMs: 3000,
  noBlacklist: false,
  heartbeatMs: 30_000,
  toleranceMs: 20_000,
  tyrant: false,
};

/** A file of source 0, unchanged since it was made unless given another stamp. */
export function file(id: string, more: Partial<FoundFile> = {}): FoundFile {
  const path = `/v/${id}`;
  return {
    ...{ path, id, cwd: "/v", source: 0, stamp: "1", modified: 100, uid: 1000, gid: 1000 },
    ...more,
  };
}

export class Court {
  state: EmperorState;
  nowMs = 1_000_000;
  /** All that was done, without the log. */
  readonly done: string[] = [];
  readonly log: string[] = [];

  constructor(more: Partial<Plan> = {}) {
    this.state = initialState({ ...plan, ...more });
  }

  /** Takes an event. @returns what was done, such as `start a.ini` */
  take(event: EmperorEvent): readonly string[] {
    const before = structuredClone(this.state);
    const given = this.state;
    const { state, actions } = step(given, event, this.nowMs);
    if (JSON.stringify(given) !== JSON.stringify(before))
      throw new Error("a step changed its input");
    const done = actions.flatMap((action) => this.#told(action, given, state));
    this.state = state;
    this.done.push(...done);
    return done;
  }

  #told(action: EmperorAction, before: EmperorState, after: EmperorState): readonly string[] {
    const name = (run: number) =>
      [...after.vassals, ...before.vassals].find((one) => one.run?.number === run)?.file.id ?? "?";
    switch (action.type) {
      case "log":
        this.log.push(action.text);
        return [];
      case "start":
        return [`start ${action.file.id}`];
      case "gone":
        return [`gone ${action.file.id}`];
      case "say":
        return [`${action.order} ${name(action.run)}`];
      case "kill":
        return [`SIGKILL ${name(action.run)}`];
      case "scan":
      case "end":
        return [action.type];
    }
  }

  found(...files: readonly (string | FoundFile)[]): readonly string[] {
    const all = files.map((one) => (typeof one === "string" ? file(one) : one));
    return this.take({ type: "found", source: 0, files: all });
  }

  vassal(id: string): Vassal {
    const vassal = this.state.vassals.find((one) => one.file.id === id);
    if (!vassal) throw new Error(`there is no ${id}`);
    return vassal;
  }

  run(id: string): number {
    const { run } = this.vassal(id);
    if (!run) throw new Error(`${id} has no process`);
    return run.number;
  }

  says(id: string, ...signs: readonly Sign[]): readonly string[] {
    return signs.flatMap((sign) => this.take({ type: "said", run: this.run(id), sign }));
  }

  /** It starts and accepts requests. */
  serves(...ids: readonly string[]): void {
    for (const id of ids) {
      this.take({ type: "started", run: this.run(id), pid: 4000 + this.run(id) });
      this.says(id, "ready", "accepting", "loyal");
    }
  }

  exits(id: string, status = "exit code 1"): readonly string[] {
    return this.take({ type: "exited", run: this.run(id), status });
  }

  command(name: "reload" | "stop" | "kill" | "scan" | "forgive" | "stats"): readonly string[] {
    return this.take({ type: "command", name, by: "test" });
  }

  /** Lets time pass, and wakes the machine as often as it asks for. */
  pass(ms: number): readonly string[] {
    const endMs = this.nowMs + ms;
    const done: string[] = [];
    for (;;) {
      const dueMs = nextDeadline(this.state, this.nowMs);
      if (dueMs === undefined || dueMs > endMs) break;
      this.nowMs = dueMs;
      done.push(...this.take({ type: "wake" }));
    }
    this.nowMs = endMs;
    return done;
  }
}
