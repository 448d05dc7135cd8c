/** `hook-touch`: does the action of a file that was touched. */
import type { HookStep } from "../../../settings/hooks/hook-settings.ts";
import { type PhaseContext, type PhaseEnd, runSteps } from "../programs/phase.ts";

/** The actions of touched files, of which each runs once at a time. */
export class TouchHooks {
  readonly #context: PhaseContext;
  readonly #exit: (end: Extract<PhaseEnd, { is: "exit" }>) => void;
  /** What runs now, and whether it is to run once more after that. */
  readonly #running = new Map<string, boolean>();

  /** @param exit is told when an action asks for the end of the server, as in uWSGI */
  constructor(context: PhaseContext, exit: (end: Extract<PhaseEnd, { is: "exit" }>) => void) {
    this.#context = context;
    this.#exit = exit;
  }

  /** Carries a step out, or once more when it has ended. What fails is told in the log. */
  async run(step: HookStep): Promise<void> {
    const key = JSON.stringify(step);
    const isRunning = this.#running.has(key);
    this.#running.set(key, isRunning);
    if (isRunning) return;
    for (let again = true; again; again = this.#running.get(key) === true) {
      this.#running.set(key, false);
      const end = await runSteps([step], "touch", this.#context, null);
      if (end.is === "exit") this.#exit(end);
      else if (end.is === "failed") this.#context.log().write(end.reason);
    }
    this.#running.delete(key);
  }
}
