/** `<?xml version="1.0" encoding="UTF-8"?>` */
import type { XmlFault, XmlMarkup } from "./xml-markup.ts";

const pattern =
  /^<\?xml\s+version\s*=\s*(?<version>"[^"<&]*"|'[^'<&]*')(?:\s+encoding\s*=\s*(?<encoding>"[A-Za-z][\w.-]*"|'[A-Za-z][\w.-]*'))?(?:\s+standalone\s*=\s*(?:"(?:yes|no)"|'(?:yes|no)'))?\s*\?>$/d;

/** Names of encodings in which text that is ASCII reads the same. */
const asciiBased =
  /^(?:us-?ascii|ascii|latin-?\d+|iso[-_]?8859[-_]\d+|windows-125\d|cp125\d|koi8-[ru])$/i;

/** The longest declaration that is looked at. */
const maxLength = 1000;

/**
 * Judges a declaration. libxml2 takes its word for the encoding, so a text that says it is Latin-1 and is
 * UTF-8 would be read as other characters.
 */
export function xmlDeclaration(text: string, start: number, end: number): XmlMarkup {
  if (text.slice(0, start).replace("\ufeff", "") !== "") {
    const help = "take out what stands before it, blank lines too";
    return fault(start, start + 5, "`<?xml` must be the very first in the file", help);
  }
  const found = pattern.exec(text.slice(start, Math.min(end, start + maxLength)));
  if (!found?.groups) {
    const help = 'write `<?xml version="1.0" encoding="UTF-8"?>`';
    return fault(start, start + 5, "a malformed XML declaration", help);
  }
  const version = found.groups["version"]?.slice(1, -1) ?? "";
  const [from = 0, to = 0] = found.indices?.groups?.["version"] ?? [];
  if (!/^1\.\d+$/.test(version)) {
    return fault(
      start + from + 1,
      start + to - 1,
      `version \`${version}\` of XML is not known`,
      'write `version="1.0"`',
    );
  }
  return encodingFault(text, start, found) ?? { kind: "declaration", start, end };
}

function encodingFault(text: string, start: number, found: RegExpExecArray): XmlFault | undefined {
  const encoding = found.groups?.["encoding"]?.slice(1, -1);
  const range = found.indices?.groups?.["encoding"];
  if (encoding === undefined || !range || /^utf-?8$/i.test(encoding)) return undefined;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant
  if (asciiBased.test(encoding) && !/[^\x00-\x7f]/.test(text)) return undefined;
  const message = `the text says that it is \`${encoding}\` and is UTF-8: uWSGI would misread it`;
  return fault(start + range[0] + 1, start + range[1] - 1, message, 'write `encoding="UTF-8"`');
}

function fault(start: number, end: number, message: string, help?: string): XmlFault {
  return { kind: "fault", start, end, message, ...(help === undefined ? {} : { help }) };
}
