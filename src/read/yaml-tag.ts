/** Anchors, aliases, tags and directives: uWSGI has no use for them, but they must be well-formed. */
import type { YamlCursor } from "./yaml-cursor.ts";
import type { YamlFault, YamlMark } from "./yaml-token.ts";
import { yamlFault } from "./yaml-token.ts";

/** `&name` or `*name`; the cursor is at the sign. */
export function anchor(cursor: YamlCursor, kind: "anchor" | "alias"): YamlMark | YamlFault {
  const start = cursor.at;
  cursor.at++;
  skipName(cursor);
  const after = cursor.text[cursor.at] ?? "";
  if (cursor.at === start + 1 || !(cursor.isBlankOrEnd() || "?:,]}%@`".includes(after))) {
    const message = `a name of letters and digits must follow \`${cursor.text[start] ?? ""}\``;
    return yamlFault(
      start,
      start + 1,
      `${message}; put the value in quotes if the sign is part of it`,
    );
  }
  return { kind, start, end: cursor.at };
}

/** `!tag`, `!handle!tag` or `!<tag>`; the cursor is at the exclamation mark. */
export function tag(cursor: YamlCursor, flow: boolean): YamlMark | YamlFault {
  const start = cursor.at;
  const verbatim = cursor.is("<", 1);
  cursor.at += verbatim ? 2 : 1;
  let from = cursor.at;
  if (!verbatim) {
    skipName(cursor);
    // `!name!` and `!!` are handles, which something must follow.
    if (cursor.is("!")) {
      cursor.at++;
      from = cursor.at;
    } else {
      from = start;
    }
  }
  const isUri = skipUri(cursor, verbatim) && cursor.at > from;
  const closed = !verbatim || cursor.is(">");
  if (verbatim && closed) cursor.at++;
  const ended = cursor.isBlankOrEnd() || (flow && cursor.is(","));
  if (isUri && closed && ended) return { kind: "tag", start, end: cursor.at };
  const message = "a malformed tag; put the value in quotes if `!` is part of it";
  return yamlFault(start, start + 1, message);
}

/** `%YAML` or `%TAG` at the beginning of a line, with the line. */
export function directive(cursor: YamlCursor): YamlMark | YamlFault {
  const start = cursor.at;
  const found =
    /%(?:YAML[ \t]+\d{1,9}\.\d{1,9}|TAG[ \t]+!(?:[\w-]*!)?[ \t]+(?:[\w;/?:@&=+$.!~*'(),[\]-]|%[\da-fA-F]{2})+(?![^\s]))/y;
  found.lastIndex = start;
  if (found.test(cursor.text)) {
    cursor.at = found.lastIndex;
    cursor.skipBlanks();
    cursor.skipComment();
    if (cursor.isBreakOrEnd()) {
      cursor.takeBreak();
      return { kind: "directive", start, end: cursor.at };
    }
  }
  return yamlFault(
    start,
    start + 1,
    "a line cannot begin with `%`, unless with a directive of YAML",
  );
}

function skipName(cursor: YamlCursor): void {
  while (/^[\w-]$/.test(cursor.text[cursor.at] ?? "")) cursor.at++;
}

/** @returns false when a percent sign is not followed by two hexadecimal digits */
function skipUri(cursor: YamlCursor, verbatim: boolean): boolean {
  const allowed = verbatim ? /^[\w;/?:@&=+$.!~*'(),[\]-]$/ : /^[\w;/?:@&=+$.!~*'()-]$/;
  for (;;) {
    const character = cursor.text[cursor.at] ?? "";
    if (character === "%") {
      if (!/^%[\da-fA-F]{2}$/.test(cursor.text.slice(cursor.at, cursor.at + 3))) return false;
      cursor.at += 3;
    } else if (allowed.test(character)) {
      cursor.at++;
    } else {
      return true;
    }
  }
}
