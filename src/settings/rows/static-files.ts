/** Rows of the option table. Files that are served without the application. */
import { staticMap } from "../apply/text.ts";
import type { HonouredOption } from "../option.ts";
import { text } from "../option.ts";

/** In the order of the documentation. */
export const staticFileRows: readonly HonouredOption[] = [
  text({
    name: "static-map",
    summary: "Serve files below a path from a directory, `/mountpoint=/directory`.",
    expected: "`/mountpoint=/directory`",
    pattern: "^[^=]*=.",
    repeats: true,
    apply: staticMap,
  }),
];
