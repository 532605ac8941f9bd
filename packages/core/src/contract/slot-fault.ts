import { formatBytes, type Parsed, parseBytes, parsed, refused } from '../units/index.ts'

/** Something wrong that is planted in every slot of a worker, so that a test or a demo has something to find. */
export type SlotFault =
  /** Each record takes so much CPU beside the stages. */
  | { kind: 'work'; microseconds: number }
  /** So much more is held on the V8 heap each second, for ever. */
  | { kind: 'leak'; bytesPerSecond: number }
  /** So much is held on the V8 heap from the start. */
  | { kind: 'hold'; bytes: number }

const FORMS = 'write it as work=200us, leak=1MiB/s or hold=40MiB'
/** A record that takes longer than this keeps its slot from the group. */
const MOST_WORK_US = 10_000

/** Reads `work=200us`, `work=1ms`, `leak=1MiB/s`, `hold=40MiB`. Work is 1 us to 10 ms, the others are more than 0. */
export function parseSlotFault(text: string): Parsed<SlotFault> {
  const [, kind, amount = ''] = /^(work|leak|hold)=(.+)$/.exec(text.trim()) ?? []
  switch (kind) {
    case 'work':
      return parseWork(amount)
    case 'leak': {
      const bytes = /\/s$/.test(amount) ? parseHeld(amount.slice(0, -2)) : refused(`"${text}" is no rate`)
      return bytes.ok ? parsed({ kind, bytesPerSecond: bytes.value }) : refused(`${bytes.problem}; ${FORMS}`)
    }
    case 'hold': {
      const bytes = parseHeld(amount)
      return bytes.ok ? parsed({ kind, bytes: bytes.value }) : refused(`${bytes.problem}; ${FORMS}`)
    }
    default:
      return refused(`"${text}" is not a fault; ${FORMS}`)
  }
}

/** What it does, in the words of a sentence: `each record takes 200 us of CPU more`. */
export function slotFaultText(fault: SlotFault): string {
  switch (fault.kind) {
    case 'work':
      return `each record takes ${fault.microseconds} us of CPU more`
    case 'leak':
      return `each slot holds on to ${formatBytes(fault.bytesPerSecond)} more of heap every second`
    case 'hold':
      return `each slot holds on to ${formatBytes(fault.bytes)} of heap`
  }
}

function parseWork(amount: string): Parsed<SlotFault> {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(us|ms)$/.exec(amount) ?? []
  if (number === undefined) return refused(`"${amount}" is not a time; ${FORMS}`)
  const microseconds = Number(number) * (unit === 'ms' ? 1000 : 1)
  return microseconds >= 1 && microseconds <= MOST_WORK_US
    ? parsed({ kind: 'work', microseconds })
    : refused(`"${amount}" is not within 1 us to 10 ms; ${FORMS}`)
}

function parseHeld(amount: string): Parsed<number> {
  const bytes = parseBytes(amount)
  return bytes.ok && bytes.value === 0 ? refused(`"${amount}" is nothing`) : bytes
}
