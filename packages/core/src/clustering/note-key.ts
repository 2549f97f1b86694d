/**
 * 64 bits of a hash of a note's id and the moment its vector was written: the same key means the same vector. (Of
 * 100,000 notes two have the same key once in some billion accounts.)
 */
export function noteKey(noteId: string, embeddedAt: string): bigint {
  let low = 0x3c6ef372;
  let high = 0x1f83d9ab;
  const text = `${embeddedAt} ${noteId}`;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    low = Math.imul(low ^ unit, 0x9e3779b1 | 0);
    low ^= low >>> 15;
    high = Math.imul(high ^ unit, 0x5f356495);
    high ^= high >>> 13;
  }
  low = Math.imul(low ^ (high >>> 16), 0x85ebca6b | 0);
  high = Math.imul(high ^ (low >>> 13), 0xc2b2ae35 | 0);
  return (BigInt((high ^ (high >>> 16)) >>> 0) << 32n) | BigInt((low ^ (low >>> 16)) >>> 0);
}
