import { type Flag, LEVELS } from '@radtune/core/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { processedValue, type Valid } from '../stages/index.ts'
import { parseReading } from './decode-reading.ts'
import { IncomingReading } from './incoming-reading.ts'
import { scanReading } from './scan-reading.ts'

const id = fc.option(fc.stringMatching(/^[\w .:-]{0,30}$/), { nil: undefined })
const valid: fc.Arbitrary<Valid> = fc.record({
  kind: fc.constant('valid' as const),
  lat5: fc.integer({ min: -9_000_000, max: 9_000_000 }),
  lon5: fc.integer({ min: -18_000_000, max: 18_000_000 }),
  cpm: fc.integer({ min: 1, max: 1_000_000 }),
  cpm100: fc.constant(100),
  instantUs: fc
    .integer({ min: 0, max: 4_000_000_000 })
    .map((seconds) => seconds * 1_000_000 + (seconds % 3) * 1234),
  level: fc.constantFrom(...LEVELS),
  critical: fc.boolean(),
  usvh: fc.nat(1_000_000).map((units) => units / 10_000),
  basis: fc.constantFrom('measured', 'lnd7317-default'),
  deviceId: id,
  loaderId: id,
  flags: fc.constantFrom<Flag[]>([], ['converted']),
})

const seen = (value: Buffer, read: typeof scanReading) => {
  const into = new IncomingReading()
  return read(value, into) ? into.toPoint() : undefined
}

describe('a value as workers write it', () => {
  test('is scanned, and says what its JSON says', () => {
    fc.assert(
      fc.property(valid, (reading) => {
        const value = Buffer.from(processedValue(reading))
        const scanned = seen(value, scanReading)
        expect(scanned).toBeDefined()
        expect(scanned).toEqual(seen(value, parseReading))
      }),
    )
  })

  test('with any byte changed, added or left out is either left to the parser or says what its JSON says', () => {
    const change = fc.record({
      at: fc.nat(400),
      byte: fc.constantFrom(...'0919.-eE"\\{}[],: x'),
      how: fc.nat(2),
    })
    fc.assert(
      fc.property(valid, fc.array(change, { minLength: 1, maxLength: 2 }), (reading, changes) => {
        let json = processedValue(reading)
        for (const { at, byte, how } of changes)
          json = json.slice(0, at) + (how === 2 ? '' : byte) + json.slice(at + (how === 1 ? 0 : 1))
        const value = Buffer.from(json)
        const scanned = seen(value, scanReading)
        if (scanned) expect(scanned).toEqual(seen(value, parseReading))
      }),
      { numRuns: 3000 },
    )
  })
})
