/** Serves the statistics: whoever connects gets one JSON document, then the connection is closed. */
import { readFileSync, readlinkSync } from "node:fs";
import type { Socket } from "node:net";
import { coresPerWorker } from "../settings/engine.ts";
import type { SocketProtocol } from "../settings/settings.ts";
import type { Beside } from "./beside/beside.ts";
import { workerOf } from "./master/machine/turn.ts";
import type { Master } from "./master/master.ts";
import type { Bound } from "./master/sockets/bind.ts";
import { accept } from "./master/sockets/server-handle.ts";
import { listenQueue, type SocketFacts, statsDocument, type WorkerFacts } from "./stats.ts";
import { version } from "./version.ts";

/** A client that has not read its document and gone by then is cut off, milliseconds. */
const clientLimitMs = 5_000;
/** Clients that may wait; uWSGI listens with its own backlog here as well. */
const backlog = 100;

/** What the server shows. */
export interface StatsSource {
  readonly master: Master;
  /** What was bound for settings.sockets, in the same order. */
  readonly sockets: readonly Bound[];
  readonly beside: Beside;
}

/**
 * Starts to answer on a bound socket.
 * @returns the name of the system's error when that failed, else undefined
 */
export function serveStats(bound: Bound, source: StatsSource): string | undefined {
  return serveDocument(bound, () => collect(source));
}

/**
 * Gives whoever connects to a bound socket a document of that moment.
 * @returns the name of the system's error when that failed, else undefined
 */
export function serveDocument(
  bound: Bound,
  document: () => string | Promise<string>,
): string | undefined {
  return accept(bound.handle, backlog, (socket) => void answer(socket, document));
}

async function answer(socket: Socket, document: () => string | Promise<string>): Promise<void> {
  socket.on("error", () => {}); // A client that went away.
  // Not an idle timeout: a client that goes on sending would never meet that one.
  const timer = setTimeout(() => socket.destroy(), clientLimitMs);
  socket.once("close", () => clearTimeout(timer));
  // A client must not keep a server that has ended from going.
  timer.unref();
  socket.unref();
  socket.end(await document());
  socket.resume(); // So that the client's end is seen.
}

/** The present document. */
async function collect({ master, sockets, beside }: StatsSource): Promise<string> {
  const { settings } = master.configuration();
  const front = await master.frontStats();
  return statsDocument({
    version: `tsuwsgi ${version}`,
    pid: process.pid,
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    cwd: settings.chdir,
    cores: coresPerWorker(settings),
    sockets: sockets.map((bound, index) =>
      socketFacts(bound, settings.sockets[index]?.protocol ?? "uwsgi", settings.listen),
    ),
    workers: workerFacts(master),
    ...beside.facts(),
    front,
  });
}

/** What the master knows of each worker, in the order of their seats. */
export function workerFacts(master: Pick<Master, "state">): readonly WorkerFacts[] {
  const agoMs = Date.now() - performance.now();
  return master.state().seats.map((seat) => {
    const worker = workerOf(master.state(), seat, "present");
    return {
      id: seat.id,
      pid: worker?.pid ?? 0,
      serving: worker?.stage === "serving",
      lastSpawn: worker ? Math.floor((agoMs + worker.startedMs) / 1000) : 0,
      spawns: seat.spawns,
    };
  });
}

function socketFacts(
  { address, name, handle }: Bound,
  protocol: SocketProtocol,
  backlogOfSocket: number,
): SocketFacts {
  const tcp = address.kind === "tcp";
  return {
    name,
    proto: protocol === "http-to-https" ? "http" : protocol.replace(/-socket$/, ""),
    queue: tcp ? queueOf(handle.fd) : 0,
    // uWSGI tells it for TCP sockets only.
    maxQueue: tcp ? backlogOfSocket : 0,
  };
}

function queueOf(fd: number): number {
  try {
    const inode = /\d+/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[0] ?? "";
    const tables = ["/proc/net/tcp", "/proc/net/tcp6"];
    return Math.max(...tables.map((path) => listenQueue(readFileSync(path, "latin1"), inode)));
  } catch {
    return 0; // No /proc: not Linux.
  }
}
