import { expect, test } from 'vitest'
import { createStory } from '../../test/snapshot-story.ts'
import { createAlertFollower } from './follow-alerts.ts'
import { known } from './reading.ts'
import type { Snapshot } from './snapshot.ts'

const story = createStory()

/** A second of a stack whose backend has received so many critical readings. */
function second(critical: number, value = 1431): Snapshot {
  const snapshot = story.next()
  if (!snapshot.backend.known) throw new Error('the story has a backend')
  const { value: sample, at } = snapshot.backend
  const newestAlert = critical === 0 ? null : { value, latitude: 37.561, longitude: 140.694 }
  return {
    ...snapshot,
    backend: known({ ...sample, received: { normal: 0, critical }, newestAlert }, at),
    settings: known({ revision: 1, values: { 'thresholds.critical': 1000 }, origins: {} }, at),
  }
}

test('tells the first critical reading at once, then once in 30 s how many there were', () => {
  const follow = createAlertFollower()
  const told = (critical: number) => follow(second(critical)).map(({ sentence }) => sentence)
  expect(told(7)).toEqual([])
  expect(told(8)).toEqual(['critical reading 1,431 CPM at 37.56, 140.69 (critical from 1,000)'])
  for (let later = 1; later < 30; later += 1) expect(told(8 + later)).toEqual([])
  expect(told(40)).toEqual([
    '32 critical readings, the newest 1,431 CPM at 37.56, 140.69 (critical from 1,000)',
  ])
  for (let later = 0; later < 60; later += 1) expect(told(40)).toEqual([])
  expect(told(41)).toHaveLength(1)
})

test('a backend that began anew is no alert, and a silent one neither', () => {
  const follow = createAlertFollower()
  follow(second(50))
  expect(follow(second(0))).toEqual([])
  expect(follow(second(3))).toHaveLength(1)
  expect(follow({ ...second(9), backend: { known: false, why: 'away' } })).toEqual([])
})
