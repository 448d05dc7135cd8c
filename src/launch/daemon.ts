/** The daemon's entry: a master whose starter waits on the IPC channel until it is ready. */
import { begin } from "./begin.ts";
import type { DaemonOrder, DaemonWord } from "./daemonize.ts";

process.once("message", (message) => {
  // The parse boundary: the starter is this package's own program.
  const { settings, python, source } = message as DaemonOrder;
  const audience = {
    seesLog: false,
    ready: () => say({ type: "ready" }),
    note: (text: string) => say({ type: "note", text }),
    failed: (text: string) => say({ type: "failed", text }),
    whenGone: (tell: () => void) => {
      process.once("disconnect", tell);
      if (!process.connected) tell(); // It went while the server was prepared.
    },
    supervision: { socket: undefined, watchdogMs: undefined, contained: false },
  };
  void begin(settings, python, source, audience).then(leave);
});

function say(word: DaemonWord): void {
  if (process.connected) process.send?.(word, undefined, undefined, () => {});
}

/** Ends with the code; what was said last must be out before. */
function leave(code: number): void {
  process.exitCode = code;
  if (process.connected) process.disconnect();
}
