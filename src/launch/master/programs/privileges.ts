/** As whom the processes run, and when root is given up. */
import type { Settings } from "../../../settings/settings.ts";
import type { Place } from "../../../source.ts";
import type { Confinement, Identity } from "../../messages.ts";
import { errorText, StartFailure, settingPlace } from "../../start-failure.ts";

/**
 * When the master gives up root, after uWSGI: `early`, before Unix sockets are bound, so that they are the
 * user's; `bound`, when all is bound and the pidfiles are written; `imported`, when the application is; `never`.
 */
export type Drop = "early" | "bound" | "imported" | "never";

/** The moment that these settings ask for. */
export function dropOf({ privileges, socketOptions, lazyApps }: Settings): Drop {
  if (privileges.masterAsRoot) return "never";
  // With lazy-apps nothing is imported before the workers are there.
  if (privileges.dropAfterApps && !lazyApps) return "imported";
  const late = privileges.dropAfterApps || privileges.dropAfterInit;
  return late || socketOptions.owner !== undefined ? "bound" : "early";
}

/** Whom the processes are to be; undefined when that is left as it is. */
export function identityOf({ uid, gid, privileges }: Settings): Identity | undefined {
  const { addGids, noInitgroups } = privileges;
  if (uid === undefined && gid === undefined) return undefined;
  return { uid: uid ?? null, gid: gid ?? null, addGids, noInitgroups };
}

/** What a process that a master of root's starts has to give up before it is anything else; undefined: nothing. */
export function toBecome(settings: Settings): Identity | undefined {
  return isRoot() ? identityOf(settings) : undefined;
}

/** What a zygote gives up itself, because only it can or only it knows when; undefined: nothing. */
export function confinementOf(settings: Settings): Confinement | undefined {
  const identity = toBecome(settings);
  const { chroot, capabilities } = settings.privileges;
  const afterImport = dropOf(settings) === "imported";
  if (identity === undefined || (chroot === undefined && !afterImport)) return undefined;
  const directory = settings.chdir;
  return { identity, capabilities, chroot: chroot ?? null, directory, afterImport };
}

/** `immediate-gid` and `immediate-uid`: before anything else is done, as uWSGI does while it reads its options. */
export function dropImmediately({ privileges, places }: Settings): string | undefined {
  const { immediateUid: uid, immediateGid: gid } = privileges;
  if (uid === undefined && gid === undefined) return undefined;
  const place = places["privileges.immediateUid"] ?? places["privileges.immediateGid"];
  const noInitgroups = gid !== undefined;
  const identity = { uid: uid ?? null, gid: gid ?? null, addGids: [], noInitgroups };
  return isRoot() ? become(identity, place) : notRoot(uid, gid);
}

/**
 * Gives up root for the user and group of the settings: the master itself, so whatever it starts. Nothing can
 * get root back afterwards.
 * @returns a warning for the log when we are not root, so that nothing can be changed
 * @throws StartFailure when the system refuses
 */
export function dropPrivileges(settings: Settings): string | undefined {
  const identity = identityOf(settings);
  if (identity === undefined) return undefined;
  if (!isRoot()) return notRoot(settings.uid, settings.gid);
  return become(identity, settingPlace(settings, "uid") ?? settingPlace(settings, "gid"));
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function become(identity: Identity, place: Place | undefined): undefined {
  const { uid, gid } = identity;
  try {
    // Root's supplementary groups must go before the group does, and the user last of all.
    setGroups(identity);
    if (gid !== null) process.setgid?.(gid);
    if (uid !== null) process.setuid?.(uid);
    return undefined;
  } catch (error) {
    const reason = `cannot become user ${uid ?? "(unchanged)"}, group ${gid ?? "(unchanged)"}: ${errorText(error)}`;
    throw new StartFailure(reason, place);
  }
}

/** The same rule is in python/tsuwsgi/confine.py, for processes that have to give up root themselves. */
function setGroups({ uid, gid, addGids, noInitgroups }: Identity): void {
  if (addGids.length > 0) process.setgroups?.(addGids);
  else if (noInitgroups || uid === null) process.setgroups?.([]);
  else setOwnGroups(uid, gid ?? process.getgid?.() ?? 0);
}

/** The user's own supplementary groups where the system knows the user, else the one group. */
function setOwnGroups(uid: number, gid: number): void {
  try {
    // Node has it; its types do not know.
    const { initgroups } = process as { initgroups?: (user: number, group: number) => void };
    initgroups?.(uid, gid);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ERR_UNKNOWN_CREDENTIAL"))
      throw error;
    process.setgroups?.([gid]);
  }
}

function notRoot(uid: number | undefined, gid: number | undefined): string | undefined {
  const same =
    (uid === undefined || uid === process.getuid?.()) &&
    (gid === undefined || gid === process.getgid?.());
  if (same) return undefined;
  return `warning: uid ${uid ?? "(unset)"} and gid ${gid ?? "(unset)"} have no effect, only root can change its user; running as uid ${process.getuid?.()}, gid ${process.getgid?.()}`;
}
