/** What happens to the master, and what it does about it: the two ends of machine.ts. */
import type {
  FrontToMaster,
  LoadFailure,
  MasterToFront,
  MasterToZygote,
  ZygoteToMaster,
} from "../messages.ts";

/** The signals that the master acts on; signals.ts says which ones reach it. */
export type MasterSignal = "SIGINT" | "SIGQUIT" | "SIGTERM" | "SIGHUP" | "SIGUSR1" | "SIGUSR2";

/** What the front says and the machine decides on; answers about statistics go past it. */
export type FrontWord = Exclude<FrontToMaster, { type: "stats" }>;

/** One thing that happened. */
export type MasterEvent =
  /** Time passed: the first event of all, and later whenever a deadline is due. */
  | { readonly type: "wake" }
  | { readonly type: "signal"; readonly name: MasterSignal }
  | { readonly type: "front-said"; readonly word: FrontWord }
  /** `status` reads like `exit code 1` or `killed by SIGKILL`. */
  | { readonly type: "front-exited"; readonly status: string }
  | { readonly type: "zygote-said"; readonly word: ZygoteToMaster }
  | { readonly type: "zygote-exited"; readonly status: string }
  /** Whoever started the daemon went away before it was ready. */
  | { readonly type: "starter-gone" };

/** What the master says to the zygote after the first `load`. */
export type ZygoteOrder = Exclude<MasterToZygote, { do: "load" }>;

/** One thing to do. */
export type MasterAction =
  /** Spawns the process and tells it its configuration. */
  | { readonly type: "spawn-front" }
  | { readonly type: "spawn-zygote" }
  | { readonly type: "tell-front"; readonly word: MasterToFront }
  | { readonly type: "tell-zygote"; readonly order: ZygoteOrder }
  /** SIGKILL, as all the kills here. */
  | { readonly type: "kill-front" }
  | { readonly type: "kill-zygote" }
  /** A worker that its zygote cannot end any more. */
  | { readonly type: "kill-process"; readonly pid: number }
  | { readonly type: "log"; readonly text: string }
  /** The application's own error, once. */
  | { readonly type: "log-failure"; readonly failure: LoadFailure }
  /** The server accepts requests. */
  | { readonly type: "ready"; readonly python: string }
  /** Why the server ends with something other than 0, for the log and for whoever started it. */
  | { readonly type: "report"; readonly text: string; readonly failure: LoadFailure | undefined }
  /** All processes are gone. */
  | { readonly type: "end"; readonly code: number };
