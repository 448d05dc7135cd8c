/**
 * Starts the master as a daemon: its own session, no terminal, output in the log. Unlike uWSGI it keeps
 * the umask (uWSGI's 0 makes every file of the application writable for everybody), and the command
 * ends only when the server accepts requests or has told why it does not.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { LogTarget, Settings } from "../settings/settings.ts";
import { openLogFile } from "./log/file-sink.ts";
import type { ConfigurationSource } from "./master/reread.ts";
import { errorText, settingPlace, startMessage } from "./start-failure.ts";

/** What a daemon is to run, sent to it once, first. */
export interface DaemonOrder {
  readonly settings: Settings;
  readonly python: string;
  readonly source: ConfigurationSource;
}

/** What a daemon says while it starts. */
export type DaemonWord =
  | { readonly type: "ready" }
  | { readonly type: "note"; readonly text: string }
  | { readonly type: "failed"; readonly text: string };

/**
 * Starts the daemon and waits until it serves.
 * @returns 0, or the daemon's exit code after its reasons were written to standard error
 */
export async function startDaemon(
  settings: Settings,
  target: LogTarget,
  python: string,
  source: ConfigurationSource,
): Promise<number> {
  let output: number | "ignore";
  const truncation = { truncate: settings.log.truncate };
  try {
    const isNow = target.kind === "file" && !settings.instance.lateDaemonLog;
    output = isNow ? openLogFile(target.path, truncation) : "ignore";
  } catch (error) {
    const reason = `cannot open the daemon's log: ${errorText(error)}`;
    process.stderr.write(`${startMessage(reason, settingPlace(settings, "daemonize"))}\n`);
    return 1;
  }
  const passed = settings.sockets.flatMap(({ address }) =>
    address.kind === "fd" ? [address.fd] : [],
  );
  const child = spawn(process.execPath, [fileURLToPath(new URL("./daemon.js", import.meta.url))], {
    stdio: ["ignore", output, output, "ipc", ...passed],
    detached: true,
  });
  if (output !== "ignore") closeSync(output);
  const order: DaemonOrder = { settings: renumbered(settings), python, source };
  child.send(order, () => {}); // A daemon that is gone is told about by its exit.
  return await outcome(child);
}

/** Descriptors have other numbers in the daemon: 0-2 standard, 3 IPC, then these in their order. */
function renumbered(settings: Settings): Settings {
  let fd = 4;
  const sockets = settings.sockets.map((socket) =>
    socket.address.kind === "fd"
      ? { ...socket, address: { kind: "fd", fd: fd++ } as const }
      : socket,
  );
  return { ...settings, sockets };
}

function outcome(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    let told = false;
    // The parse boundary: the daemon is this package's own program.
    child.on("message", (message) => {
      const word = message as DaemonWord;
      if (word.type !== "ready") {
        told ||= word.type === "failed";
        process.stderr.write(`${word.text.trimEnd()}\n`);
        return;
      }
      child.disconnect();
      child.unref();
      resolve(0);
    });
    child.once("error", (error) => {
      process.stderr.write(
        `${startMessage(`cannot start the daemon: ${error.message}`, undefined)}\n`,
      );
      resolve(1);
    });
    child.once("exit", (code, signal) => {
      const status = signal ?? `exit code ${code}`;
      if (!told) {
        const reason = `the daemon ended before it was ready (${status}); its log may tell why`;
        process.stderr.write(`${startMessage(reason, undefined)}\n`);
      }
      resolve(code || 1); // A daemon that was stopped (0) does not serve either.
    });
  });
}
