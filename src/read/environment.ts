/** Options in the environment: `UWSGI_HTTP_SOCKET=:80` is `http-socket = :80`. */
import type { Entry } from "./entry.ts";

const prefix = "UWSGI_";

/** Variables of uWSGI's own processes, which it does not take for options. */
const internal: ReadonlySet<string> = new Set([
  "UWSGI_RELOADS",
  "UWSGI_VASSALS_DIR",
  "UWSGI_EMPEROR_FD",
  "UWSGI_EMPEROR_FD_CONFIG",
  "UWSGI_EMPEROR_PROXY",
  "UWSGI_BROODLORD_NUM",
  "UWSGI_JAIL_PID",
  "UWSGI_ORIGINAL_PROC_NAME",
]);

/** The options of the environment, in its order: lower-cased, `_` as `-`. */
export function readEnvironment(env: { readonly [name: string]: string | undefined }): Entry[] {
  const set = Object.entries(env).filter(
    ([name]) => name.startsWith(prefix) && !internal.has(name),
  );
  const text = set.map(([name, value]) => `${name}=${value ?? ""}\n`).join("");
  const source = { name: "(environment)", text };
  const entries: Entry[] = [];
  let at = 0;
  for (const [name, value = ""] of set) {
    const valueAt = at + name.length + 1;
    entries.push({
      key: name.slice(prefix.length).toLowerCase().replaceAll("_", "-"),
      value,
      keySpan: { source, start: at, end: at + name.length },
      valueSpan: { source, start: valueAt, end: valueAt + value.length },
    });
    at = valueAt + value.length + 1;
  }
  return entries;
}
