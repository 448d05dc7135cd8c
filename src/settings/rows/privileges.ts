/** Rows of the option table. As whom the processes run, and what they may use of the machine. */
import { addGid, capabilities, chroot, immediate } from "../apply/privilege.ts";
import type { HonouredOption } from "../option.ts";
import { flag, integer, text, within } from "../option.ts";

/** What setrlimit(2) and uWSGI's own integers take. */
const largestInt = 2_147_483_647;
/** Linux's fs.nr_open, unless it was raised. */
const mostDescriptors = 1_048_576;

/** In the order of the documentation. */
export const privilegeRows: readonly HonouredOption[] = [
  text({
    name: "add-gid",
    summary: "Supplementary group to have, in place of the user's own.",
    expected: "a group's number or name",
    repeats: true,
    apply: addGid,
  }),
  flag(
    "no-initgroups",
    within("privileges", "noInitgroups"),
    "Have no supplementary groups, not even the user's own.",
  ),
  text({
    name: "immediate-uid",
    summary: "User to become first of all, before any file or socket is opened.",
    expected: "a user's number or name",
    apply: immediate("user"),
  }),
  text({
    name: "immediate-gid",
    summary: "Group to become first of all, before any file or socket is opened.",
    expected: "a group's number or name",
    apply: immediate("group"),
  }),
  flag(
    "drop-after-init",
    within("privileges", "dropAfterInit"),
    "Stay root until all sockets are bound.",
  ),
  flag(
    "drop-after-apps",
    within("privileges", "dropAfterApps"),
    "Stay root until the application is imported; not with `lazy-apps`.",
  ),
  flag(
    "master-as-root",
    within("privileges", "masterAsRoot"),
    "Leave the master root; all other processes run as the user of `uid`.",
  ),
  text({
    name: "chroot",
    summary: "Directory that is `/` to the application; with `master-as-root`.",
    expected: "a directory",
    apply: chroot,
  }),
  text({
    name: "cap",
    summary: "Capabilities that all but the master keep without root; with `master-as-root`.",
    expected: "names or numbers of capabilities, separated by commas",
    apply: capabilities,
  }),
  ...resourceRows(),
];

function resourceRows(): HonouredOption[] {
  const range = (minimum: number, maximum: number) => ({ minimum, maximum, default: 0 });
  return [
    integer(
      "max-fd",
      within("resources", "maxFd"),
      range(0, mostDescriptors),
      "Descriptors that each process may have; only root can raise the limit. 0 leaves it.",
    ),
    integer(
      "limit-nproc",
      within("resources", "processes"),
      range(0, largestInt),
      "Processes and threads that the user may have before the application can make no more; 0 is no limit.",
    ),
    integer(
      "prio",
      within("resources", "priority"),
      range(-20, 19),
      "Priority of all processes, from -20 to 19; below that of the starter only for root.",
    ),
    integer(
      "cpu-affinity",
      within("resources", "cpuAffinity"),
      range(0, 1024),
      "Processors that each worker runs on; 0 is all.",
    ),
    integer(
      "thread-stacksize",
      within("resources", "threadStack"),
      range(32, 1_048_576),
      "KiB of stack for each thread of a worker that takes requests.",
    ),
    {
      ...integer(
        "ksm",
        {
          place: "resources.mergePages",
          set: (draft, value) => {
            draft.resources.mergePages = value > 0;
          },
        },
        range(0, largestInt),
        "Let the kernel keep equal pages of the Python processes once; any number but 0.",
      ),
      bare: "10",
    },
  ];
}
