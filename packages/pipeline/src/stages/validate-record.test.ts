import { readSettings } from '@radtune/core/settings'
import { describe, expect, it } from 'vitest'
import { judgeRecord } from './judge-record.ts'
import { RULE_SETTINGS, recordRulesFrom } from './record-rules.ts'

const rules = recordRulesFrom(readSettings({}, RULE_SETTINGS))
const now = Date.parse('2020-02-01T00:00:00Z')
const good = {
  latitude: '34.132',
  longitude: '-118.842',
  value: '27',
  unit: 'cpm',
  captured_time: '2020-01-31 23:58:46',
}

const judgeText = (text: string) => judgeRecord(Buffer.from(text), now, rules)
const judge = (fields: Record<string, unknown>) => judgeText(JSON.stringify({ ...good, ...fields }))

/** The reason for which a record is refused, or what it was kept as. */
const verdict = (fields: Record<string, unknown>) => {
  const judgement = judge(fields)
  return judgement.kind === 'dirty' ? judgement.reason : 'valid'
}

describe('json', () => {
  it.each(['', ' ', 'x', '{', '[]', 'null', '5', '"text"', 'true', '{"latitude":1', '\uFEFF{}', '{} {}'])(
    'refuses %j',
    (text) => {
      expect(judgeText(text)).toMatchObject({ kind: 'dirty', reason: 'json' })
    },
  )

  it('refuses bytes that are not UTF-8, a missing value, and brackets without end', () => {
    expect(judgeRecord(Buffer.from([0x7b, 0xff, 0x7d]), now, rules)).toMatchObject({
      reason: 'json',
      detail: expect.stringContaining('UTF-8'),
    })
    expect(judgeRecord(null, now, rules)).toMatchObject({ reason: 'json' })
    expect(judgeText('['.repeat(200_000))).toMatchObject({ reason: 'json' })
  })

  it('takes plain byte arrays, also views into larger ones', () => {
    const padded = Buffer.from(`xx${JSON.stringify(good)}yy`)
    expect(judgeRecord(new Uint8Array(padded).subarray(2, -2), now, rules).kind).toBe('valid')
  })
})

describe('missing-field', () => {
  const fields = ['latitude', 'longitude', 'value', 'unit', 'captured_time']
  it.each(fields)('%s absent, null, empty or blank', (field) => {
    for (const value of [undefined, null, '', '  ', '\t\n', '\u3000']) {
      expect(judge({ [field]: value })).toEqual({ kind: 'dirty', reason: 'missing-field', detail: field })
    }
  })

  it('comes before all rules about content', () => {
    expect(verdict({ unit: 'celcius', value: '' })).toBe('missing-field')
    expect(verdict({ value: 0 })).toBe('value-not-positive')
  })
})

describe('order: the first rule that fails decides', () => {
  it.each([
    [{ unit: 'status', latitude: 'x' }, 'unit'],
    [{ latitude: 'x', longitude: '999' }, 'not-a-number'],
    [{ latitude: '999', value: 'x' }, 'not-a-number'],
    [{ latitude: '91', longitude: '181' }, 'latitude-range'],
    [{ latitude: '0', longitude: '181' }, 'longitude-range'],
    [{ latitude: '0', longitude: '0', value: '0' }, 'position-null'],
    [{ value: '0', captured_time: 'x' }, 'value-not-positive'],
    [{ value: '350001', captured_time: 'x' }, 'value-implausible'],
    [{ captured_time: '1999-99-99 00:00:00' }, 'time-invalid'],
  ])('%j → %s', (fields, reason) => {
    expect(verdict(fields)).toBe(reason)
  })
})

describe('numbers and positions', () => {
  it.each([true, false, {}, [], [1], 'x', '0x22', 'Infinity', 'NaN', '1e999', '1,5'])(
    '%j is not a number',
    (raw) => {
      for (const field of ['latitude', 'longitude', 'value'])
        expect(verdict({ [field]: raw })).toBe('not-a-number')
    },
  )

  it.each([
    [{ latitude: 90 }, 'valid'],
    [{ latitude: '-90.0' }, 'valid'],
    [{ latitude: '90.0000000001' }, 'latitude-range'],
    [{ latitude: -90.00001 }, 'latitude-range'],
    [{ longitude: 180 }, 'valid'],
    [{ longitude: '-180' }, 'valid'],
    [{ longitude: '180.000001' }, 'longitude-range'],
    [{ latitude: 1, longitude: -1 }, 'position-null'],
    [{ latitude: '1.0000001', longitude: 0 }, 'valid'],
    [{ latitude: '37.505445', longitude: '0.016667' }, 'valid'],
    [{ latitude: '0', longitude: '-1.00001' }, 'valid'],
  ])('%j → %s', (fields, expected) => {
    expect(verdict(fields)).toBe(expected)
  })
})

describe('values', () => {
  it.each([
    ['0', 'value-not-positive'],
    ['-5', 'value-not-positive'],
    ['0.49', 'value-not-positive'],
    ['0.495', 'value-not-positive'],
    ['0.5', 'valid'],
    ['350000', 'valid'],
    ['350000.4', 'valid'],
    ['350000.5', 'value-implausible'],
    ['24649267', 'value-implausible'],
    ['1e30', 'value-implausible'],
  ])('%s CPM → %s', (value, expected) => {
    expect(verdict({ value })).toBe(expected)
  })

  it.each([
    ['49.4', 'low', 49, 4940],
    ['49.5', 'moderate', 50, 4950],
    ['49.995', 'moderate', 50, 5000],
    ['199.499', 'moderate', 199, 19_950],
    ['199.5', 'high', 200, 19_950],
    ['0.923283773449958', 'low', 1, 92],
  ])('%s CPM is %s', (value, level, cpm, cpm100) => {
    expect(judge({ value })).toMatchObject({ kind: 'valid', level, cpm, cpm100, critical: false })
  })

  it('is critical from 1000, rounded', () => {
    expect(judge({ value: '999.4' })).toMatchObject({ critical: false })
    expect(judge({ value: '999.5' })).toMatchObject({ critical: true, level: 'high' })
  })

  it('converts sievert spellings, decimally', () => {
    expect(judge({ value: '0.15', unit: 'µSv/h' })).toMatchObject({
      cpm: 50,
      cpm100: 5010,
      usvh: 0.15,
      basis: 'measured',
      flags: ['converted'],
    })
    expect(judge({ value: '0.0015', unit: 'usv' })).toMatchObject({ kind: 'valid', cpm: 1, cpm100: 50 })
    expect(verdict({ value: '0.0014', unit: 'usv' })).toBe('value-not-positive')
    expect(verdict({ value: '1e308', unit: 'usv' })).toBe('value-implausible')
  })
})

describe('times', () => {
  it.each([
    ['2011-03-01T00:00:00Z', 'time-range'],
    ['2011-03-01 00:00:00.000001', 'valid'],
    ['2020-02-03 00:00:00', 'valid'],
    ['2020-02-03 00:00:00.000001', 'time-range'],
    ['2080-01-06 03:14:07', 'time-range'],
    ['1970-01-05 00:00:00', 'time-range'],
    ['2000-00-00T10:12:54Z', 'time-invalid'],
    ['19-11-02 10:00:00', 'time-invalid'],
    ['2020/01/31 10:00:00 +0000', 'valid'],
  ])('%s → %s', (captured_time, expected) => {
    expect(verdict({ captured_time })).toBe(expected)
  })

  it('a number is no time', () => {
    expect(verdict({ captured_time: 1_580_515_126 })).toBe('time-invalid')
  })
})

it('keeps what a valid record says', () => {
  expect(judge({ device_id: 65128, loader_id: '', location_name: 'x' })).toEqual({
    kind: 'valid',
    lat5: 3_413_200,
    lon5: -11_884_200,
    cpm: 27,
    cpm100: 2700,
    instantUs: Date.parse('2020-01-31T23:58:46Z') * 1000,
    level: 'low',
    critical: false,
    usvh: 0.0808,
    basis: 'lnd7317-default',
    flags: [],
    deviceId: '65128',
    loaderId: undefined,
  })
})

it('shows the offending text in the detail, cut to a readable length', () => {
  expect(judge({ unit: 'celcius' })).toMatchObject({ detail: '"celcius"' })
  const judgement = judge({ unit: 'x'.repeat(100_000) })
  expect(judgement.kind === 'dirty' && judgement.detail.length).toBeLessThan(100)
})
