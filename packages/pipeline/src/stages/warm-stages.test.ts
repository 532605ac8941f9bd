import { readSettings } from '@radtune/core/settings'
import { expect, it } from 'vitest'
import { DuplicateWindow } from './deduplicate.ts'
import { type Outcome, processRecord } from './process-record.ts'
import { RULE_SETTINGS, recordRulesFrom } from './record-rules.ts'
import { createStageWarmer, madeUpRecord } from './warm-stages.ts'

const rules = recordRulesFrom(readSettings({}, RULE_SETTINGS))

it('sends records to every place that a record can end in', () => {
  const state = { window: new DuplicateWindow(1024), rules }
  const outcomes = Array.from({ length: 2000 }, (_, offset) =>
    processRecord(state, { offset, ...madeUpRecord(offset) }),
  )
  const topics = outcomes.map((outcome: Outcome) => (outcome.kind === 'duplicate' ? 'none' : outcome.topic))
  expect(new Set(topics)).toEqual(new Set(['normal-data', 'critical-data', 'dirty-data', 'none']))
  expect(topics.filter((topic) => topic === 'normal-data').length).toBeGreaterThan(1000)
  const reasons = outcomes.flatMap((outcome) => (outcome.kind === 'dirty' ? [outcome.reason] : []))
  expect(new Set(reasons)).toEqual(new Set(['unit', 'value-not-positive', 'position-null']))
})

it('goes on where it stopped, and touches nothing that was given to it', () => {
  const warm = createStageWarmer(Object.freeze({ ...rules }))
  for (let turn = 0; turn < 20; turn += 1) warm(100)
})
