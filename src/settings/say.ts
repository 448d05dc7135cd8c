/** How checks of settings report what they find. */
import type { Severity } from "../diagnostic.ts";
import type { Place } from "../source.ts";

/** Reports a finding: its rule, how bad it is, where in the configuration, what is wrong, what to do. */
export type Say = (
  rule: string,
  severity: Severity,
  place: Place | undefined,
  message: string,
  help: string,
) => void;

/** The same where all findings are as bad. */
export type SayOne = (
  rule: string,
  place: Place | undefined,
  message: string,
  help: string,
) => void;
