/** The characters of XML 1.0 (fifth edition), sections 2.2 and 2.3, by UTF-16 unit. */

/** Whether a unit may stand in a text; halves of pairs may, for a decoded text has only whole pairs. */
export function isXmlCharacter(unit: number): boolean {
  if (unit < 0x20) return unit === 0x9 || unit === 0xa || unit === 0xd;
  return unit < 0xfffe;
}

/** The end of the name that begins at an offset, or the offset itself when there is none. */
export function nameEnd(text: string, start: number): number {
  let at = start;
  for (let point = text.codePointAt(at); point !== undefined; point = text.codePointAt(at)) {
    if (!(isNameStart(point) || (at > start && isNameRest(point)))) break;
    at += point > 0xffff ? 2 : 1;
  }
  return at;
}

/** Beyond ASCII: first and last code point of each range in which a name may begin. */
const startRanges: readonly (readonly [number, number])[] = [
  [0xc0, 0xd6],
  [0xd8, 0xf6],
  [0xf8, 0x2ff],
  [0x370, 0x37d],
  [0x37f, 0x1fff],
  [0x200c, 0x200d],
  [0x2070, 0x218f],
  [0x2c00, 0x2fef],
  [0x3001, 0xd7ff],
  [0xf900, 0xfdcf],
  [0xfdf0, 0xfffd],
  [0x10000, 0xeffff],
];

function isNameStart(point: number): boolean {
  if (point < 0x80) {
    const lower = point | 0x20;
    return (lower >= 0x61 && lower <= 0x7a) || point === 0x5f || point === 0x3a;
  }
  return startRanges.some(([first, last]) => point >= first && point <= last);
}

function isNameRest(point: number): boolean {
  if (point < 0x80) return (point >= 0x30 && point <= 0x39) || point === 0x2d || point === 0x2e;
  return (
    point === 0xb7 || (point >= 0x300 && point <= 0x36f) || point === 0x203f || point === 0x2040
  );
}
