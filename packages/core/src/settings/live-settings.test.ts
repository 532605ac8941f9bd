import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { profileFromName } from '../profile/index.ts'
import { planStack } from '../stack/index.ts'
import {
  isLiveSetting,
  liveSettings,
  liveSettingsOf,
  liveValuesOf,
  parseSetting,
  projectSettings,
  readSettingRecord,
  type SettingKey,
  SettingsView,
  settingRecordValue,
  type settings,
} from './index.ts'

const said = (value: string | number) => settingRecordValue({ value, by: 'somebody', at: 7 })
const record = (offset: number, key: string | null, value: string | null) => ({ offset, key, value })

function plannedValues(name = '4c8g') {
  const named = profileFromName(name)
  if (!named.ok) throw new Error(name)
  const plan = planStack(named.profile)
  if (!plan.ok) throw plan.error
  return liveValuesOf(plan.spec.settings)
}

describe('live settings', () => {
  it('leave out what a running service cannot change', () => {
    for (const key of [
      'pipeline.duplicateWindow',
      'consumer.sessionTimeout',
      'kafka.heap',
      'worker.count',
    ] as const)
      expect(isLiveSetting(key)).toBe(false)
    expect(liveSettingsOf('backend')).toEqual([
      'backend.fetchMaxWait',
      'thresholds.moderate',
      'thresholds.high',
      'thresholds.critical',
    ])
    expect(liveSettingsOf('frontend')).toEqual([])
    expect(liveSettingsOf('kafka')).toEqual([])
  })

  it('all have a value in every plan, in the very form in which it is read back', () => {
    for (const [key, value] of Object.entries(plannedValues()))
      expect(parseSetting(key as SettingKey, value)).toEqual({ ok: true, value })
  })
})

describe('projectSettings', () => {
  const at = { by: 'radtune up', at: 1 }

  it('writes the whole set into an empty topic, and nothing into one that says so', () => {
    const wanted = plannedValues()
    const writes = projectSettings(wanted, { found: new Map(), ...at })
    expect(writes.map(({ key }) => key)).toEqual(liveSettings)
    const found = new Map(writes.map(({ key, value }) => [key, value ?? '']))
    expect(projectSettings(wanted, { found, ...at })).toEqual([])
  })

  it('does not mind who said it', () => {
    const found = new Map([['provider.rate', said(500)]])
    expect(projectSettings({ 'provider.rate': 500 }, { found, ...at })).toEqual([])
    expect(projectSettings({ 'provider.rate': 501 }, { found, ...at })).toEqual([
      { key: 'provider.rate', value: '{"value":501,"by":"radtune up","at":1}' },
    ])
  })

  it('overwrites what is no valid record, and takes out keys that are not wanted', () => {
    const found = new Map([
      ['provider.rate', 'not JSON'],
      ['provider.playbackSpeed', said(2)],
      ['retired.setting', said(1)],
    ])
    expect(projectSettings({ 'provider.rate': 5 }, { found, ...at })).toEqual([
      { key: 'provider.rate', value: expect.stringContaining('"value":5') },
      { key: 'provider.playbackSpeed', value: null },
      { key: 'retired.setting', value: null },
    ])
  })

  it('never writes a setting that is not live', () => {
    expect(projectSettings({ 'kafka.heap': 1 }, { found: new Map(), ...at })).toEqual([])
  })
})

describe('readSettingRecord', () => {
  it.each([
    [null, said(1), 'no such setting'],
    ['provider.speed', said(1), 'no such setting'],
    ['kafka.heap', said(1), 'does not change while'],
    ['provider.rate', 'null', 'not JSON of the form'],
    ['provider.rate', '{"value":1}', 'not JSON of the form'],
    ['provider.rate', '{"value":', 'not JSON of the form'],
    ['provider.rate', said(-1), 'is not between'],
    ['producer.main.linger', said('10s'), 'is not between'],
    ['producer.main.compression', said('brotli'), 'is not one of'],
  ])('refuses %s: %s', (key, value, why) => {
    expect(readSettingRecord({ key, value })).toMatchObject({ ok: false, why: expect.stringContaining(why) })
  })

  it('never throws, whatever stands in the topic', () => {
    fc.assert(
      fc.property(fc.option(fc.string()), fc.option(fc.oneof(fc.string(), fc.json())), (key, value) => {
        expect(() => readSettingRecord({ key, value })).not.toThrow()
        expect(() => readSettingRecord({ key: 'provider.rate', value })).not.toThrow()
      }),
    )
  })
})

describe('SettingsView', () => {
  const start = {
    'thresholds.moderate': 50,
    'thresholds.high': 200,
    'thresholds.critical': 1000,
    'rules.maxCpm': 350_000,
    'producer.main.linger': 10,
  }

  it('holds what the topic says over what it was started with, until that is taken back', () => {
    const view = new SettingsView(start)
    expect(view.take([record(0, 'producer.main.linger', said('20ms'))])).toEqual(['producer.main.linger'])
    expect(view.values['producer.main.linger']).toBe(20)
    expect(view.take([record(1, 'producer.main.linger', said(20))])).toEqual([])
    expect(view.take([record(2, 'producer.main.linger', null)])).toEqual(['producer.main.linger'])
    expect(view.values).toEqual(start)
  })

  it('ignores the settings of others, but says when they were said', () => {
    const view = new SettingsView(start)
    expect(view.take([record(0, 'provider.playbackSpeed', said(2))])).toEqual([])
    expect(view.saidAt('provider.playbackSpeed')).toBe(7)
    expect(view.values).toEqual(start)
    expect(view.rejected).toEqual([])
  })

  it('names what it does not apply, until a valid record of that key comes', () => {
    const view = new SettingsView(start)
    view.take([record(4, 'bogus', said(1)), record(5, 'producer.main.linger', 'x')])
    expect(view.rejected).toEqual([
      { key: 'bogus', why: 'there is no such setting', offset: 4 },
      { key: 'producer.main.linger', why: expect.stringContaining('not JSON'), offset: 5 },
    ])
    view.take([record(6, 'producer.main.linger', said(11))])
    expect(view.rejected.map(({ key }) => key)).toEqual(['bogus'])
    view.take([record(6, 'bogus', null)])
    expect(view.rejected).toEqual([])
    for (let offset = 7; offset < 100; offset += 1) view.take([record(offset, `bogus-${offset}`, '')])
    expect(view.rejected).toHaveLength(20)
    expect(view.rejected.at(-1)?.offset).toBe(99)
  })

  it('takes thresholds together that would contradict each other one by one', () => {
    const view = new SettingsView(start)
    view.take([record(0, 'thresholds.moderate', said(300)), record(1, 'thresholds.high', said(400))])
    expect(view.values).toMatchObject({ 'thresholds.moderate': 300, 'thresholds.high': 400 })
    expect(view.rejected).toEqual([])
  })

  it('keeps what was in force when thresholds contradict each other, and applies the rest of the batch', () => {
    const view = new SettingsView(start)
    view.take([record(0, 'thresholds.high', said(100))])
    const changed = view.take([
      record(1, 'thresholds.moderate', said(150)),
      record(2, 'producer.main.linger', said(1)),
    ])
    expect(changed).toEqual(['producer.main.linger'])
    expect(view.values).toEqual({ ...start, 'thresholds.high': 100, 'producer.main.linger': 1 })
    expect(view.rejected).toEqual([
      { key: 'thresholds.moderate', offset: 1, why: expect.stringContaining('is above thresholds.high 100') },
    ])
  })

  it('always holds values that the table takes and that fit each other, whatever is written', () => {
    const written = fc.record({
      key: fc.oneof(fc.constantFrom(...Object.keys(start)), fc.string()),
      value: fc.oneof(fc.integer({ min: -5, max: 500_000 }).map(said), fc.string(), fc.constant(null)),
    })
    fc.assert(
      fc.property(fc.array(fc.array(written, { maxLength: 4 }), { maxLength: 12 }), (batches) => {
        const view = new SettingsView(start)
        let offset = 0
        for (const batch of batches) view.take(batch.map((one) => ({ offset: offset++, ...one })))
        const { values } = view
        for (const [key, value] of Object.entries(values))
          expect(parseSetting(key as keyof typeof settings, value).ok).toBe(true)
        expect(values['thresholds.moderate']).toBeLessThanOrEqual(values['thresholds.high'])
        expect(values['thresholds.high']).toBeLessThanOrEqual(values['thresholds.critical'])
        expect(values['thresholds.critical']).toBeLessThanOrEqual(values['rules.maxCpm'])
      }),
    )
  })

  it('puts back a value that the service could not apply', () => {
    const view = new SettingsView(start)
    view.take([record(3, 'producer.main.linger', said(99))])
    view.reject('producer.main.linger', { why: 'no room', value: 10 })
    expect(view.values['producer.main.linger']).toBe(10)
    expect(view.rejected).toEqual([{ key: 'producer.main.linger', why: 'no room', offset: 3 }])
  })
})
