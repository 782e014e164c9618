/**
 * 64 bits as 16 hex characters: FNV-1a with two primes, mixed at the end. Not against anybody who wants two
 * texts to look the same, but made at once, where SHA-256 would make every append wait for another thread.
 */
export function digestOf(bytes: Uint8Array): string {
  let [a, b] = [0x811c9dc5, 0x9747b28c]
  for (const byte of bytes) {
    a = Math.imul(a ^ byte, 0x01000193)
    b = Math.imul(b ^ byte, 0x5bd1e995)
  }
  return hex(mixed(a ^ (b >>> 15), bytes.length)) + hex(mixed(b ^ (a >>> 13), ~bytes.length))
}

function mixed(hash: number, length: number): number {
  let h = hash ^ length
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

function hex(number: number): string {
  return number.toString(16).padStart(8, '0')
}
