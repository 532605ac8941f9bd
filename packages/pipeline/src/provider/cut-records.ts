/** A record longer than this has a quote that is never closed, or is no CSV. */
export const MAX_RECORD_BYTES = 64 * 1024

/** Where the record at some position ends. `firstLineEnd` and `end` are behind the line break. */
export type Cut =
  | { kind: 'record' | 'unclosed' | 'overlong'; end: number; firstLineEnd: number }
  | { kind: 'unfinished' }

/**
 * Finds the end of the record that begins at `at`: the first line break outside of quotes. `unclosed` when quotes stay open
 * beyond 64 KiB or the end of the data, `overlong` when its first line alone is that long.
 */
export function cutRecord(bytes: Uint8Array, at: number, final: boolean): Cut {
  const limit = Math.min(bytes.length, at + MAX_RECORD_BYTES + 1)
  let open = false
  let firstLineEnd = -1
  for (let index = at; index < limit; index += 1) {
    const byte = bytes[index]
    if (byte === QUOTE) open = !open
    else if (byte === LINE_BREAK) {
      if (firstLineEnd === -1) firstLineEnd = index + 1
      if (!open) return { kind: 'record', end: index + 1, firstLineEnd }
    }
  }
  if (limit < bytes.length || (final && limit - at > MAX_RECORD_BYTES))
    return beyondLimit(bytes, firstLineEnd, limit, final)
  if (!final) return { kind: 'unfinished' }
  if (firstLineEnd === -1) firstLineEnd = bytes.length
  return { kind: open ? 'unclosed' : 'record', end: bytes.length, firstLineEnd }
}

/**
 * Finds the end of the last complete record from `at` on, taking quotes at their word. `quoted` says whether there is a
 * quote at all, `overlong` whether one of the records is longer than 64 KiB.
 */
export function lastRecordEnd(
  bytes: Buffer,
  at: number,
  final: boolean,
): { end: number; quoted: boolean; overlong: boolean } {
  if (bytes.indexOf(QUOTE, at) === -1) {
    return {
      end: final ? bytes.length : Math.max(at, bytes.lastIndexOf(LINE_BREAK) + 1),
      quoted: false,
      overlong: false,
    }
  }
  let open = false
  let end = at
  let overlong = false
  for (let index = at; index < bytes.length; index += 1) {
    const byte = bytes[index]
    if (byte === QUOTE) open = !open
    else if (byte === LINE_BREAK && !open) {
      if (index - end > MAX_RECORD_BYTES) overlong = true
      end = index + 1
    }
  }
  if (bytes.length - end > MAX_RECORD_BYTES) overlong = true
  return { end: final && !open ? bytes.length : end, quoted: true, overlong }
}

const QUOTE = 0x22
const LINE_BREAK = 0x0a

function beyondLimit(bytes: Uint8Array, firstLineEnd: number, limit: number, final: boolean): Cut {
  if (firstLineEnd !== -1) return { kind: 'unclosed', end: firstLineEnd, firstLineEnd }
  const lineBreak = bytes.indexOf(LINE_BREAK, limit)
  if (lineBreak !== -1) return { kind: 'overlong', end: lineBreak + 1, firstLineEnd: lineBreak + 1 }
  return final ? { kind: 'overlong', end: bytes.length, firstLineEnd: bytes.length } : { kind: 'unfinished' }
}
