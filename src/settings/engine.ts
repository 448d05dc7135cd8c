/** What the cores of a worker are: threads, or greenlets of an event loop. */

/** When the modules of the standard library are made cooperative: before or after the import of the application. */
export type MonkeyPatch = "early" | "late" | "none";

/** What runs the cores. As it stands it goes to python/tsuwsgi/engine.py. */
export type EngineSetting =
  | { readonly kind: "threads" }
  | {
      readonly kind: "gevent";
      /** Cores of one worker. */
      readonly greenlets: number;
      readonly patch: MonkeyPatch;
      /** Seconds that a worker which is to go waits for all that runs in its event loop; 0: for its requests only. */
      readonly hubSeconds: number;
    }
  | { readonly kind: "eventlet"; readonly greenlets: number; readonly patch: MonkeyPatch }
  | { readonly kind: "asyncio"; readonly greenlets: number };

/** The engines that have a Python package to run them, by their option's name. */
export const enginePackages = {
  gevent: "gevent",
  eventlet: "eventlet",
  asyncio: "greenlet",
} as const;

/** An engine of greenlets, by its option's name. */
export type GreenletEngine = keyof typeof enginePackages;

/** The options about engines as they were written; 0 greenlets is an engine that was not asked for. */
export interface EngineOptions {
  gevent: number;
  geventMonkeyPatch: boolean;
  geventEarlyMonkeyPatch: boolean;
  geventWaitForHub: boolean;
  eventlet: number;
  eventletMonkeyPatch: boolean;
  eventletEarlyMonkeyPatch: boolean;
  asyncio: number;
}

/** No engine is asked for, so cores are threads. */
export function noEngine(): EngineOptions {
  return {
    gevent: 0,
    geventMonkeyPatch: false,
    geventEarlyMonkeyPatch: false,
    geventWaitForHub: false,
    eventlet: 0,
    eventletMonkeyPatch: false,
    eventletEarlyMonkeyPatch: false,
    asyncio: 0,
  };
}

/**
 * The engine that the options ask for; of several the first of gevent, eventlet and asyncio.
 * @param mercySeconds that a worker has for what it has in hand when it is to go
 */
export function finishEngine(options: EngineOptions, mercySeconds: number): EngineSetting {
  const { gevent, eventlet, asyncio } = options;
  if (gevent > 0) {
    const patch = when(options.geventEarlyMonkeyPatch, options.geventMonkeyPatch);
    const hubSeconds = options.geventWaitForHub ? mercySeconds : 0;
    return { kind: "gevent", greenlets: gevent, patch, hubSeconds };
  }
  if (eventlet > 0) {
    const patch = when(options.eventletEarlyMonkeyPatch, options.eventletMonkeyPatch);
    return { kind: "eventlet", greenlets: eventlet, patch };
  }
  return asyncio > 0 ? { kind: "asyncio", greenlets: asyncio } : { kind: "threads" };
}

function when(early: boolean, late: boolean): MonkeyPatch {
  if (early) return "early";
  return late ? "late" : "none";
}

/** Requests that one worker runs at the same time: its cores. */
export function coresPerWorker(settings: {
  readonly threads: number;
  readonly engine: EngineSetting;
}): number {
  const { threads, engine } = settings;
  return engine.kind === "threads" ? threads : engine.greenlets;
}
