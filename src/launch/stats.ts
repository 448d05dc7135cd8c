/** The stats server's document in the shape of uWSGI 2.0.21: the same keys, in the same order, of the same types. */
import type { CronSetting } from "../settings/beside-settings.ts";
import type { FrontStats, FrontWorkerStats } from "./messages.ts";

/** What the master knows of a worker. */
export interface WorkerFacts {
  readonly id: number;
  /** 0 when there is none. */
  readonly pid: number;
  readonly serving: boolean;
  /** Unix time of its last start, seconds. */
  readonly lastSpawn: number;
  readonly spawns: number;
}

/** One listening socket, and how many connections wait in the kernel for it. */
export interface SocketFacts {
  readonly name: string;
  readonly proto: string;
  readonly queue: number;
  readonly maxQueue: number;
}

/** One program of `attach-daemon` and the like. */
export interface DaemonFacts {
  readonly command: string;
  /** 0 when there is none. */
  readonly pid: number;
  readonly spawns: number;
}

/** One command of `cron` and the like. */
export interface CronFacts {
  readonly setting: CronSetting;
  /** -1 when it does not run. */
  readonly pid: number;
  /** Unix time of its start, seconds; 0 when it does not run. */
  readonly startedAt: number;
}

/** All that a document is made of. */
export interface StatsFacts {
  readonly version: string;
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  readonly cwd: string;
  /** Cores of one worker. */
  readonly cores: number;
  readonly sockets: readonly SocketFacts[];
  readonly workers: readonly WorkerFacts[];
  /** Undefined where there are none: as in uWSGI there is no key for them then. */
  readonly daemons?: readonly DaemonFacts[] | undefined;
  readonly crons?: readonly CronFacts[] | undefined;
  /** Undefined when the front does not answer: its counts are then 0. */
  readonly front: FrontStats | undefined;
}

/**
 * The document as text, indented with tabs as uWSGI does.
 *
 * What has no counterpart here is 0 or empty: signals, locks, offloading, memory (uWSGI shows it with
 * memory-report only). `vars` and `req_info` stay empty on purpose: uWSGI puts there the headers of the
 * requests that are running, and these hold cookies and passwords.
 */
export function statsDocument(facts: StatsFacts): string {
  const queue = facts.sockets.reduce((sum, socket) => sum + socket.queue, 0);
  const document = {
    version: facts.version,
    listen_queue: queue,
    listen_queue_errors: facts.front?.rejected ?? 0,
    signal_queue: 0,
    load: facts.front?.queue ?? 0,
    pid: facts.pid,
    uid: facts.uid,
    gid: facts.gid,
    cwd: facts.cwd,
    ...(facts.daemons && { daemons: facts.daemons.map(daemonPart) }),
    locks: [],
    sockets: facts.sockets.map((socket) => ({
      name: socket.name,
      proto: socket.proto,
      queue: socket.queue,
      max_queue: socket.maxQueue,
      shared: 0,
      can_offload: 0,
    })),
    workers: facts.workers.map((worker) => workerPart(worker, facts)),
    ...(facts.crons && { crons: facts.crons.map(cronPart) }),
  };
  return `${JSON.stringify(document, null, "\t")}\n`;
}

function daemonPart({ command, pid, spawns }: DaemonFacts) {
  return { cmd: command, pid, respawns: Math.max(0, spawns - 1) };
}

function cronPart({ setting, pid, startedAt }: CronFacts) {
  const { minute, hour, day, month, week, command, unique } = setting;
  const times = { minute, hour, day, month, week };
  return { ...times, command, unique: unique ? 1 : 0, legion: "", pid, started_at: startedAt };
}

function workerPart(worker: WorkerFacts, facts: StatsFacts) {
  const counted = facts.front?.workers.find(({ id }) => id === worker.id);
  const requests = counted?.requests ?? 0;
  const exceptions = counted?.exceptions ?? 0;
  // The front serves files: they are shown where a sum over all cores finds them.
  const files = worker === facts.workers[0] ? (facts.front?.staticRequests ?? 0) : 0;
  const cores = corePart(counted, facts.cores, files);
  const busy = cores.some((core) => core.in_request === 1);
  return {
    id: worker.id,
    pid: worker.pid,
    accepting: worker.serving ? 1 : 0,
    requests,
    delta_requests: requests,
    exceptions,
    harakiri_count: counted?.harakiriCount ?? 0,
    signals: 0,
    signal_queue: 0,
    status: worker.serving ? (busy ? "busy" : "idle") : "cheap",
    rss: 0,
    vsz: 0,
    running_time: Math.round(counted?.runningTime ?? 0),
    last_spawn: worker.lastSpawn,
    respawn_count: worker.spawns,
    tx: counted?.tx ?? 0,
    avg_rt: Math.round(counted?.averageTime ?? 0),
    apps: [
      { id: 0, modifier1: 0, mountpoint: "", startup_time: 0, requests, exceptions, chdir: "" },
    ],
    cores,
  };
}

function corePart(counted: FrontWorkerStats | undefined, cores: number, files: number) {
  const byId = new Map(counted?.cores.map((core) => [core.id, core]));
  return Array.from({ length: cores }, (_, id) => {
    const core = byId.get(id);
    return {
      id,
      requests: core?.requests ?? 0,
      static_requests: id === 0 ? files : 0,
      routed_requests: 0,
      offloaded_requests: 0,
      write_errors: core?.writeErrors ?? 0,
      read_errors: core?.readErrors ?? 0,
      in_request: core?.inRequest ? 1 : 0,
      vars: [],
      req_info: {},
    };
  });
}

/**
 * Connections that wait in a listening TCP socket's queue.
 * @param table text of /proc/net/tcp or tcp6, where a listening socket (state 0A) has its queue as rx_queue
 * @param inode of the socket, as in /proc/PID/fd/N -> socket:[inode]
 */
export function listenQueue(table: string, inode: string): number {
  for (const line of table.split("\n")) {
    const [, , , state, queues, , , , , number] = line.trim().split(/\s+/);
    if (state === "0A" && number === inode)
      return Number.parseInt(queues?.split(":")[1] ?? "0", 16);
  }
  return 0;
}
