/** How the command ends; a start whose application cannot be loaded ends with 22 besides (`launch/`). */
export const exitCodes = {
  ok: 0,
  /** The configuration has errors, or the start failed. */
  failed: 1,
  /** The command line itself makes no sense. */
  usage: 2,
} as const;
