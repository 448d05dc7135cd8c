/** How the files that are watched while a server runs set the draft. */
import type { TouchAction } from "../control-settings.ts";
import type { Given } from "../draft.ts";
import type { Apply } from "../option.ts";

/** Each is looked at every second. */
const mostWatched = 256;

/** A file that means something when it is touched; relative to chdir, as in uWSGI. */
export function addTouch(path: string, action: TouchAction): Apply<string> {
  return (draft, _value, given) => {
    const { control } = draft;
    draft.places[`control.touches.${control.touches.length}`] = given.place;
    if (hasRoom(given, control.touches)) control.touches = [...control.touches, { path, action }];
  };
}

/** Whether one more may be watched; else that is reported. */
export function hasRoom(given: Given, list: readonly unknown[]): boolean {
  if (list.length < mostWatched) return true;
  tooMany(given, mostWatched, "each of them is looked after all the time");
  return false;
}

/** Reports an option that is given more often than it counts. */
export function tooMany(given: Given, most: number, why: string): void {
  given.report({
    rule: "too-many",
    severity: "error",
    message: `more than ${most} times \`${given.entry.key}\`: ${why}`,
    span: given.span,
    help: "take some out",
  });
}
