/** The options that uWSGI does not know: tsuwsgi's own flags. */
export const ownFlags: readonly string[] = [
  "lenient",
  "no-server-header",
  "eventlet-monkey-patch",
  "eventlet-early-monkey-patch",
];

/** tsuwsgi's own options that need a value. */
export const ownValues: readonly string[] = ["eventlet"];
