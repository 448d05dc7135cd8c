/** Room for the few bytes that a connection keeps for all of its life. */

const SLAB_BYTES = 4 * 1024;

/**
 * Cut from until it is used up. Node's own pool would do the same, but there the bytes of connections lie
 * between those of requests, so that each idle connection would keep a piece of 8 KiB alive.
 */
let slab = Buffer.alloc(0);

/** A copy of bytes that will be kept for long, beside others of the kind. */
export function keepBytes(bytes: Buffer): Buffer {
  if (bytes.length > slab.length) slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, bytes.length));
  const kept = slab.subarray(0, bytes.length);
  slab = slab.subarray(bytes.length);
  kept.set(bytes);
  return kept;
}
