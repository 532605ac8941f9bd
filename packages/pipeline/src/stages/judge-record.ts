import type { Judgement } from './judgement.ts'
import { parseRecord } from './parse-record.ts'
import type { RecordRules } from './record-rules.ts'
import { validateRecord } from './validate-record.ts'

/** Parses and validates the value of one record. Never throws; null is a record without a value. */
export function judgeRecord(
  value: Uint8Array | null,
  kafkaTimestampMs: number,
  rules: RecordRules,
): Judgement {
  const parsed = parseRecord(value)
  return 'fields' in parsed ? validateRecord(parsed.fields, kafkaTimestampMs, rules) : parsed
}
