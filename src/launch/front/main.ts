/** Entry of the front's process. The master speaks over Node's IPC channel; without it there is no front. */
import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { FrontToMaster, MasterToFront } from "../messages.ts";
import { Front } from "./front.ts";

process.title = "tsuwsgi front";
// They reach the whole process group; only the master acts on them. Without a handler Node would open
// its debugger on SIGUSR1, and SIGUSR2 would end the process.
for (const signal of [
  "SIGINT",
  "SIGTERM",
  "SIGQUIT",
  "SIGHUP",
  "SIGUSR1",
  "SIGUSR2",
  "SIGTSTP",
] as const) {
  process.on(signal, () => {});
}

/** How long clients that are connected may begin another request after the master's death. */
const ORPHAN_LINGER_MS = 500;
/** When the front ends at the latest: the zygote kills workers that are stuck a second before. */
const ORPHAN_MS = 6_000;

let front: Front | undefined;
let runDirectory: string | undefined;

function tell(message: FrontToMaster): void {
  // A master that has just died is told about by the disconnect.
  process.send?.(message, undefined, undefined, () => {});
}

async function obey(message: MasterToFront): Promise<void> {
  switch (message.type) {
    case "configure":
      runDirectory = message.config.runDirectory;
      process.title = message.config.name;
      if (!process.connected) await leave(); // The master died while this program was still being read.
      front = new Front(message.config, message.requestLog, tell);
      await front.start();
      break;
    case "listen":
      await front?.listen();
      break;
    case "drain":
      await front?.drain();
      process.exit(0);
      break;
    case "hand-over":
      await front?.handOver();
      process.exit(0);
      break;
    case "swap":
      front?.swap(message.admit, message.retire);
      break;
    case "pause":
      front?.pause(message.on);
      break;
    case "worker-exited":
      front?.workerExited(message.pid);
      break;
    case "stats":
      if (front) tell({ type: "stats", serial: message.serial, stats: front.stats() });
      break;
  }
}

process.on("message", (message: MasterToFront) => {
  obey(message).catch((error: unknown) => {
    tell({ type: "failed", message: error instanceof Error ? error.message : String(error) });
  });
});

process.on("disconnect", leave);

/** The master died without a word: nobody gets in any more, and those who are in get their answers. */
async function leave(): Promise<never> {
  if (front)
    await Promise.race([front.handOver(ORPHAN_LINGER_MS).catch(() => {}), sleep(ORPHAN_MS)]);
  if (runDirectory !== undefined) rmSync(runDirectory, { recursive: true, force: true });
  process.exit(1);
}
