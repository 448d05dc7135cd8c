/** How the options that name the application set the draft. */
import type { Apply } from "../option.ts";

/**
 * `module = package.module:callable`. What stands after the colon beats `callable`,
 * whichever comes first, as in uWSGI; settling decides that at the end.
 */
export const module: Apply<string> = (draft, value, given) => {
  draft.module = value;
  draft.places["module"] = given.place;
};

/** `wsgi-file`: relative to chdir, so it stays as written until chdir is known. */
export const wsgiFile: Apply<string> = (draft, value, given) => {
  draft.wsgiFile = value;
  draft.places["wsgiFile"] = given.place;
};

/** `callable`: a name, or `name()` for a function that returns the application. */
export const callable: Apply<string> = (draft, value, given) => {
  draft.callable = value;
  draft.places["callable"] = given.place;
};
