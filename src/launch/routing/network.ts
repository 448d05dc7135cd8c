/** Whether an address lies in a network, for `ipv4in` and `ipv6in`. */

/** @param network an address, with `/` and the bits of the prefix, or alone for itself */
export function inNetwork(address: string, network: string, bits: 32 | 128): boolean {
  const [base = "", prefixText] = network.split("/");
  const read = bits === 32 ? readV4 : readV6;
  const own = read(address);
  const net = read(base);
  const prefix = prefixText === undefined ? bits : Number(/^\d{1,3}$/.exec(prefixText)?.[0] ?? -1);
  if (own === undefined || net === undefined || prefix < 0 || prefix > bits) return false;
  const rest = BigInt(bits - prefix);
  return own >> rest === net >> rest;
}

function readV4(text: string): bigint | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return undefined;
  const bytes = text.split(".").map(Number);
  if (bytes.some((byte) => byte > 255)) return undefined;
  return bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
}

function readV6(text: string): bigint | undefined {
  const whole = text.replace(/\d+(?:\.\d+){3}$/, (v4) => {
    const value = readV4(v4);
    return value === undefined
      ? "x"
      : `${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`;
  });
  const halves = whole.split("::");
  if (halves.length > 2) return undefined;
  const [head = [], tail = []] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array<string>(missing).fill("0"), ...tail];
  if (!groups.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group))) return undefined;
  return groups.reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n);
}
