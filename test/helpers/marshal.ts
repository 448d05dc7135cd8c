/** Reads the part of CPython's marshal format that environs are written in. */

/** Decodes a dict of strings; `bytes` may go on behind it. */
export function unmarshal(bytes: Buffer): Record<string, string> {
  let at = 0;
  const text = (): string => {
    const type = String.fromCharCode(bytes.readUInt8(at++));
    let length: number;
    if (type === "z") {
      length = bytes.readUInt8(at++);
    } else {
      length = bytes.readUInt32LE(at);
      at += 4;
    }
    const part = bytes.subarray(at, at + length);
    at += length;
    if (type === "u") return part.toString("utf8");
    if (type !== "z" && type !== "a") throw new Error(`type ${type} at ${at}`);
    if (part.some((byte) => byte >= 0x80)) throw new Error("not ASCII");
    return part.toString("latin1");
  };
  if (bytes.readUInt8(at++) !== 0x7b) throw new Error("no dict");
  const dict: Record<string, string> = {};
  while (bytes.readUInt8(at) !== 0x30) {
    const key = text();
    dict[key] = text();
  }
  return dict;
}
