/** Faults that show only when the options about users, roots and capabilities are looked at together. */
import type { Draft } from "./draft.ts";
import type { Say } from "./say.ts";

/** Reports what cannot be had together, and options that do nothing without another. */
export function checkPrivileges(draft: Draft, say: Say): void {
  checkRoot(draft, say);
  checkChroot(draft, say);
  checkNoEffect(draft, say);
  checkHooks(draft, say);
}

/** Whoever starts new processes must be root for what only root can give them. */
function checkRoot({ privileges, uid, places }: Draft, say: Say): void {
  const { masterAsRoot, chroot, capabilities } = privileges;
  const needs: readonly (readonly [string, string, boolean, string])[] = [
    ["chroot", "chroot", chroot !== undefined, "`RootDirectory=`"],
    ["cap", "capabilities", capabilities.length > 0, "`AmbientCapabilities=`"],
  ];
  for (const [option, field, isSet, unit] of needs) {
    if (!isSet || (masterAsRoot && uid !== undefined)) continue;
    const message = masterAsRoot
      ? `\`${option}\` is for processes that are not root, and there is no \`uid\``
      : `\`${option}\` needs a master that stays root: it starts new processes as long as the server runs`;
    const help = masterAsRoot
      ? "add `uid` and `gid`"
      : `add \`master-as-root = true\`, or leave it to systemd (${unit}) or a container`;
    say("needs-root", "error", places[`privileges.${field}`], message, help);
  }
}

/** The front stays outside, so what it does with files is not confined. */
function checkChroot(draft: Draft, say: Say): void {
  const { privileges, places, statics, virtualenv, sockets } = draft;
  if (privileges.chroot === undefined) return;
  const place = places["privileges.chroot"];
  if (statics.checks.length + statics.maps.length + statics.wholeMaps.length > 0 || statics.docroot)
    say(
      "chroot",
      "error",
      place,
      "with `chroot` static files are not served: the front that would read them is outside of it",
      "let a proxy such as nginx serve them, or confine all of the server with `RootDirectory=` of systemd",
    );
  if (virtualenv !== undefined)
    say(
      "chroot",
      "error",
      places["virtualenv"],
      "`home` is not supported with `chroot`: the interpreter is started outside of it",
      "write `pythonpath` with the directory site-packages of the environment, as it is inside",
    );
  for (const { address, text, place: at } of sockets)
    if (address.kind === "unix")
      say(
        "chroot-socket",
        "warning",
        at,
        `the socket ${text} is made outside of \`chroot\`; uWSGI makes it inside`,
        `tell the web server where it is, or write \`${privileges.chroot}/…\``,
      );
}

function checkNoEffect({ privileges, uid, gid, places }: Draft, say: Say): void {
  const { addGids, noInitgroups, masterAsRoot, dropAfterApps, dropAfterInit } = privileges;
  const named = uid !== undefined || gid !== undefined;
  const idle: readonly (readonly [string, string, boolean])[] = [
    ["add-gid", "addGids", addGids.length > 0],
    ["no-initgroups", "noInitgroups", noInitgroups],
    ["master-as-root", "masterAsRoot", masterAsRoot],
    ["drop-after-apps", "dropAfterApps", dropAfterApps],
    ["drop-after-init", "dropAfterInit", dropAfterInit],
  ];
  for (const [option, field, isSet] of idle)
    if (isSet && !named)
      say(
        "no-effect",
        "warning",
        places[`privileges.${field}`],
        `\`${option}\` does nothing without \`uid\` and \`gid\``,
        "add them, or take the line out",
      );
  if (addGids.length > 0 && noInitgroups)
    say(
      "no-effect",
      "warning",
      places["privileges.noInitgroups"],
      "`no-initgroups` does nothing beside `add-gid`, which replaces the user's groups",
      "take one of them out",
    );
}

function checkHooks({ hooks, resources, processes, threads, places }: Draft, say: Say): void {
  const idle = hooks.steps.find(({ phase }) => phase === "post-jail");
  if (idle && !hooks.jailed)
    say(
      "no-effect",
      "warning",
      idle.step.place,
      "there is no jail, so the hooks of `post-jail` are not run",
      "write `in-jail`, or add `jailed = true`",
    );
  const least = processes * (threads + 1);
  if (resources.processes > 0 && resources.processes < least)
    say(
      "limit-nproc",
      "error",
      places["resources.processes"],
      `\`limit-nproc = ${resources.processes}\` is below what the server itself needs: ${least} processes and threads of its workers, and some twenty of master and front`,
      "raise it: the kernel counts all processes and threads of the user",
    );
}
