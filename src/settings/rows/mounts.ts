/** Rows of the option table. Several applications in one server. */
import { mount } from "../apply/mount.ts";
import type { HonouredOption } from "../option.ts";
import { flag, text, within } from "../option.ts";

/** In the order of the documentation. */
export const mountRows: readonly HonouredOption[] = [
  text({
    name: "mount",
    summary: "Load one more application, for a path: `/path=module:callable` or `/path=file.py`.",
    expected: "`/path=module:callable` or `/path=file.py`",
    pattern: "^/[^=]*=.",
    repeats: true,
    apply: mount,
  }),
  flag(
    "manage-script-name",
    within("mounts", "manageScriptName"),
    "Choose the application by the path: its mountpoint becomes SCRIPT_NAME and is taken off PATH_INFO.",
  ),
  flag(
    "ignore-script-name",
    within("mounts", "ignoreScriptName"),
    "Do not choose the application by SCRIPT_NAME.",
  ),
  flag(
    "no-default-app",
    within("mounts", "noDefaultApp"),
    "Answer 500 to requests that no mountpoint is for, instead of giving them to the first application.",
  ),
];
