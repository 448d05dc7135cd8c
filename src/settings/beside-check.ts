/** Faults of programs beside the server that show only when several options are looked at together. */
import type { Draft } from "./draft.ts";
import type { Say } from "./say.ts";

/** Reports programs that uWSGI would not run, or that cannot run as is asked. */
export function checkBeside({ beside, master, places, uid, gid }: Draft, say: Say): void {
  const { daemons, crons } = beside;
  const first = daemons[0] ?? crons[0];
  if (first !== undefined && places["master"] !== undefined && !master)
    say(
      "no-master",
      "error",
      first.place,
      "programs beside the server need its master, and `master` is false",
      "take `master = false` out",
    );
  for (const daemon of daemons) {
    const lost = uid !== undefined && uid !== 0;
    const user = daemon.uid !== 0 && daemon.uid !== uid && lost;
    const group = daemon.gid !== 0 && daemon.gid !== gid && lost;
    if (!user && !group) continue;
    say(
      "daemon-user",
      "error",
      daemon.place,
      `a program cannot become ${user ? `user ${daemon.uid}` : `group ${daemon.gid}`}: the server has given up root for user ${uid} by then`,
      "leave `uid` and `gid` of the program out, or start it as a service of its own",
    );
  }
}
