import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Decimal,
  exceeds,
  LARGEST_UNITS,
  multiplyDecimals,
  parseDecimal,
  roundToFive,
  roundToTwo,
  roundToWhole,
} from './decimal.ts'

function read(raw: unknown): Decimal {
  const decimal = parseDecimal(raw)
  if (!decimal) throw new Error(`${String(raw)} was not read`)
  return decimal
}

describe('parseDecimal', () => {
  it.each([
    ['34.132', 3_413_200],
    ['-118.842', -11_884_200],
    [' 5 ', 500_000],
    ['+3', 300_000],
    ['.5', 50_000],
    ['5.', 500_000],
    ['-0', 0],
    ['-0.000001', 0],
    ['007.10', 710_000],
    ['1e-05', 1],
    ['1.5E2', 15_000_000],
    ['0.000005', 1],
    ['0.0000049999999999999999999', 0],
    ['-0.000005', -1],
    ['0.923283773449958', 92_328],
    [34.132, 3_413_200],
    [-0, 0],
    [1e-7, 0],
    [1e21, LARGEST_UNITS],
    ['99999999999999999999', LARGEST_UNITS],
    ['1e-999999', 0],
  ])('reads %j as %d hundred-thousandths', (raw, units) => {
    expect(roundToFive(read(raw))).toBe(units)
  })

  it.each([
    '',
    ' ',
    '.',
    '-',
    '+',
    'e5',
    '0x10',
    '0b1',
    '1_000',
    '1,5',
    'Infinity',
    '-Infinity',
    'NaN',
    '1e999',
    '1e',
    '- 5',
    '5 6',
    '464$GPR',
    '08312.4727,W',
    '٣',
    Number.NaN,
    Number.POSITIVE_INFINITY,
    true,
    false,
    null,
    undefined,
    [],
    [5],
    {},
  ])('does not take %j for a number', (raw) => {
    expect(parseDecimal(raw)).toBeUndefined()
  })

  it.each([
    [0.285, 29],
    [1.005, 101],
    [2.675, 268],
    [1.115, 112],
    [-1.005, -101],
    [0.125, 13],
    [8.345, 835],
    [0.284999, 28],
  ])('rounds %d half up on its decimal digits, as a number and as text', (value, hundredths) => {
    expect(roundToTwo(read(value))).toBe(hundredths)
    expect(roundToTwo(read(String(value)))).toBe(hundredths)
  })

  it('rounds to whole numbers from all digits, not from rounded ones', () => {
    expect(roundToWhole(read('0.495'))).toBe(0)
    expect(roundToTwo(read('0.495'))).toBe(50)
    expect(roundToWhole(read('0.5'))).toBe(1)
    expect(roundToWhole(read('0.4999999999999999999999999'))).toBe(0)
    expect(roundToWhole(read('-0.5'))).toBe(-1)
  })

  it('agrees with arithmetic on all digits', () => {
    const digits = fc
      .array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 12 })
      .map((list) => list.join(''))
    fc.assert(
      fc.property(fc.boolean(), digits, digits, (negative, whole, fraction) => {
        fc.pre(whole.replace(/^0+/, '').length <= 10)
        const text = `${negative ? '-' : ''}${whole}.${fraction}`
        const decimal = read(text)
        for (const [places, round] of [
          [5, roundToFive],
          [2, roundToTwo],
          [0, roundToWhole],
        ] as const) {
          const scaled = BigInt(`${whole}${fraction}`) * 10n ** BigInt(places)
          const unit = 10n ** BigInt(fraction.length)
          const magnitude = Number((2n * scaled + unit) / (2n * unit))
          expect(round(decimal)).toBe(negative ? 0 - magnitude : magnitude)
        }
      }),
    )
  })

  it('reads a number and its text alike', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(parseDecimal(value)).toEqual(parseDecimal(String(value)))
        const asExponent = read(value.toExponential())
        expect(roundToFive(asExponent)).toBe(roundToFive(read(value)))
      }),
    )
  })
})

describe('exceeds', () => {
  it('compares before rounding', () => {
    expect(exceeds(read('90'), 90)).toBe(false)
    expect(exceeds(read('90.0000000000000000000001'), 90)).toBe(true)
    expect(exceeds(read('-90.000001'), 90)).toBe(true)
    expect(exceeds(read('-1.000'), 1)).toBe(false)
    expect(exceeds(read('1e-400'), 0)).toBe(true)
  })
})

describe('multiplyDecimals', () => {
  it.each([
    ['0.15', 334, 5010],
    ['0.1', '334', 3340],
    ['-0.02', 334, -668],
    ['0.0000149700598803', 334, 1],
    ['1e3', 333.5, 33_350_000],
  ])('%s × %s', (left, right, hundredths) => {
    expect(roundToTwo(multiplyDecimals(left, right) as Decimal)).toBe(hundredths)
  })

  it('stands for the largest when the product overflows, and is undefined for no number', () => {
    expect(multiplyDecimals('1e308', 334)?.units).toBe(LARGEST_UNITS)
    expect(multiplyDecimals('x', 334)).toBeUndefined()
    expect(multiplyDecimals(`0.${'1'.repeat(100_000)}`, 334)?.units).toBe(3_711_111)
  })
})
