import { describe, expect, it } from 'vitest'
import { doseRateOf, measuredDoseRate } from './dose-rate.ts'
import { meaningOfUnit } from './unit-name.ts'

describe('meaningOfUnit', () => {
  it.each(['cpm', ' cpm', 'CPM', 'Cpm', 'cpm\t'])('%j is counts per minute', (unit) => {
    expect(meaningOfUnit(unit)).toBe('cpm')
  })

  it.each(['usv', 'uSv', 'usv/hr', 'uSv/h', 'uSv/hr', 'µSv/h', 'μSv/h', ' microsievert', 'MicroSievert'])(
    '%j is microsievert',
    (unit) => {
      expect(meaningOfUnit(unit)).toBe('sievert')
    },
  )

  it.each([
    'status',
    'celcius',
    '1',
    'DeviceType2',
    'PM2.5',
    'HUMD%',
    '0',
    'c pm',
    'cpms',
    'usv/min',
    'msv',
    1,
    true,
    {},
  ])('%j is something else', (unit) => {
    expect(meaningOfUnit(unit)).toBe('foreign')
  })
})

describe('dose rates', () => {
  it.each([
    [10, 0.0299],
    [50, 0.1497],
    [100, 0.2994],
    [334, 1],
    [1000, 2.994],
  ])('%d CPM at 334', (cpm, usvh) => {
    expect(doseRateOf(cpm, undefined, 334)).toEqual({ usvh, basis: 'lnd7317-default' })
    expect(doseRateOf(cpm, '65128', 334)).toEqual({ usvh, basis: 'lnd7317-default' })
  })

  it('knows the factors of the first devices', () => {
    expect(doseRateOf(350, '5', 334)).toEqual({ usvh: 1, basis: 'device-table' })
    expect(doseRateOf(100, '23', 334)).toEqual({ usvh: 1, basis: 'device-table' })
    expect(doseRateOf(132, '24', 334)).toEqual({ usvh: 1, basis: 'device-table' })
    expect(doseRateOf(1750, '21', 334)).toEqual({ usvh: 1, basis: 'device-table' })
  })

  it('takes a measured one as it is', () => {
    expect(measuredDoseRate(15_000)).toEqual({ usvh: 0.15, basis: 'measured' })
  })
})
