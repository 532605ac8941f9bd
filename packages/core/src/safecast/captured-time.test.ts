import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatInstantDump, formatInstantIso, parseCapturedTime } from './captured-time.ts'

describe('parseCapturedTime', () => {
  it.each([
    ['2020-01-31 23:58:46', '2020-01-31T23:58:46.000Z', 0],
    ['2020-01-31 23:58:46.5', '2020-01-31T23:58:46.500Z', 0],
    ['2012-05-01 02:11:40.123456', '2012-05-01T02:11:40.123Z', 456],
    ['2012-05-01 02:11:40.123456789', '2012-05-01T02:11:40.123Z', 456],
    ['2020-02-29T00:00:00Z', '2020-02-29T00:00:00.000Z', 0],
    ['2020-02-29T00:00:00.000001Z', '2020-02-29T00:00:00.000Z', 1],
    ['2020-02-29T00:00:00', '2020-02-29T00:00:00.000Z', 0],
    ['2020/02/29 12:34:56 +0000', '2020-02-29T12:34:56.000Z', 0],
    ['2020/02/29 12:34:56', '2020-02-29T12:34:56.000Z', 0],
    [' 2020-01-31 23:58:46\t', '2020-01-31T23:58:46.000Z', 0],
    ['2000-02-29 00:00:00', '2000-02-29T00:00:00.000Z', 0],
    ['1969-12-31 23:59:59', '1969-12-31T23:59:59.000Z', 0],
  ])('reads %j', (text, iso, micros) => {
    expect(parseCapturedTime(text)).toBe(Date.parse(iso) * 1000 + micros)
  })

  it.each([
    '',
    '2000-00-00T10:12:54Z',
    '2020-00-10 00:00:00',
    '2020-01-00 00:00:00',
    '2020-13-01 00:00:00',
    '2020-02-30 00:00:00',
    '2019-02-29 00:00:00',
    '1900-02-29 00:00:00',
    '2020-04-31 00:00:00',
    '2020-01-01 24:00:00',
    '2020-01-01 23:60:00',
    '2020-01-01 23:59:60',
    '19-11-02 08:30:00',
    '201-11-02 08:30:00',
    '2020-1-1 08:30:00',
    '2020-01-01',
    '2020-01-01 08:30',
    '2020-01-01 08:30:00.',
    '2020-01-01 08:30:00.12x',
    '2020-01-01 08:30:00Z',
    '2020-01-01T08:30:00+09:00',
    '2020-01-01T08:30:00z',
    '2020/01/01 08:30:00 +0900',
    '2020/01/01T08:30:00Z',
    '2020/01-01 08:30:00',
    '2020-01-01  08:30:00',
    '1580515126',
    '２０２０-01-01 08:30:00',
  ])('refuses %j', (text) => {
    expect(parseCapturedTime(text)).toBeNaN()
  })

  it('agrees with the calendar of the platform on every day', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('0001-01-01'), max: new Date('2255-01-01'), noInvalidDate: true }),
        (date) => {
          expect(parseCapturedTime(date.toISOString())).toBe(date.getTime() * 1000)
        },
      ),
    )
  })

  it('reads back what it prints, to the microsecond', () => {
    fc.assert(
      fc.property(fc.integer({ min: -60_000_000_000_000_000, max: 8_900_000_000_000_000 }), (instantUs) => {
        fc.pre(Number.isSafeInteger(instantUs))
        expect(parseCapturedTime(formatInstantIso(instantUs))).toBe(instantUs)
        expect(parseCapturedTime(formatInstantDump(instantUs))).toBe(instantUs)
      }),
    )
  })

  it('never throws', () => {
    const nearly = fc
      .array(fc.constantFrom(...'0123456789-/: TZ.+x福'), { maxLength: 40 })
      .map((parts) => parts.join(''))
    fc.assert(fc.property(nearly, (text) => void parseCapturedTime(text)))
  })
})

it('prints fractions only where there are some', () => {
  expect(formatInstantIso(1_580_515_126_000_000)).toBe('2020-01-31T23:58:46Z')
  expect(formatInstantIso(1_580_515_126_500_000)).toBe('2020-01-31T23:58:46.500Z')
  expect(formatInstantIso(1_580_515_126_000_001)).toBe('2020-01-31T23:58:46.000001Z')
  expect(formatInstantDump(1_580_515_126_000_000)).toBe('2020-01-31 23:58:46')
})
