import { expect, it } from 'vitest'
import { plannedSpec } from '../adapters/memory/planned-spec.ts'
import { criticalPath } from './critical-path.ts'

const spec = plannedSpec('4c8g')
const pathOf = (ready: Record<string, number>) =>
  criticalPath(spec, { startedAt: 1000, readyAt: new Map(Object.entries(ready)) })

it('follows what each step had to wait for, over the slower of two workers', () => {
  const ready = {
    kafka: 5000,
    topics: 6000,
    'worker-1': 8000,
    'worker-2': 9500,
    backend: 7000,
    provider: 10_000,
  }
  expect(pathOf(ready)).toEqual([
    { name: 'kafka', elapsedMs: 4000 },
    { name: 'topics', elapsedMs: 1000 },
    { name: 'worker-2', elapsedMs: 3500 },
    { name: 'provider', elapsedMs: 500 },
  ])
})

it('begins with what was started, where the rest ran already', () => {
  expect(pathOf({ provider: 1700 })).toEqual([{ name: 'provider', elapsedMs: 700 }])
  expect(pathOf({})).toEqual([])
})
