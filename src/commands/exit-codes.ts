/** How the command ends. The last one is uWSGI's. */
export const exitCodes = {
  ok: 0,
  /** The configuration has errors, or the start failed. */
  failed: 1,
  /** The command line itself makes no sense. */
  usage: 2,
  /** `need-app`, and the application cannot be loaded. */
  applicationFailed: 22,
} as const;
