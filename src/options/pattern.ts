/** Regular expressions of options. uWSGI's are PCRE's; those that JavaScript reads the same way are taken. */
import { expected, type Parsed, parsed } from "./value.ts";

/** The options that PCRE lets stand before an expression and that mean the same in JavaScript. */
const leading = /^\(\?([ims]+)\)/;

/**
 * Compiles an expression. A leading `(?i)` (`m`, `s` as well) becomes a flag, and punctuation may be escaped
 * where that is not needed. What JavaScript does not have, or would read another way, such as `\A`, `(?P<n>`,
 * possessive quantifiers and `[[:alpha:]]`, is not taken.
 */
export function parsePattern(text: string): Parsed<RegExp> {
  const flags = leading.exec(text)?.[1] ?? "";
  const rest = flags === "" ? text : text.slice(flags.length + 3);
  if (/\[\^?\[:/.test(rest)) return expected("no class such as `[[:alpha:]]`: write `[A-Za-z]`");
  try {
    return parsed(new RegExp(plain(rest), [...new Set(`${flags}u`)].join("")));
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message : String(error);
    return expected(`a regular expression of JavaScript (${reason.replace(/^.*: /s, "")})`);
  }
}

/** Without the backslashes that are not needed, which the strict reading (flag `u`) does not take. */
function plain(text: string): string {
  let inClass = false;
  return text.replace(/\\.|[[\]]/gsu, (part) => {
    if (part === "[") inClass = true;
    else if (part === "]") inClass = false;
    else if (part === "\\-") return inClass ? part : "-";
    else if (/^\\[^\w^$\\.*+?()[\]{}|/]$/u.test(part) || part === "\\_") return part.slice(1);
    return part;
  });
}
