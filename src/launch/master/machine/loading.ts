/** What it means that an application cannot be loaded: part of a step of machine.ts. */
import { failedAppCode } from "../../exit-code.ts";
import type { LoadFailure, ZygoteToMaster } from "../../messages.ts";
import { fail } from "./ending.ts";
import { log, type Turn } from "./turn.ts";

/**
 * A fault of the configuration ends the start, unless leniency was asked
 * for; an exception does so with need-app only: uWSGI goes on and answers 500. A server that
 * serves already stays up whatever a later load says, for its other workers may be well.
 * @param configuration whose application it is
 */
export function judge(
  turn: Turn,
  failure: LoadFailure,
  configuration: number,
): "fatal" | "goes on" {
  const { state } = turn;
  const { plan } = state;
  const told = bare(failure);
  const { others = [] } = failure;
  const faulty = [failure, ...others].some((one) => one.kind !== "exception");
  const misconfigured = faulty && !plan.lenient && !plan.servesFiles;
  if (state.stage === "starting" && (plan.needApp || misconfigured)) {
    fail(turn, failedAppCode, "", told);
    return "fatal";
  }
  tellFailure(turn, failure, configuration);
  return "goes on";
}

/** Writes a failure to the log, unless it is the same as the one before. */
export function tellFailure(turn: Turn, failure: LoadFailure, configuration: number): void {
  const { state, actions } = turn;
  const told = bare(failure);
  const text = JSON.stringify(told);
  if (text !== state.lastFailure)
    actions.push({ type: "log-failure", configuration, failure: told });
  state.lastFailure = text;
}

/** No worker of it can be: leniency does not help. What had served before is tried again, by its exit. */
export function noteUnusable(
  turn: Turn,
  zygote: number,
  { message, place, code = 1 }: Extract<ZygoteToMaster, { is: "unusable" }>,
): void {
  if (turn.state.stage === "starting") fail(turn, code, message, undefined, place);
  else {
    log(turn, message);
    turn.actions.push({ type: "kill-zygote", zygote });
  }
}

/** Without what else came in the same message. */
function bare({ kind, message, traceback, mount, others = [] }: LoadFailure): LoadFailure {
  return {
    ...{ kind, message, traceback },
    ...(mount === undefined ? {} : { mount }),
    ...(others.length === 0 ? {} : { others }),
  };
}
