/** What names the file itself, and so means something else, or nothing, once its format is another. */
import type { Report } from "../../diagnostic.ts";
import type { Entry } from "../../read/entry.ts";
import type { Format } from "../../read/read.ts";
import { keptLetters, showMagic } from "./keep-magic.ts";

/**
 * Warns of the magic variables that hold the file's name, and of `ini = :section`, which reads the ini
 * file that was read last.
 */
export function ownReferences(
  entries: readonly Entry[],
  from: Format,
  to: Format,
  report: Report,
): void {
  if (from === to) return;
  let otherIni = false;
  for (const entry of entries) {
    const { key, value, keySpan, valueSpan } = entry;
    const span = valueSpan.end > valueSpan.start ? valueSpan : keySpan;
    if (key === "ini" && !value.startsWith(":")) otherIni = true;
    if (from === "ini" && key === "ini" && value.startsWith(":") && !otherIni) {
      report({
        rule: "own-section",
        severity: "warning",
        message: `\`ini = ${showMagic(value)}\` is a section of this file, which a ${to.toUpperCase()} file cannot name so`,
        span,
        help: `write \`ini = FILE${showMagic(value)}\` and keep that file`,
      });
    }
    const letter = keptLetters(key + value).find((kept) => nameLetters.includes(kept));
    if (letter === undefined) continue;
    report({
      rule: "file-name-variable",
      severity: "warning",
      message: `\`%${letter}\` depends on the name of the file, and the new file has another`,
      span,
    });
  }
}

/** File name, path, ending, inode and hash of the path, of this file or of the first. */
const nameLetters = "osepijOSEPIJ";
