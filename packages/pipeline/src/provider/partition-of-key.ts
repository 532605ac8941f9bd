/** The partition that the Java client gives a key: murmur2 over its bytes, without the sign bit, modulo the partitions. */
export function partitionOfKey(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions
}

/** Kafka's variant of MurmurHash2, seed 0x9747b28c, as a signed 32-bit integer. Source: org.apache.kafka.common.utils.Utils. */
export function murmur2(bytes: Uint8Array): number {
  const { length } = bytes
  const m = 0x5bd1e995
  let h = 0x9747b28c ^ length
  let at = 0
  for (; at + 4 <= length; at += 4) {
    let k =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)
    k = Math.imul(k, m)
    k ^= k >>> 24
    h = Math.imul(h, m) ^ Math.imul(k, m)
  }
  const left = length - at
  if (left >= 3) h ^= (bytes[at + 2] as number) << 16
  if (left >= 2) h ^= (bytes[at + 1] as number) << 8
  if (left >= 1) h = Math.imul(h ^ (bytes[at] as number), m)
  h ^= h >>> 13
  h = Math.imul(h, m)
  return h ^ (h >>> 15)
}
