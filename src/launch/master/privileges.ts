import type { Settings } from "../../settings/settings.ts";
import { errorText, StartFailure, settingPlace } from "../start-failure.ts";

/**
 * Gives up root for the user and group of the settings, as uWSGI does for all of its processes: the
 * master itself, so whatever it starts. Nothing can get root back afterwards.
 * @returns a warning for the log when we are not root, so that nothing can be changed
 * @throws StartFailure when the system refuses
 */
export function dropPrivileges(settings: Settings): string | undefined {
  const { uid, gid } = settings;
  if (uid === undefined && gid === undefined) return undefined;
  if (process.getuid?.() !== 0) return notRoot(uid, gid);
  try {
    // Root's supplementary groups must go before the group does, and the user last of all.
    if (gid !== undefined || uid !== undefined) setGroups(uid, gid ?? process.getgid?.() ?? 0);
    if (gid !== undefined) process.setgid?.(gid);
    if (uid !== undefined) process.setuid?.(uid);
    return undefined;
  } catch (error) {
    const reason = `cannot become user ${uid ?? "(unchanged)"}, group ${gid ?? "(unchanged)"}: ${errorText(error)}`;
    throw new StartFailure(reason, settingPlace(settings, "uid") ?? settingPlace(settings, "gid"));
  }
}

/** The user's own supplementary groups where the system knows the user, else the one group. */
function setGroups(uid: number | undefined, gid: number): void {
  if (uid !== undefined) {
    try {
      // Node has it; its types do not know.
      const { initgroups } = process as { initgroups?: (user: number, group: number) => void };
      initgroups?.(uid, gid);
      return;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ERR_UNKNOWN_CREDENTIAL"))
        throw error;
    }
  }
  process.setgroups?.([gid]);
}

function notRoot(uid: number | undefined, gid: number | undefined): string | undefined {
  const same =
    (uid === undefined || uid === process.getuid?.()) &&
    (gid === undefined || gid === process.getgid?.());
  if (same) return undefined;
  return `warning: uid ${uid ?? "(unset)"} and gid ${gid ?? "(unset)"} have no effect, only root can change its user; running as uid ${process.getuid?.()}, gid ${process.getgid?.()}`;
}
