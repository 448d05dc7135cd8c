/** Runs the phases that are the master's, by a Python program: python/tsuwsgi/run_phase.py. */
import { type ChildProcess, spawn } from "node:child_process";
import type { HookPhase, HookSettings, HookStep } from "../../../settings/hooks/hook-settings.ts";
import type { Place } from "../../../source.ts";
import type { Log } from "../../log/log.ts";
import type { Identity } from "../../messages.ts";
import { pythonProgram, withoutSite } from "../../python-program.ts";
import { errorText, StartFailure, startMessage } from "../../start-failure.ts";
import type { MasterEvent } from "../machine/event.ts";

/** What all phases of a server need. */
export interface PhaseContext {
  readonly python: string;
  readonly log: () => Log;
  /** Ends what is running, and lets nothing more begin. */
  readonly stop: AbortSignal;
}

/** How a phase went. */
export type PhaseEnd =
  | { readonly is: "done" }
  | { readonly is: "failed"; readonly reason: string; readonly place: Place | undefined }
  /** `exit:CODE` */
  | {
      readonly is: "exit";
      readonly code: number;
      readonly reason: string;
      readonly place: Place | undefined;
    };

/** What a running master is told of steps that did not go well. */
export function giveUpEvent(end: Exclude<PhaseEnd, { is: "done" }>): MasterEvent {
  const { reason, place } = end;
  return { type: "give-up", reason, place, code: end.is === "exit" ? end.code : 1 };
}

/** The phases that the master runs. */
export type MasterPhase = Exclude<
  HookPhase,
  `${"pre" | "post"}-app` | "post-fork" | `accepting${string}`
>;

/** uWSGI waits for ever; a migration of a large database may take most of this. Seconds, for each step. */
const startLimitSeconds = 3600;
/** Whoever stops a server waits for its end: systemd 90 s. */
const endLimitSeconds = 60;
/** Over a step's own limit, after which the program itself is taken for hung. */
const programGraceSeconds = 30;

/** A hook asks for the end of the start, with an exit code of its own. */
export class HookExit extends Error {
  readonly code: number;
  readonly place: Place | undefined;
  constructor(code: number, reason: string, place: Place | undefined) {
    super(startMessage(reason, place));
    this.code = code;
    this.place = place;
    this.reason = reason;
  }
  readonly reason: string;
}

/**
 * Runs a phase of the start to its end. What its steps do to directory and environment happens to this process.
 * @param identity whom the steps are run as; null: as this process
 * @throws StartFailure when a step fails that may not; HookExit when one asks for the end
 */
export async function runPhase(
  hooks: HookSettings,
  phase: MasterPhase,
  context: PhaseContext,
  identity: Identity | null = null,
): Promise<void> {
  const end = await runSteps(hooks.phases[phase], phase, context, identity);
  if (end.is === "failed") throw new StartFailure(end.reason, end.place);
  if (end.is === "exit") throw new HookExit(end.code, end.reason, end.place);
}

/** Runs steps, in their order, until one fails; nothing is thrown. */
export async function runSteps(
  steps: readonly HookStep[],
  phase: string,
  { python, log, stop }: PhaseContext,
  identity: Identity | null,
): Promise<PhaseEnd> {
  if (steps.length === 0 || stop.aborted) return { is: "done" };
  const limit = phase === "as-user-atexit" ? endLimitSeconds : startLimitSeconds;
  const out = log().childStdio;
  // In a group of its own: a signal to the master's, as by Ctrl-C, is for the master alone.
  const child = spawn(python, [...withoutSite, pythonProgram("run_phase.py")], {
    stdio: ["pipe", out, out, "pipe"],
    detached: true,
  });
  if (child.stdout) log().follow(child.stdout, "stdout");
  if (child.stderr) log().follow(child.stderr, "stderr");
  const abort = () => void child.kill("SIGTERM");
  stop.addEventListener("abort", abort);
  const longest = (steps.length * limit + programGraceSeconds) * 1000;
  const timer = setTimeout(() => child.kill("SIGKILL"), Math.min(longest, longestTimerMs));
  child.stdin?.on("error", () => {}); // It has ended; its end tells.
  child.stdin?.end(JSON.stringify({ phase: words(phase), steps, limit, identity }));
  const said = await result(child);
  clearTimeout(timer);
  stop.removeEventListener("abort", abort);
  if (stop.aborted) return { is: "done" };
  return typeof said === "string" ? { is: "failed", reason: said, place: undefined } : take(said);
}

/** Node's timers count milliseconds in 31 bits. */
const longestTimerMs = 2 ** 31 - 1;

/** As uWSGI names the phase in its log. */
function words(phase: string): string {
  return phase === "as-user-atexit" ? "atexit" : phase.replace(/^as-/, "as ");
}

/** What the program tells at its end. */
interface Said {
  readonly failed?: string;
  readonly exit?: number;
  readonly message?: string;
  readonly place?: Place;
  /** Another one than before; null: none. */
  readonly directory: string | null;
  readonly environment: { readonly [name: string]: string };
}

/** The program's word, or why it has none. */
function result(child: ChildProcess): Promise<Said | string> {
  return new Promise((resolve) => {
    let text = "";
    const channel = child.stdio[3];
    if (channel && "setEncoding" in channel)
      channel.setEncoding("utf8").on("data", (part: string) => (text += part));
    child.once("error", (error) => resolve(`the hooks cannot be run: ${error.message}`));
    child.once("close", (code, signal) => {
      try {
        resolve(JSON.parse(text) as Said); // The parse boundary: the program is this package's own.
      } catch {
        resolve(`the program that runs the hooks ended (${signal ?? `exit code ${code}`})`);
      }
    });
  });
}

function take({ failed, exit, message = "", place, directory, environment }: Said): PhaseEnd {
  Object.assign(process.env, environment);
  try {
    if (directory !== null) process.chdir(directory);
  } catch (error) {
    return { is: "failed", reason: errorText(error), place };
  }
  if (failed !== undefined) return { is: "failed", reason: failed, place };
  if (exit !== undefined) return { is: "exit", code: exit, reason: message, place };
  return { is: "done" };
}
