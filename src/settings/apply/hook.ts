/** How hooks, commands and waits set the draft. */
import type { Given } from "../draft.ts";
import type { HookPhase, HookStep, StepKind } from "../hooks/hook-settings.ts";
import { parseHook, parseMount } from "../hooks/parse-hook.ts";
import type { Apply } from "../option.ts";
import { addTouch } from "./touch.ts";

/** `hook-PHASE = action:arguments` */
export function hook(phase: HookPhase): Apply<string> {
  return (draft, value, given) => {
    const parsed = parseHook(value);
    if (!parsed.ok) report(given, parsed);
    else if (!("signal" in parsed)) step(phase, "hook", parsed)(draft, value, given);
    else if (phase === "master-start") draft.hooks.signals.push(parsed.signal);
    else
      report(given, {
        problem: "signals are the master's: `unix_signal` is for `hook-master-start`",
        help: `write \`hook-master-start = ${value}\``,
      });
  };
}

/** `exec-PHASE = COMMAND` */
export function command(phase: HookPhase): Apply<string> {
  return (draft, value, given) => {
    const action = { do: "exec", command: value } as const;
    step(phase, "exec", { action, shown: `"${value}"`, mayFail: false })(draft, value, given);
  };
}

/** `mount-PHASE = TYPE WHAT WHERE [FLAGS [DATA]]` and `umount-PHASE = WHERE [FLAGS]` */
export function mounting(kind: "mount" | "umount", phase: HookPhase): Apply<string> {
  return (draft, value, given) => {
    const parsed = parseMount(kind, value);
    if (!parsed.ok) report(given, parsed);
    else if (!("signal" in parsed)) step(phase, kind, parsed)(draft, value, given);
  };
}

/** `file-write = FILE=TEXT`: after the phase `in-jail`, with a line break at its end. */
export const fileWrite: Apply<string> = (draft, value, given) => {
  const equals = value.indexOf("=");
  const action = {
    do: "write",
    path: value.slice(0, equals),
    text: `${value.slice(equals + 1)}\n`,
    append: false,
  } as const;
  const shown = `file-write ${action.path}`;
  step("in-jail", "file-write", { action, shown, mayFail: false })(draft, value, given);
};

/** `hook-touch = FILE ACTION:ARGUMENTS`; the file is looked up after chdir, as uWSGI does. */
export const touchHook: Apply<string> = (draft, value, given) => {
  const space = value.indexOf(" ");
  const parsed = parseHook(value.slice(space + 1));
  if (!parsed.ok) report(given, parsed);
  else if ("signal" in parsed)
    report(given, {
      problem: "`unix_signal` is for `hook-master-start`",
      help: "take the line out",
    });
  else {
    const { action, shown } = parsed;
    const one = { action, shown, mayFail: true, place: given.place };
    addTouch(value.slice(0, space), { do: "hook", step: one })(draft, value, given);
  }
};

/** `wait-for-… = WHAT` */
export function waitFor(until: "fs" | "mountpoint" | "interface" | "socket"): Apply<string> {
  return (draft, what, given) => {
    draft.hooks.waits.push({ until, what, place: given.place });
  };
}

/** What happens at the end may fail: the server ends all the same. */
const atEnd: HookPhase = "as-user-atexit";

function step(
  phase: HookPhase,
  kind: StepKind,
  { action, shown, mayFail }: Pick<HookStep, "action" | "shown" | "mayFail">,
): Apply<string> {
  return (draft, _value, { place }) => {
    const one = { action, shown, mayFail: mayFail || phase === atEnd, place };
    draft.hooks.steps.push({ phase, kind, step: one });
  };
}

function report(given: Given, fault: { readonly problem: string; readonly help: string }): void {
  given.report({
    rule: "hook",
    severity: "error",
    message: `\`${given.entry.key}\`: ${fault.problem}`,
    span: given.span,
    help: fault.help,
  });
}
