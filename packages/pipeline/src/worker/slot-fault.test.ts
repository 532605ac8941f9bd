import { setTimeout as delay } from 'node:timers/promises'
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { plantSlotFault, readSlotFault } from './slot-fault.ts'

const MIB = 1024 * 1024

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function heapBytes(): number {
  collectGarbage()
  return getHeapStatistics().used_heap_size
}

describe('a fault in a slot', () => {
  it('is there only when the environment asks for it', () => {
    expect(readSlotFault({})).toBeUndefined()
    expect(readSlotFault({ RADTUNE_SLOT_FAULT: '' })).toBeUndefined()
    expect(readSlotFault({ RADTUNE_SLOT_FAULT: 'work=200us' })).toEqual({ kind: 'work', microseconds: 200 })
    expect(() => readSlotFault({ RADTUNE_SLOT_FAULT: 'sleep=1s' })).toThrow(
      /RADTUNE_SLOT_FAULT: "sleep=1s" is not a fault/,
    )
  })

  it('work takes CPU with each record, in proportion', () => {
    const cpuMs = (microseconds: number) => {
      const { perRecord = () => undefined } = plantSlotFault({ kind: 'work', microseconds })
      const before = process.cpuUsage()
      for (let record = 0; record < 500; record += 1) perRecord()
      const { user, system } = process.cpuUsage(before)
      return (user + system) / 1000
    }
    // What is asked for is 50 and 500 ms. A busy machine makes both dearer, and neither cheaper.
    const [little, much] = [cpuMs(100), cpuMs(1000)]
    expect(little).toBeGreaterThan(35)
    expect(much).toBeGreaterThan(350)
    expect(much / little).toBeGreaterThan(3)
  })

  it('hold keeps about as much heap as it says, until it is stopped', () => {
    const before = heapBytes()
    const fault = plantSlotFault({ kind: 'hold', bytes: 24 * MIB })
    const held = heapBytes() - before
    expect(held / MIB).toBeGreaterThan(20)
    expect(held / MIB).toBeLessThan(28)
    expect(fault.perRecord).toBeUndefined()
    fault.stop()
    expect((heapBytes() - before) / MIB).toBeLessThan(4)
  })

  it('leak keeps more and more, by the time that has passed', async () => {
    const before = heapBytes()
    const startedAt = performance.now()
    const fault = plantSlotFault({ kind: 'leak', bytesPerSecond: 20 * MIB })
    await delay(700)
    const leaked = (heapBytes() - before) / MIB
    const seconds = (performance.now() - startedAt) / 1000
    fault.stop()
    expect(leaked).toBeGreaterThan(5)
    expect(leaked).toBeLessThan(24 * seconds)
  })
})
