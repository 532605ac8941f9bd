import { DuplicateWindow } from './deduplicate.ts'
import { type PartitionState, processRecord, type StageInput } from './process-record.ts'
import type { RecordRules } from './record-rules.ts'
import { createStageTimes } from './stage-times.ts'

const WINDOW = 1024

/**
 * Sends made-up records of all kinds through all stages, `count` at each call, so that V8 has compiled them before the first real
 * one comes. What they leave behind is thrown away with the returned function.
 */
export function createStageWarmer(rules: RecordRules): (count: number) => void {
  // As a real partition's state is built: V8 tells objects apart by the order of their fields.
  const state: PartitionState = { window: new DuplicateWindow(WINDOW), rules, stages: createStageTimes() }
  let offset = 0
  return (count) => {
    for (const end = offset + count; offset < end; offset += 1)
      processRecord(state, { offset, ...madeUpRecord(offset) })
  }
}

const TIMESTAMP_MS = Date.parse('2020-02-01T00:00:00Z')

/** Record number `index` of those. */
export function madeUpRecord(index: number): Pick<StageInput, 'timestampMs' | 'value'> {
  return { timestampMs: TIMESTAMP_MS, value: Buffer.from(madeUp(index)) }
}

/** An odd number whose multiples are scattered (2^32 ÷ the golden ratio). */
const SCATTER = 0x9e3779b1

/** Mostly valid, as text and as numbers; each sixteenth of another kind of dirt or a duplicate. */
function madeUp(index: number): string {
  const at = (part: number) => (Math.imul(index + part, SCATTER) >>> 8) % 100_000
  const reading = {
    latitude: `${(at(7919) % 90) + 0.125}`,
    longitude: -(at(104_729) % 180) - 0.25,
    value: `${index % 3 === 0 ? (at(31) % 1200) / 250 : at(31) % 1200}`,
    unit: index % 3 === 0 ? 'usv' : 'cpm',
    captured_time: `2020-01-31 23:${String(at(13) % 60).padStart(2, '0')}:${String(at(17) % 60).padStart(2, '0')}.${index % 1000}`,
    device_id: `${at(65_537)}`,
  }
  switch (index % 16) {
    case 1:
      return JSON.stringify({ ...reading, unit: 'celcius' })
    case 5:
      return JSON.stringify({ ...reading, value: '0' })
    case 9:
      return JSON.stringify({ ...reading, latitude: '0', longitude: '0' })
    case 13:
      return madeUp(index - 1)
    default:
      return JSON.stringify(reading)
  }
}
