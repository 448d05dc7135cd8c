/** When a worker has served enough or grown too large. */
import { readFileSync } from "node:fs";
import type { LimitSettings } from "../../settings/limit-settings.ts";
import type { CoreWorker } from "./core.ts";

/** Bytes of a page on the machines that Linux runs Node on. */
const PAGE_BYTES = 4096;
const MEGABYTE = 1024 * 1024;
/** A worker's memory is looked at after a request, but not more often than this: a look costs as much as a request. */
const LOOK_EVERY_MS = 1_000;

/** What a process uses, bytes. */
interface Memory {
  /** Address space and resident memory, from statm. */
  readonly as: number;
  readonly rss: number;
}

/** Looks at workers after their requests, and from outside. */
export class WorkerLimits {
  readonly #limits: LimitSettings;
  readonly #maxRequests: number;
  readonly #watchesMemory: boolean;
  readonly #lookedAt = new WeakMap<CoreWorker, number>();

  /** @param maxRequests requests after which a worker has served enough; 0: never */
  constructor(limits: LimitSettings, maxRequests: number) {
    this.#limits = limits;
    this.#maxRequests = maxRequests;
    const { reloadOnRss, reloadOnAs, reloadOnUss, reloadOnPss } = limits;
    this.#watchesMemory = Math.max(reloadOnRss, reloadOnAs, reloadOnUss, reloadOnPss) > 0;
  }

  /** Whether `afterRequest` has anything to look at. */
  get active(): boolean {
    return this.#maxRequests > 0 || this.#watchesMemory;
  }

  /** Whether `oversize` has anything to look at. */
  get evil(): boolean {
    return this.#limits.evilReloadOnRss > 0 || this.#limits.evilReloadOnAs > 0;
  }

  /**
   * Why a worker that has just answered a request should be replaced; undefined when it need not.
   * @param now performance.now()
   */
  afterRequest(worker: CoreWorker, now: number): string | undefined {
    if (this.#maxRequests > 0) {
      // As in uWSGI the workers reach it one after the other.
      const most = this.#maxRequests + (worker.id - 1) * this.#limits.maxRequestsDelta;
      if (worker.requests >= most) return `max-requests, after ${worker.requests}`;
    }
    if (!this.#watchesMemory) return undefined;
    if (now - (this.#lookedAt.get(worker) ?? Number.NEGATIVE_INFINITY) < LOOK_EVERY_MS)
      return undefined;
    this.#lookedAt.set(worker, now);
    return this.#tooLarge(worker.pid);
  }

  /** Why a worker should be killed at once; undefined when it need not. */
  oversize({ pid }: CoreWorker): string | undefined {
    const { evilReloadOnRss, evilReloadOnAs } = this.#limits;
    const { rss, as } = memoryOf(pid);
    return (
      over("evil-reload-on-rss", rss, evilReloadOnRss) ??
      over("evil-reload-on-as", as, evilReloadOnAs)
    );
  }

  #tooLarge(pid: number): string | undefined {
    const { reloadOnRss, reloadOnAs, reloadOnUss, reloadOnPss } = this.#limits;
    const { rss, as } = memoryOf(pid);
    const first = over("reload-on-rss", rss, reloadOnRss) ?? over("reload-on-as", as, reloadOnAs);
    if (first !== undefined || (reloadOnUss === 0 && reloadOnPss === 0)) return first;
    const { uss, pss } = sharesOf(pid);
    return over("reload-on-uss", uss, reloadOnUss) ?? over("reload-on-pss", pss, reloadOnPss);
  }
}

function over(name: string, bytes: number, limit: number): string | undefined {
  if (limit === 0 || bytes < limit) return undefined;
  return `${name}, with ${Math.round(bytes / MEGABYTE)} MB`;
}

/** From /proc/PID/statm (proc(5)); zeros when the process is gone. */
function memoryOf(pid: number): Memory {
  const [size = 0, resident = 0] = readProc(pid, "statm").split(" ").map(Number);
  return { as: size * PAGE_BYTES, rss: resident * PAGE_BYTES };
}

/** Memory that is a process's own alone, and with its share of what others have too, bytes. */
function sharesOf(pid: number): { uss: number; pss: number } {
  const text = readProc(pid, "smaps_rollup");
  const sum = (name: RegExp) =>
    [...text.matchAll(name)].reduce((total, [, kilobytes]) => total + Number(kilobytes) * 1024, 0);
  return { uss: sum(/^Private_\w+:\s+(\d+)/gm), pss: sum(/^Pss:\s+(\d+)/gm) };
}

function readProc(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "latin1");
  } catch {
    return "";
  }
}
