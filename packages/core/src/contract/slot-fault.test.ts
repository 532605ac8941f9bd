import { describe, expect, test } from 'vitest'
import { parseSlotFault, slotFaultText } from './slot-fault.ts'

const MIB = 1024 * 1024

describe('a planted fault', () => {
  test.each([
    ['work=200us', { kind: 'work', microseconds: 200 }, 'each record takes 200 us of CPU more'],
    ['work=1ms', { kind: 'work', microseconds: 1000 }, 'each record takes 1000 us of CPU more'],
    [
      'leak=1MiB/s',
      { kind: 'leak', bytesPerSecond: MIB },
      'each slot holds on to 1 MiB more of heap every second',
    ],
    ['hold=40MiB', { kind: 'hold', bytes: 40 * MIB }, 'each slot holds on to 40 MiB of heap'],
  ])('%s is read, and told', (text, fault, sentence) => {
    const read = parseSlotFault(text)
    expect(read).toEqual({ ok: true, value: fault })
    if (read.ok) expect(slotFaultText(read.value)).toBe(sentence)
  })

  test.each([
    '',
    'work',
    'work=',
    'work=200',
    'work=0us',
    'work=11ms',
    'work=-1us',
    'leak=1MiB',
    'leak=fast/s',
    'leak=0/s',
    'hold=0',
    'hold=much',
    'sleep=1s',
    'work=1us hold=1MiB',
  ])('"%s" is refused, with how to write it', (text) => {
    const read = parseSlotFault(text)
    expect(read.ok ? read.value : read.problem).toMatch(/write it as work=200us, leak=1MiB\/s or hold=40MiB$/)
  })
})
