/** RESOLVED -> SETTINGS: types every value, checks it, lets the last one win, makes paths absolute. */
import type { Report } from "../diagnostic.ts";
import { findOption } from "../options/find.ts";
import type { Host } from "../resolve/host.ts";
import type { Resolved, ResolvedEntry } from "../resolve/resolved.ts";
import { placeOf } from "../source.ts";
import type { Modes } from "./classify.ts";
import { classify, rowOf } from "./classify.ts";
import { crossCheck } from "./cross-check.ts";
import type { Draft, Given } from "./draft.ts";
import { newDraft } from "./draft.ts";
import { finish } from "./finish.ts";
import type { Settings } from "./settings.ts";
import { isTrue, typedValue, valueSpan } from "./typed-value.ts";
import type { TypedEntry } from "./validate.ts";
import { validate } from "./validate.ts";

/** What settling needs to know of the machine: where it runs, its environment, the tables of users and groups. */
export type SettleHost = Pick<Host, "cwd" | "readText" | "list" | "kindOf"> &
  Partial<Pick<Host, "env">>;

/**
 * The settings that a configuration asks for, frozen. All problems are reported in one go; with an error
 * among them the settings are the best that could be made, and must not be started.
 */
export function settle(resolved: Resolved, host: SettleHost, report: Report): Settings {
  const modes: Modes = {
    lenient: lastFlag(resolved, "lenient"),
    strict: lastFlag(resolved, "strict"),
  };
  const typed: TypedEntry[] = [];
  for (const { entry, row } of classify(resolved, modes, report)) {
    if (entry.uncertain) continue; // nobody knows its value yet
    const value = typedValue(row, entry, modes.lenient, report);
    if (value !== undefined) typed.push({ entry, row, value });
  }
  const draft = newDraft(host.cwd());
  for (const entry of validate(typed, report)) {
    apply(draft, entry, given(entry.entry, modes, host, report));
    const implies = findOption(entry.entry.key)?.impliesMaster ?? false;
    if (implies && entry.value !== false) draft.masterImplied = true;
  }
  // systemd's socket activation (sd_listen_fds(3)); whether it is meant for this process the start tells.
  const activated = Number(host.env?.["LISTEN_FDS"] ?? 0) > 0;
  crossCheck(draft, resolved, modes, activated, report);
  return deepFreeze(finish(draft));
}

/** A flag that decides how the others are read, so it is looked for first. */
function lastFlag(resolved: Resolved, name: string): boolean {
  const entry = resolved.entries.findLast((candidate) => rowOf(candidate)?.name === name);
  return entry !== undefined && isTrue(entry.value);
}

function given(entry: ResolvedEntry, modes: Modes, host: SettleHost, report: Report): Given {
  const span = valueSpan(entry);
  return {
    entry,
    span,
    place: placeOf(span),
    lenient: modes.lenient,
    startDirectory: host.cwd(),
    readText: host.readText,
    filesIn: (path) =>
      host
        .list(path)
        ?.filter((name) => !name.startsWith(".") && host.kindOf(`${path}/${name}`) === "file"),
    report,
  };
}

function apply(draft: Draft, { row, value }: TypedEntry, at: Given): void {
  switch (row.kind) {
    case "boolean":
      if (typeof value === "boolean") row.apply(draft, value, at);
      return;
    case "integer":
      if (typeof value === "number") row.apply(draft, value, at);
      return;
    case "string":
      if (typeof value === "string") row.apply(draft, value, at);
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
