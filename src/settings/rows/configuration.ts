/** Rows of the option table. How the configuration itself is read and shown. */

import type { HonouredOption } from "../option.ts";
import { flag, flagWith } from "../option.ts";

/** In the order of the documentation. */
export const configurationRows: readonly HonouredOption[] = [
  flagWith(
    "strict",
    "supported",
    "Refuse private variables that are not made with set-placeholder.",
    () => {},
    false,
  ),
  flag("lenient", "lenient", "Read odd values as uWSGI does, with a warning, and go on."),
  flag("show-config", "showConfig", "Print the configuration, then start."),
];
