/** The options that uWSGI does not know, tsuwsgi's own, and take no value on the command line. */
export const ownFlags: readonly string[] = [
  "lenient",
  "no-server-header",
  "log-json",
  "eventlet-monkey-patch",
  "eventlet-early-monkey-patch",
  "https-http2",
];

/** Those of tsuwsgi's own that take a value. */
export const ownValued: readonly string[] = ["trusted-proxy", "eventlet"];
