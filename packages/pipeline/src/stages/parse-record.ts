import { isUtf8 } from 'node:buffer'
import { type Dirty, dirty } from './judgement.ts'

/** Reads the value of a record: a JSON object in UTF-8, or dirty for the reason `json`. Never throws. */
export function parseRecord(value: Uint8Array | null): { fields: Record<string, unknown> } | Dirty {
  if (value === null) return dirty('json', 'the record has no value')
  const text = textOf(value)
  if (text === undefined) return dirty('json', 'the value is not UTF-8 text')
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return dirty('json', value.length === 0 ? 'the value is empty' : 'the value is not JSON')
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    return dirty('json', `the value is ${nameOfJson(parsed)}, not an object`)
  }
  return { fields: parsed as Record<string, unknown> }
}

/** The text of UTF-8 bytes; undefined when they are not. */
export function textOf(value: Uint8Array): string | undefined {
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  const text = bytes.toString('utf8')
  // Decoding puts U+FFFD where bytes are wrong, but the text may also hold one of its own.
  return text.includes('\uFFFD') && !isUtf8(bytes) ? undefined : text
}

function nameOfJson(parsed: unknown): string {
  if (parsed === null) return 'null'
  return Array.isArray(parsed) ? 'an array' : `a ${typeof parsed}`
}
