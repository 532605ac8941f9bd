import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { emptyCounters, sumDirty } from '@radtune/core/contract'
import { readSettings } from '@radtune/core/settings'
import { describe, expect, it } from 'vitest'
import {
  createDumpSource,
  createFreePacer,
  createProvider,
  listDumpFiles,
  resumePoint,
  systemClock,
} from '../src/provider/index.ts'
import {
  countOutcome,
  DuplicateWindow,
  processRecord,
  RULE_SETTINGS,
  recordRulesFrom,
} from '../src/stages/index.ts'

const FILE = resolve(import.meta.dirname, '../../../../shared/data/safecast/solarcast-2020-02.csv')
const PARTITIONS = 6

// The real readings are not part of the repository: without them this is skipped, unless everything is asked for.
const absent = !existsSync(FILE) && process.env.RADTUNE_REQUIRE_ALL !== '1'

describe.skipIf(absent)('the real readings of 2020-02, without Kafka (needs ../shared/data/safecast)', () => {
  it('give exactly the documented counts', async () => {
    const values = readSettings({}, [...RULE_SETTINGS, 'pipeline.duplicateWindow'])
    const rules = recordRulesFrom(values)
    const states = Array.from({ length: PARTITIONS }, () => ({
      window: new DuplicateWindow(values['pipeline.duplicateWindow']),
      rules,
      next: 0,
    }))
    const counters = emptyCounters(0)
    const provider = createProvider({
      source: createDumpSource({
        files: await listDumpFiles([FILE], { loop: false }),
        loop: false,
        now: Date.now,
      }),
      sink: {
        append(_topic, partition, { value }) {
          const state = states[partition] as (typeof states)[number]
          countOutcome(
            counters,
            processRecord(state, { offset: state.next, timestampMs: Date.now(), value: Buffer.from(value) }),
          )
          state.next += 1
        },
        async flush() {},
        counts: () => ({ acknowledged: 0, queuedBytes: 0 }),
      },
      resume: resumePoint({
        identity: { kind: 'files', names: [] },
        partitions: PARTITIONS,
        newestRefs: new Map(),
      }),
      pacer: createFreePacer(),
      partitions: PARTITIONS,
      clock: systemClock,
    })
    expect(await provider.run(new AbortController().signal)).toBe('finished')
    expect(provider.numbers()).toMatchObject({ read: 52_313, malformed: 0, replacedBytes: 0 })

    const { normal, critical, duplicates, dirty, levels } = counters
    expect({ normal, critical, duplicates, dirty: sumDirty(dirty) }).toEqual({
      normal: 33_593,
      critical: 1_038,
      duplicates: 2_810,
      dirty: 14_872,
    })
    const seen = Object.fromEntries(Object.entries(dirty).filter(([, count]) => count > 0))
    expect(seen).toEqual({ unit: 13_792, 'time-range': 671, 'value-not-positive': 409 })
    expect(levels).toEqual({ low: 32_901, moderate: 692, high: 1_038 })
  }, 60_000)
})
