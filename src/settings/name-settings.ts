/** Settings of the names that processes have in ps and top, and the names that come of them. */

/** What `procname` and its like say; the names without them are tsuwsgi's own. */
export interface NameSettings {
  /** Of all processes. */
  readonly name: string | undefined;
  /** Of the master, before `name`. */
  readonly master: string | undefined;
  /** Before and behind every name. */
  readonly prefix: string;
  readonly append: string;
}

/** tsuwsgi's own names. */
export function ownNames(): { -readonly [K in keyof NameSettings]: NameSettings[K] } {
  return { name: undefined, master: undefined, prefix: "", append: "" };
}

/** The name of each process. A worker's number comes between the parts of its name, if there are two. */
export interface ProcessNames {
  readonly master: string;
  readonly front: string;
  readonly zygote: string;
  readonly worker: readonly string[];
}

/** The master's own name, by which a server is known where it has no other. */
export const masterTitle = "tsuwsgi master";
/** The same of an emperor. */
export const emperorTitle = "tsuwsgi emperor";

/**
 * The names that the settings come to, as uWSGI puts them together.
 * @param application what of it is shown in a worker's own name, perhaps nothing
 */
export function processNames(settings: NameSettings, application: string): ProcessNames {
  const { name, prefix, append } = settings;
  const full = (own: string) => `${prefix}${own}${append}`;
  const behind = application === "" ? "" : ` ${application}`;
  return {
    master: full(settings.master ?? name ?? masterTitle),
    front: full(name ?? "tsuwsgi front"),
    zygote: full(name ?? "tsuwsgi zygote"),
    worker: name === undefined ? [`${prefix}tsuwsgi worker `, `${behind}${append}`] : [full(name)],
  };
}
