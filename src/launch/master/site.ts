import { randomBytes } from "node:crypto";
import { coresPerWorker } from "../../settings/engine.ts";
import type { Settings } from "../../settings/settings.ts";
import { slotsFor } from "./machine/state.ts";
import { makeRunDirectory, type RunDirectory } from "./run-directory.ts";
import { type Bound, bind } from "./sockets/bind.ts";

/** Where a front and its workers meet. A front that is started anew after its death finds the same. */
export interface Site {
  readonly run: RunDirectory;
  /** The private socket on which the front waits for cores. */
  readonly cores: Bound;
  /** Hex text that a core must say first. */
  readonly secret: string;
  /** Removes all of it; more than once does no harm. */
  readonly close: () => void;
}

/**
 * Makes a site, and gives it to the user that the server is to run as.
 * @throws StartFailure when it cannot be made; nothing is left then
 */
export async function openSite(settings: Settings, python: string): Promise<Site> {
  const run = makeRunDirectory(
    slotsFor(settings.processes) * coresPerWorker(settings),
    settings.privileges.chroot,
  );
  try {
    const address = { kind: "unix", path: run.coresPath } as const;
    const order = { place: undefined, mode: 0o700, options: undefined, python };
    const cores = await bind({ ...order, address, text: run.coresPath });
    run.give(settings.uid, settings.gid);
    let open = true;
    const close = () => {
      if (!open) return;
      open = false;
      cores.release(true);
      run.remove();
    };
    return { run, cores, secret: randomBytes(16).toString("hex"), close };
  } catch (error) {
    run.remove();
    throw error;
  }
}
