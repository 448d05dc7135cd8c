/** What is known of the programs beside the server; daemon-machine.ts alone changes it. */
import type { DaemonSetting } from "../../settings/beside-settings.ts";

/**
 * `down`: to be started when it is time. `looking`: does its pidfile name a process already? `starting`: its
 * pidfile does not name a process yet. `running`. `stopping`: asked to end, and what is left of its group is
 * waited for.
 */
export type DaemonStage = "down" | "looking" | "starting" | "running" | "stopping";

/** One program. Times are milliseconds of the monotonic clock. */
export interface DaemonState {
  readonly id: number;
  readonly setting: DaemonSetting;
  stage: DaemonStage;
  /** The program, 0 when there is none. Of one with a pidfile it is somebody else's child. */
  pid: number;
  /** Of one with a pidfile: what was started, until it ends; 0 when there is none. */
  starter: number;
  startedMs: number;
  /** Not to be started before. */
  notBeforeMs: number;
  /** Lives in a row that ended at once. */
  shortLives: number;
  /** How often it was started. */
  spawns: number;
  /** When the pidfile, or what is left of the group, is looked at again. */
  lookMs: number | undefined;
  /** When what does not end is killed. */
  killMs: number | undefined;
  /** SIGKILL was sent. */
  killed: boolean;
  /** After it was asked to end: it is started again. */
  again: boolean;
  /** A file was touched, so its end is wanted, and it is started again. */
  touched: boolean;
}

/** All of them. */
export interface DaemonsState {
  daemons: DaemonState[];
  lastId: number;
  /** How long one may take to end when it is asked to, milliseconds. */
  mercyMs: number;
  /** The server is at its end. */
  stopping: boolean;
  /** That all are gone was told. */
  stopped: boolean;
}

/** One thing that happened. */
export type DaemonEvent =
  | { readonly type: "wake" }
  /** What there is to be from now on: at the start, and after each reload of the configuration. */
  | {
      readonly type: "configured";
      readonly settings: readonly DaemonSetting[];
      readonly mercyMs: number;
    }
  /** `pid` 0: there is no process. */
  | { readonly type: "spawned"; readonly id: number; readonly pid: number }
  /** What was spawned has ended. */
  | { readonly type: "exited"; readonly id: number; readonly status: string }
  /** The process that a pidfile names, if it lives; else 0. */
  | { readonly type: "pidfile"; readonly id: number; readonly pid: number }
  /** Whether anything of a process group is left. */
  | { readonly type: "group"; readonly id: number; readonly lives: boolean }
  | { readonly type: "touched"; readonly id: number; readonly path: string }
  | { readonly type: "stop" };

/** One thing to do. */
export type DaemonAction =
  | { readonly type: "spawn"; readonly id: number; readonly setting: DaemonSetting }
  | {
      readonly type: "signal";
      readonly pid: number;
      readonly signal: number;
      /** `group`: its process group only, because the process itself has ended; `program`: it may lead none. */
      readonly to: "group" | "program";
    }
  | { readonly type: "look-at-pidfile"; readonly id: number; readonly path: string }
  | { readonly type: "look-at-group"; readonly id: number; readonly pid: number }
  | { readonly type: "log"; readonly text: string }
  /** The daemons are other ones now. */
  | { readonly type: "changed" }
  /** One that the server is to end with has ended. */
  | { readonly type: "end-server"; readonly by: string }
  /** All that was to end has. */
  | { readonly type: "stopped" };

/** Before anything is configured. */
export function noDaemons(): DaemonsState {
  return { daemons: [], lastId: 0, mercyMs: 0, stopping: false, stopped: false };
}
