import { emptyCounters, REJECT_REASONS, sumDirty, TOPICS } from '@radtune/core/contract'
import { readSettings } from '@radtune/core/settings'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DuplicateWindow } from './deduplicate.ts'
import { countOutcome, type PartitionState, processRecord } from './process-record.ts'
import { RULE_SETTINGS, recordRulesFrom } from './record-rules.ts'
import { createStageTimes } from './stage-times.ts'

const rules = recordRulesFrom(readSettings({}, RULE_SETTINGS))
const timestampMs = Date.parse('2020-02-01T00:00:00Z')
const good = {
  latitude: '34.132',
  longitude: '-118.842',
  value: '27',
  unit: 'cpm',
  captured_time: '2020-01-31 23:58:46.5',
  device_id: '4249659165',
}

const freshState = (windowOffsets = 100): PartitionState => ({
  window: new DuplicateWindow(windowOffsets),
  rules,
})
const input = (offset: number, fields: unknown) => ({
  offset,
  timestampMs,
  value: Buffer.from(JSON.stringify(fields)),
})

describe('processRecord', () => {
  it('writes a normal reading', () => {
    const outcome = processRecord(freshState(), input(0, good))
    expect(outcome).toMatchObject({ kind: 'kept', topic: TOPICS.normal, level: 'low', critical: false })
    expect(outcome.kind === 'kept' && JSON.parse(outcome.value.toString())).toEqual({
      latitude: 34.132,
      longitude: -118.842,
      value: 27,
      unit: 'cpm',
      captured_time: '2020-01-31T23:58:46.500Z',
      level: 'low',
      critical: false,
      usvh: 0.0808,
      usvh_basis: 'lnd7317-default',
      device_id: '4249659165',
      flags: [],
    })
  })

  it('sends critical readings to their topic instead', () => {
    expect(processRecord(freshState(), input(0, { ...good, value: 1000 }))).toMatchObject({
      topic: TOPICS.critical,
    })
  })

  it('sends dirty ones on as received, with the reason', () => {
    const outcome = processRecord(freshState(), input(0, { ...good, unit: 'celcius' }))
    expect(outcome).toMatchObject({ kind: 'dirty', topic: TOPICS.dirty, reason: 'unit' })
    expect(outcome.kind === 'dirty' && JSON.parse(outcome.value.toString())).toEqual({
      reason: 'unit',
      detail: '"celcius"',
      raw: JSON.stringify({ ...good, unit: 'celcius' }),
    })
  })

  it('keeps bytes that are no text in base64', () => {
    const value = Buffer.from([0xff, 0x00, 0xfe])
    const outcome = processRecord(freshState(), { offset: 0, timestampMs, value })
    expect(outcome.kind === 'dirty' && JSON.parse(outcome.value.toString())).toMatchObject({
      reason: 'json',
      raw: value.toString('base64'),
      raw_encoding: 'base64',
    })
  })

  it('drops the same reading however it is spelt, within the window', () => {
    const state = freshState(5)
    expect(processRecord(state, input(0, good)).kind).toBe('kept')
    const respelt = {
      ...good,
      latitude: 34.132,
      longitude: ' -118.842000001',
      value: '27.001',
      captured_time: '2020-01-31T23:58:46.500000Z',
      device_id: 'another',
    }
    expect(processRecord(state, input(5, respelt)).kind).toBe('duplicate')
    expect(processRecord(state, input(11, good)).kind).toBe('kept')
  })

  it('tells readings apart by the second decimal of their value and by microseconds', () => {
    const state = freshState()
    expect(processRecord(state, input(0, good)).kind).toBe('kept')
    expect(processRecord(state, input(1, { ...good, value: '27.01' })).kind).toBe('kept')
    expect(
      processRecord(state, input(2, { ...good, captured_time: '2020-01-31 23:58:46.500001' })).kind,
    ).toBe('kept')
  })

  it('does not remember dirty records, and refills the window without writing', () => {
    const state = freshState()
    expect(processRecord(state, input(0, { ...good, unit: 'x' })).kind).toBe('dirty')
    expect(processRecord(state, input(1, good), true).kind).toBe('duplicate')
    expect(processRecord(state, input(2, good)).kind).toBe('duplicate')
  })

  it('sends a record that makes a stage throw to dirty as internal', () => {
    const broken = { ...freshState(), rules: undefined as never }
    expect(processRecord(broken, input(0, good))).toMatchObject({ kind: 'dirty', reason: 'internal' })
  })

  it('measures one record in 64, stage by stage', () => {
    let clock = 0
    const stages = createStageTimes(() => clock++)
    const state = { ...freshState(), stages }
    for (let offset = 0; offset < 128; offset += 1)
      processRecord(state, input(offset, { ...good, value: offset + 1 }))
    expect(stages.take(1)).toEqual({
      parse: 128,
      validate: 128,
      deduplicate: 128,
      route: 128,
      serialise: 128,
    })
    expect(stages.take(1).parse).toBe(0)
  })
})

const oddText = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom('\ud800', '"', '\\', '\u2028', '\u0000'),
)
const oddScalar = fc.oneof(
  fc.jsonValue({ maxDepth: 1 }),
  oddText,
  fc.double().map(String),
  fc.integer().map(String),
)
const oddFields = fc.record(
  {
    latitude: fc.oneof(fc.constant('34.1'), fc.double({ min: -95, max: 95, noNaN: true }), oddScalar),
    longitude: fc.oneof(fc.constant('-118.8'), fc.double({ min: -185, max: 185, noNaN: true }), oddScalar),
    value: fc.oneof(fc.constant('27'), fc.integer({ min: -5, max: 2000 }), oddScalar),
    unit: fc.oneof(fc.constantFrom('cpm', ' CPM', 'usv', 'celcius'), oddScalar),
    captured_time: fc.oneof(
      fc.constantFrom('2020-01-31 23:58:46', '2080-01-06 03:14:07', '2000-00-00T10:12:54Z'),
      oddScalar,
    ),
    device_id: oddScalar,
    loader_id: oddScalar,
  },
  { requiredKeys: [] },
)
const anyValue = fc.oneof(
  { weight: 6, arbitrary: oddFields.map((fields) => Buffer.from(JSON.stringify(fields))) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 1, arbitrary: fc.json().map((json) => Buffer.from(json)) },
  { weight: 1, arbitrary: fc.constant(null) },
)

it('no input throws, none is internal, and every record ends in exactly one place as valid JSON', () => {
  fc.assert(
    fc.property(fc.array(anyValue, { maxLength: 40 }), (values) => {
      const state = freshState(10)
      const counters = emptyCounters(0)
      const written: string[] = []
      for (const [offset, value] of values.entries()) {
        const outcome = processRecord(state, { offset, timestampMs, value })
        countOutcome(counters, outcome)
        if (outcome.kind === 'duplicate') continue
        const output = JSON.parse(outcome.value.toString()) as Record<string, unknown>
        written.push(outcome.topic)
        if (outcome.kind === 'dirty') {
          expect(REJECT_REASONS).toContain(output.reason)
          const raw = Buffer.from(output.raw as string, output.raw_encoding === 'base64' ? 'base64' : 'utf8')
          expect(raw.equals(value ?? Buffer.alloc(0))).toBe(true)
        } else {
          expect(output).toMatchObject({ unit: 'cpm', level: outcome.level, critical: outcome.critical })
        }
      }
      const { normal, critical, duplicates, dirty, levels } = counters
      expect(dirty.internal).toBe(0)
      expect(normal + critical + sumDirty(dirty) + duplicates).toBe(values.length)
      expect(levels.low + levels.moderate + levels.high).toBe(normal + critical)
      expect(written.length).toBe(values.length - duplicates)
    }),
    { numRuns: 500 },
  )
})
