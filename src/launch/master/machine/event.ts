/** What happens to the master, and what it does about it: the two ends of machine.ts. */

import type { Place } from "../../../source.ts";
import type {
  FrontToMaster,
  LoadFailure,
  MasterToFront,
  MasterToZygote,
  ZygoteToMaster,
} from "../../messages.ts";
import type { Load } from "./cheaper.ts";
import type { MasterCommand } from "./commands.ts";
import type { Plan } from "./state.ts";

/** What the front says and the machine decides on; answers about statistics go past it. */
export type FrontWord = Exclude<FrontToMaster, { type: "stats" | "load" }>;

/** What a zygote says and the machine decides on; the files of modules go past it. */
export type ZygoteWord = Exclude<ZygoteToMaster, { is: "imported" }>;

/** What came of reading the configuration once more. */
export type Reread =
  | {
      readonly is: "read";
      /** The number under which the shell keeps it. */
      readonly configuration: number;
      readonly plan: Plan;
      /** What the front has to know changed, so that there must be another one. */
      readonly newFront: boolean;
    }
  /** Why the configuration in use stays. */
  | { readonly is: "failed"; readonly reason: string };

/** One thing that happened. Fronts and zygotes are named by their ids in the state. */
export type MasterEvent =
  /** Time passed: the first event of all, and later whenever a deadline is due. */
  | { readonly type: "wake" }
  /** `by` says who asked, for the log: `SIGTERM`. */
  | { readonly type: "command"; readonly name: MasterCommand; readonly by: string }
  | { readonly type: "front-said"; readonly front: number; readonly word: FrontWord }
  /** `status` reads like `exit code 1` or `killed by SIGKILL`. */
  | { readonly type: "load"; readonly front: number; readonly load: Load }
  | { readonly type: "front-exited"; readonly front: number; readonly status: string }
  | { readonly type: "zygote-said"; readonly zygote: number; readonly word: ZygoteWord }
  | { readonly type: "zygote-exited"; readonly zygote: number; readonly status: string }
  | { readonly type: "reread"; readonly result: Reread }
  /** Something that the server cannot be without is gone: why it ends. */
  | { readonly type: "lost"; readonly reason: string }
  /** Whoever started the daemon went away before it was ready. */
  | { readonly type: "starter-gone" }
  /** A hook of the master has failed, or asked for the end with this exit code. */
  | {
      readonly type: "give-up";
      readonly reason: string;
      readonly place: Place | undefined;
      readonly code: number;
    };

/** What the master says to the zygote after the first `load`. */
export type ZygoteOrder = Exclude<MasterToZygote, { do: "load" }>;

/** One thing to do. */
export type MasterAction =
  /** Spawns the process and tells it its configuration. */
  | { readonly type: "spawn-front"; readonly front: number; readonly configuration: number }
  | { readonly type: "spawn-zygote"; readonly zygote: number; readonly configuration: number }
  | { readonly type: "tell-front"; readonly front: number; readonly word: MasterToFront }
  | { readonly type: "tell-zygote"; readonly zygote: number; readonly order: ZygoteOrder }
  /** SIGKILL, as all the kills here. */
  | { readonly type: "kill-front"; readonly front: number }
  | { readonly type: "kill-zygote"; readonly zygote: number }
  /** A worker that its zygote cannot end any more. */
  | { readonly type: "kill-process"; readonly pid: number }
  | { readonly type: "log"; readonly text: string }
  /** The application's own error, once. */
  | {
      readonly type: "log-failure";
      readonly configuration: number;
      readonly failure: LoadFailure;
    }
  /** The server accepts requests. */
  | { readonly type: "ready"; readonly python: string }
  /** Reads the configuration once more; the result comes as an event. */
  | { readonly type: "reread" }
  /** A request of this process took too long: says of it what only the kernel knows, if that is wanted. */
  | { readonly type: "overdue"; readonly pid: number }
  /** A reload begins. */
  | { readonly type: "reloading" }
  /** It is over, whatever came of it; this configuration is in use. */
  | { readonly type: "reloaded"; readonly configuration: number }
  /** What only the shell can do: about the log, mostly. */
  | { readonly type: "do"; readonly name: "stats" | "reopen-log" | "rotate-log" }
  /** Why the server ends with something other than 0, for the log and for whoever started it. */
  | {
      readonly type: "report";
      readonly text: string;
      readonly configuration: number;
      readonly failure: LoadFailure | undefined;
      readonly place: Place | undefined;
    }
  /** All processes are gone. */
  | { readonly type: "end"; readonly code: number };
