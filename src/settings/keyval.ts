/** uWSGI's lists of `key=value`, separated by commas (uwsgi_kvlist_parse in its core/utils.c). */

/** One pair as written; `value` is undefined where there is no `=`. */
export interface KeyValue {
  readonly key: string;
  readonly value: string | undefined;
}

/** Takes a list apart. A backslash makes the character after it, a comma say, part of the value. */
export function keyValues(text: string): KeyValue[] {
  const parts = [""];
  let escaped = false;
  for (const character of text) {
    if (!escaped && character === "\\") {
      escaped = true;
      continue;
    }
    if (!escaped && character === ",") parts.push("");
    else parts.push(`${parts.pop() ?? ""}${character}`);
    escaped = false;
  }
  if (parts.at(-1) === "") parts.pop(); // as uWSGI lets a list end with a comma
  return parts.map((part) => {
    const at = part.indexOf("=");
    return at < 0
      ? { key: part, value: undefined }
      : { key: part.slice(0, at), value: part.slice(at + 1) };
  });
}
