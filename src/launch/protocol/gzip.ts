/** gzip (RFC 1952) in parts: each can be unpacked as soon as it has come, and all are one stream. */
import { constants, deflateRawSync } from "node:zlib";

/** Deflate, no extras, no time, unknown system. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
/** An empty last block of fixed codes (RFC 1951 3.2.3). */
const LAST_BLOCK = Buffer.from([0x03, 0x00]);
/** How far back deflate can refer. */
const WINDOW_BYTES = 32 * 1024;
const NOTHING = Buffer.alloc(0);

/**
 * Compresses one part after the other, at once. A part is a run of deflate blocks that ends on a byte, and
 * the window goes on from the part before, so nothing has to be kept but that.
 */
export class PartGzip {
  #begun = false;
  #crc = 0xffffffff;
  #size = 0;
  #window = NOTHING;

  /** The next bytes of the stream; `last` ends it. */
  push(part: Buffer, last: boolean): Buffer {
    const pieces: Buffer[] = [];
    if (!this.#begun) pieces.push(HEADER);
    this.#begun = true;
    if (part.length > 0) {
      const finishFlush = constants.Z_SYNC_FLUSH;
      const dictionary = this.#window;
      pieces.push(
        deflateRawSync(part, dictionary.length > 0 ? { finishFlush, dictionary } : { finishFlush }),
      );
      this.#crc = crc32(this.#crc, part);
      this.#size = (this.#size + part.length) % 2 ** 32;
    }
    if (last) pieces.push(LAST_BLOCK, this.#trailer());
    else if (part.length > 0) this.#remember(part);
    return Buffer.concat(pieces);
  }

  #trailer(): Buffer {
    const trailer = Buffer.alloc(8);
    trailer.writeUInt32LE((this.#crc ^ 0xffffffff) >>> 0, 0);
    trailer.writeUInt32LE(this.#size, 4);
    return trailer;
  }

  /** Copied, because the part is only lent. */
  #remember(part: Buffer): void {
    const end = part.subarray(-WINDOW_BYTES);
    const before = this.#window.subarray(-(WINDOW_BYTES - end.length) || WINDOW_BYTES);
    this.#window = Buffer.concat([before, end]);
  }
}

const TABLE = Int32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c;
});

/** RFC 1952 8; node:zlib has it from 20.15 on only. */
function crc32(crc: number, data: Buffer): number {
  let c = crc;
  for (let i = 0; i < data.length; i++) {
    c = (TABLE[(c ^ (data[i] as number)) & 0xff] as number) ^ (c >>> 8);
  }
  return c;
}
