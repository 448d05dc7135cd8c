/** What is done at the moments of a server's life, its phases: commands and small actions of uWSGI's hooks. */
import type { Place } from "../../source.ts";

/**
 * The phases, in the order of a start. `wait` and `wait-socket` are the options `wait-for-…`; the others have
 * uWSGI's names. To `master-start` the master runs them, or a program in its place; those around the application
 * the process that imports it; the last five each worker.
 */
export const hookPhases = [
  "asap",
  "pre-jail",
  "in-jail",
  "post-jail",
  "wait",
  "as-root",
  "as-user",
  "wait-socket",
  "master-start",
  "as-user-atexit",
  "pre-app",
  "post-app",
  "post-fork",
  "accepting",
  "accepting-once",
  "accepting1",
  "accepting1-once",
] as const;

/** One of the phases. */
export type HookPhase = (typeof hookPhases)[number];

/** What one step does. python/tsuwsgi/hooks.py carries it out, whoever runs the phase. */
export type HookAction =
  /** By `/bin/sh -c`. */
  | { readonly do: "exec"; readonly command: string }
  | { readonly do: "exit"; readonly code: number }
  | { readonly do: "print"; readonly text: string }
  | {
      readonly do: "write";
      readonly path: string;
      readonly text: string;
      /** To the end; else in place of what is there. */
      readonly append: boolean;
    }
  | {
      readonly do: "writefifo";
      readonly path: string;
      readonly text: string;
      /** Until somebody reads; else nobody who reads is no failure. */
      readonly waits: boolean;
    }
  | { readonly do: "mkdir" | "unlink" | "sticky" | "chdir"; readonly path: string }
  | { readonly do: "chmod"; readonly path: string; readonly mode: number }
  /** Names are looked up when it is done: an earlier step may have made them. */
  | { readonly do: "chown"; readonly path: string; readonly user: string; readonly group: string }
  | { readonly do: "chown2"; readonly path: string; readonly uid: number; readonly gid: number }
  | { readonly do: "putenv"; readonly name: string; readonly value: string }
  | { readonly do: "hostname"; readonly name: string }
  | {
      readonly do: "mount";
      readonly type: string;
      readonly what: string;
      readonly where: string;
      readonly flags: readonly string[];
      readonly data: string;
    }
  | { readonly do: "umount"; readonly where: string; readonly flags: readonly string[] }
  | {
      readonly do: "wait";
      readonly until: "fs" | "file" | "dir" | "mountpoint" | "interface" | "socket";
      readonly what: string;
      readonly seconds: number;
    };

/** One line of a configuration that a phase consists of. */
export interface HookStep {
  readonly action: HookAction;
  /** For the log, as it was written; the words of a private one (`!exec:…`) are kept out. */
  readonly shown: string;
  /** A failure is told and nothing else (`safeexec`, and what runs at the end). */
  readonly mayFail: boolean;
  readonly place: Place;
}

/** What a signal is made to mean by `unix_signal`; the master's commands of these names. */
export type SignalMeaning =
  | "stop"
  | "kill"
  | "reload"
  | "brutal-reload"
  | "chain-reload"
  | "workers-reload"
  | "pause"
  | "stats"
  | "more-workers"
  | "fewer-workers"
  | "cheap"
  | "reopen-log"
  | "rotate-log";

/** `hook-master-start = unix_signal:15 gracefully_kill_them_all` */
export interface SignalHook {
  /** As Node names it: `SIGTERM`. */
  readonly signal: string;
  readonly meaning: SignalMeaning;
}

/** All that is done on the way. */
export interface HookSettings {
  readonly phases: Readonly<Record<HookPhase, readonly HookStep[]>>;
  readonly signals: readonly SignalHook[];
  /** The phase `post-jail` has its turn although there is no jail. */
  readonly jailed: boolean;
}

/** Within a phase uWSGI runs what the options of one kind ask for, and then the next kind. */
export const stepKinds = ["hook", "mount", "umount", "exec", "file-write"] as const;

/** One of these kinds. */
export type StepKind = (typeof stepKinds)[number];

/** The hooks while the configuration is read. */
export interface HookDraft {
  steps: { readonly phase: HookPhase; readonly kind: StepKind; readonly step: HookStep }[];
  waits: {
    readonly until: "fs" | "mountpoint" | "interface" | "socket";
    readonly what: string;
    readonly place: Place;
  }[];
  signals: SignalHook[];
  jailed: boolean;
  /** Seconds; 0 is what uWSGI takes then. */
  interfaceSeconds: number;
  fsSeconds: number;
  socketSeconds: number;
}

/** uWSGI's own, seconds. */
const defaultWaitSeconds = 60;

/** Nothing is done. */
export function noHooks(): HookDraft {
  return {
    steps: [],
    waits: [],
    signals: [],
    jailed: false,
    interfaceSeconds: defaultWaitSeconds,
    fsSeconds: defaultWaitSeconds,
    socketSeconds: defaultWaitSeconds,
  };
}

/** The phases in uWSGI's order: interfaces are waited for before files, hooks come before commands. */
export function finishHooks(draft: HookDraft): HookSettings {
  const { signals, jailed } = draft;
  const of = (phase: HookPhase): HookStep[] =>
    stepKinds.flatMap((kind) =>
      draft.steps.filter((one) => one.phase === phase && one.kind === kind).map(({ step }) => step),
    );
  const phases: Record<HookPhase, readonly HookStep[]> = {
    asap: of("asap"),
    "pre-jail": of("pre-jail"),
    "in-jail": of("in-jail"),
    "post-jail": of("post-jail"),
    wait: [
      ...waits(draft, "interface", draft.interfaceSeconds),
      ...waits(draft, "fs", draft.fsSeconds),
      ...waits(draft, "mountpoint", draft.fsSeconds),
    ],
    "as-root": of("as-root"),
    "as-user": of("as-user"),
    "wait-socket": waits(draft, "socket", draft.socketSeconds),
    "master-start": of("master-start"),
    "as-user-atexit": of("as-user-atexit"),
    "pre-app": of("pre-app"),
    "post-app": of("post-app"),
    "post-fork": of("post-fork"),
    accepting: of("accepting"),
    "accepting-once": of("accepting-once"),
    accepting1: of("accepting1"),
    "accepting1-once": of("accepting1-once"),
  };
  return { phases, signals, jailed };
}

function waits(
  draft: HookDraft,
  until: HookDraft["waits"][number]["until"],
  seconds: number,
): HookStep[] {
  return draft.waits
    .filter((one) => one.until === until)
    .map(({ what, place }) => ({
      action: { do: "wait", until, what, seconds: seconds || defaultWaitSeconds },
      shown: `wait-for-${until} ${what}`,
      mayFail: false,
      place,
    }));
}
