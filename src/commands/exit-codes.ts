/** How the command ends. */
import { failedAppCode } from "../launch/exit-code.ts";

export const exitCodes = {
  ok: 0,
  /** The configuration has errors, or the start failed. */
  failed: 1,
  /** The command line itself makes no sense. */
  usage: 2,
  /** The application cannot be loaded. */
  applicationFailed: failedAppCode,
} as const;
