import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DuplicateWindow, hashReading, type ReadingKey } from './deduplicate.ts'

/** The definition: the same key at one of the previous W offsets, refreshed by duplicates. */
function naiveWindow(windowOffsets: number) {
  const lastAt = new Map<string, number>()
  return (offset: number, key: string): boolean => {
    const before = lastAt.get(key)
    lastAt.set(key, offset)
    return before !== undefined && offset - before <= windowOffsets
  }
}

describe('DuplicateWindow', () => {
  it('counts exactly W offsets back, and a duplicate refreshes', () => {
    const window = new DuplicateWindow(3)
    expect(window.seen(10, 1, 1)).toBe(false)
    expect(window.seen(13, 1, 1)).toBe(true)
    expect(window.seen(16, 1, 1)).toBe(true)
    expect(window.seen(20, 1, 1)).toBe(false)
  })

  it('does not take a window of 0 or a key of 0 amiss', () => {
    const none = new DuplicateWindow(0)
    expect([none.seen(1, 5, 5), none.seen(2, 5, 5)]).toEqual([false, false])
    const one = new DuplicateWindow(1)
    expect([one.seen(0, 0, 0), one.seen(1, 0, 0), one.seen(3, 0, 0)]).toEqual([false, true, false])
  })

  it('begins anew when offsets go back, as after a seek', () => {
    const window = new DuplicateWindow(100)
    window.seen(50, 7, 7)
    expect(window.seen(40, 7, 7)).toBe(false)
    expect(window.seen(41, 7, 7)).toBe(true)
  })

  it('agrees with the definition, whatever comes, in windows of every size', () => {
    const step = fc.record({
      skip: fc.oneof(
        { weight: 8, arbitrary: fc.constant(1) },
        { weight: 2, arbitrary: fc.integer({ min: 1, max: 60 }) },
      ),
      // Few keys, and few different low halves, so that searches collide.
      high: fc.integer({ min: 0, max: 20 }),
      low: fc.constantFrom(0, 1, 15, 16, 31, 0xffffffff),
    })
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 40 }),
        fc.array(step, { maxLength: 400 }),
        (windowOffsets, steps) => {
          const window = new DuplicateWindow(windowOffsets)
          const naive = naiveWindow(windowOffsets)
          let offset = 0
          for (const { skip, high, low } of steps) {
            offset += skip
            const key = high === 0 && low === 0 ? '0/1' : `${high}/${low}`
            expect(window.seen(offset, high, low)).toBe(naive(offset, key))
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  it('agrees with it while the ring grows and after it is full', () => {
    const windowOffsets = 5000
    const window = new DuplicateWindow(windowOffsets)
    const naive = naiveWindow(windowOffsets)
    let state = 1
    let offset = 3_000_000_000
    for (let count = 0; count < 60_000; count += 1) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      offset += state % 100 < 97 ? 1 : state % 1500
      const key = (state >>> 8) % 9000
      expect(window.seen(offset, key, key >>> 3)).toBe(naive(offset, String(key)))
    }
  })

  it('grows with what it holds, to 13.2 bytes for each of 200,000 offsets', () => {
    const window = new DuplicateWindow(200_000)
    expect(window.bytes).toBeLessThan(32_000)
    for (let offset = 0; offset < 200_001; offset += 1)
      window.seen(offset, offset, Math.imul(offset, 0x9e3779b1) >>> 0)
    expect(window.bytes / 200_000).toBeLessThan(13.3)
  })
})

describe('hashReading', () => {
  it('gives different readings different keys, however alike they are', () => {
    const keys = new Set<bigint>()
    const key: ReadingKey = { high: 0, low: 0 }
    const highs = new Set<number>()
    let count = 0
    for (let lat5 = -20; lat5 < 20; lat5 += 1) {
      for (let lon5 = 0; lon5 < 20; lon5 += 1) {
        for (let cpm100 = 100; cpm100 < 2100; cpm100 += 100) {
          for (let second = 0; second < 20; second += 1) {
            hashReading({ lat5, lon5, cpm100, instantUs: 1_580_515_126_000_000 + second * 1_000_000 }, key)
            keys.add((BigInt(key.high) << 32n) | BigInt(key.low))
            highs.add(key.high)
            count += 1
          }
        }
      }
    }
    expect(keys.size).toBe(count)
    // Chance alone leaves n²/2³³ = 12 collisions among 320,000 halves.
    expect(count - highs.size).toBeLessThan(60)
  })

  it('looks at every part, also beyond 32 bits', () => {
    const base = { lat5: 3_413_200, lon5: -11_884_200, cpm100: 2700, instantUs: 1_580_515_126_000_000 }
    const keyOf = (reading: typeof base) => {
      const key: ReadingKey = { high: 0, low: 0 }
      hashReading(reading, key)
      return `${key.high}/${key.low}`
    }
    const variants = [
      base,
      { ...base, lat5: -3_413_200 },
      { ...base, lon5: 11_884_200 },
      { ...base, lat5: base.lon5, lon5: base.lat5 },
      { ...base, cpm100: 2701 },
      { ...base, cpm100: 2700 + 2 ** 32 },
      { ...base, instantUs: base.instantUs + 1 },
      { ...base, instantUs: base.instantUs + 2 ** 32 },
    ]
    expect(new Set(variants.map(keyOf)).size).toBe(variants.length)
  })
})
