/** The options that uWSGI does not know: tsuwsgi's own. All are flags. */
export const ownFlags: readonly string[] = ["lenient", "no-server-header", "https-http2"];
