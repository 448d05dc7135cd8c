/** When a worker has served enough or grown too large. */

import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { LimitSettings } from "../../../settings/limit-settings.ts";
import type { CoreWorker } from "./core-worker.ts";

/** Bytes of a page on the machines that Linux runs Node on. */
const PAGE_BYTES = 4096;
const MEGABYTE = 1024 * 1024;
/**
 * A worker's memory is looked at after a request, but not more often than this: a look costs as much as a request,
 * and one at memory that is shared walks through all of its pages (measured: 18 ms a gigabyte, in a thread).
 */
const LOOK_EVERY_MS = 1_000;

/** Told of a worker that should be replaced, and why. */
type Outworn = (worker: CoreWorker, reason: string) => void;

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
   * Looks at a worker that has just answered a request.
   * @param now performance.now()
   * @param worn told why it should be replaced, at once or a little later; not called when it need not
   */
  afterRequest(worker: CoreWorker, now: number, worn: Outworn): void {
    if (this.#maxRequests > 0) {
      // As in uWSGI the workers reach it one after the other.
      const most = this.#maxRequests + (worker.id - 1) * this.#limits.maxRequestsDelta;
      if (worker.requests >= most) {
        worn(worker, `max-requests, after ${worker.requests}`);
        return;
      }
    }
    if (!this.#watchesMemory) return;
    if (now - (this.#lookedAt.get(worker) ?? Number.NEGATIVE_INFINITY) < LOOK_EVERY_MS) return;
    this.#lookedAt.set(worker, now);
    this.#look(worker, worn);
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

  #look(worker: CoreWorker, worn: Outworn): void {
    const { pid } = worker;
    const { reloadOnRss, reloadOnAs, reloadOnUss, reloadOnPss } = this.#limits;
    const { rss, as } = memoryOf(pid);
    const first = over("reload-on-rss", rss, reloadOnRss) ?? over("reload-on-as", as, reloadOnAs);
    if (first !== undefined) {
      worn(worker, first);
      return;
    }
    if (reloadOnUss === 0 && reloadOnPss === 0) return;
    readFile(`/proc/${pid}/smaps_rollup`, "latin1").then(
      (text) => {
        const { uss, pss } = sharesIn(text);
        const reason =
          over("reload-on-uss", uss, reloadOnUss) ?? over("reload-on-pss", pss, reloadOnPss);
        if (reason !== undefined) worn(worker, reason);
      },
      () => {}, // the process is gone
    );
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
function sharesIn(text: string): { uss: number; pss: number } {
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
