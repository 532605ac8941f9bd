import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RadtuneError } from '../errors/index.ts'
import {
  nearest,
  parseSetting,
  parseSettingKey,
  printSettingRange,
  printSettingValue,
  readSettings,
  type SettingDefinition,
  type SettingKey,
  settingEnvironmentName,
  settings,
} from './index.ts'

const keys = Object.keys(settings) as SettingKey[]

describe('the table', () => {
  it.each(keys)('%s has a default that it accepts itself, a range, and words for people', (key) => {
    const definition: SettingDefinition = settings[key]
    if (definition.default !== undefined) expect(parseSetting(key, definition.default).ok).toBe(true)
    for (const words of [definition.title, definition.why, definition.source, definition.lands])
      expect(words).not.toBe('')
    expect(printSettingRange(key)).not.toBe('')
    if ('min' in definition) expect(definition.min).toBeLessThanOrEqual(definition.max)
  })

  it('gives every setting its own environment variable', () => {
    const names = keys.map(settingEnvironmentName)
    expect(new Set(names).size).toBe(keys.length)
    for (const name of names) expect(name).toMatch(/^RADTUNE_[A-Z0-9_]+$/)
  })

  it('says where a value lands by the name that is really read', () => {
    for (const key of keys) {
      const { lands } = settings[key]
      if (/^RADTUNE_\w+$/.test(lands)) expect(lands).toBe(settingEnvironmentName(key))
    }
  })
})

describe('parseSetting', () => {
  it.each([
    ['kafka.heap', '512MiB', 512 * 1024 * 1024],
    ['producer.main.linger', '5ms', 5],
    ['producer.main.linger', 5, 5],
    ['worker.cpus', '500m', 0.5],
    ['worker.count', '3', 3],
    ['producer.main.compression', 'lz4', 'lz4'],
    ['rules.earliestTime', '2012-01-01T00:00:00+09:00', '2011-12-31T15:00:00.000Z'],
  ] as const)('reads %s: %s', (key, raw, value) => {
    expect(parseSetting(key, raw)).toEqual({ ok: true, value })
  })

  it.each([
    ['worker.memory', '8GG', '"8GG" is not an amount of memory'],
    ['producer.main.linger', '10s', '10 s is not between 0 ms and 5 s'],
    ['worker.count', 1.5, 'is not a whole number'],
    ['worker.count', '2 or 3', '"2 or 3" is not a number'],
    ['worker.count', Number.NaN, 'is not a number'],
    ['worker.count', null, 'null is not a value'],
    ['worker.count', { a: 1 }, '{"a":1} is not a value'],
    ['producer.main.compression', 'brotli', '"brotli" is not one of none, gzip, snappy, lz4, zstd'],
    ['producer.main.compression', ['gzip'], 'is not one of'],
    ['rules.earliestTime', '1', 'is not an instant'],
    ['rules.earliestTime', 'May 7', 'is not an instant'],
    ['rules.earliestTime', '2011-02-31T00:00', 'is not an instant'],
  ] as const)('refuses %s: %j', (key, raw, sentence) => {
    const result = parseSetting(key, raw)
    expect(result.ok ? '' : result.problem).toContain(sentence)
  })

  it('never throws, whatever it is given', () => {
    fc.assert(
      fc.property(fc.constantFrom(...keys), fc.anything(), (key, raw) => {
        const result = parseSetting(key, raw)
        if (!result.ok) expect(result.problem).not.toBe('')
      }),
    )
  })

  it('accepts every number of its range and prints it', () => {
    fc.assert(
      fc.property(fc.constantFrom(...keys), fc.double({ min: 0, max: 1, noNaN: true }), (key, part) => {
        const definition: SettingDefinition = settings[key]
        if (!('min' in definition)) return
        const raw = definition.min + part * (definition.max - definition.min)
        const value = definition.whole ? Math.floor(raw) : raw
        expect(parseSetting(key, value)).toEqual({ ok: true, value })
        expect(printSettingValue(key, value as never)).not.toMatch(/NaN|undefined/)
      }),
    )
  })
})

describe('parseSettingKey', () => {
  it('reads keys of the table and of one worker', () => {
    expect(parseSettingKey('kafka.heap')).toEqual({ ok: true, key: 'kafka.heap' })
    expect(parseSettingKey('worker-2.memory')).toEqual({
      ok: true,
      key: 'worker.memory',
      service: 'worker-2',
    })
  })

  it.each([
    ['kafka.heep', 'kafka.heap'],
    ['producer.main.lingerMs', 'producer.main.linger'],
    ['Worker.Memory', 'worker.memory'],
  ])('suggests for %s', (written, suggestion) => {
    expect(parseSettingKey(written)).toMatchObject({ ok: false, suggestion })
  })

  it.each(['', 'x', 'constructor', '__proto__', 'worker-0.memory', 'worker-2.count', 'kafka-1.heap'])(
    'knows no setting "%s"',
    (written) => {
      expect(parseSettingKey(written).ok).toBe(false)
    },
  )

  it('suggests nothing that is three edits away', () => {
    expect(nearest('kafka', ['kafxyz'])).toBeUndefined()
    expect(nearest('ab', ['cd'])).toBeUndefined()
  })
})

describe('readSettings', () => {
  it('reads the environment and falls back to the default', () => {
    const values = readSettings({ RADTUNE_PRODUCER_MAIN_LINGER: '7' }, [
      'producer.main.linger',
      'producer.dirty.linger',
    ])
    expect(values).toEqual({ 'producer.main.linger': 7, 'producer.dirty.linger': 20 })
  })

  it.each([
    [{ RADTUNE_PRODUCER_MAIN_LINGER: 'soon' }, 'producer.main.linger', 'RADTUNE_PRODUCER_MAIN_LINGER'],
    [{}, 'worker.memory', 'RADTUNE_WORKER_MEMORY is not set'],
    [{ RADTUNE_WORKER_MEMORY: '' }, 'worker.memory', 'RADTUNE_WORKER_MEMORY is not set'],
  ] as const)('refuses %j for %s and names the variable', (environment, key, sentence) => {
    const read = () => readSettings(environment, [key])
    expect(read).toThrow(RadtuneError)
    expect(read).toThrow(sentence)
  })
})
