import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { countTopics, type TopicCounts } from './count-topics.ts'
import { runJson, withProject } from './radtune.ts'
import { sharedReadings, withoutReadings } from './shared-data.ts'

const file = join(sharedReadings, 'solarcast-2020-02.csv')
/** The documented counts of that file with the default rules. */
const expected = {
  in: 52_313,
  normal: 33_593,
  critical: 1_038,
  dirty: 14_872,
  dirtyByReason: { unit: 13_792, 'time-range': 671, 'value-not-positive': 409 },
  levels: { low: 32_901, moderate: 692, high: 1_038 },
}
const { levels: _levels, ...withoutLevels } = expected
const expectedSums = { ...withoutLevels, duplicates: 2_810, inFlight: 0 }

function expectExact(counts: TopicCounts): void {
  expect(counts).toEqual({ ...expected, repeated: [], orphans: 0, misplaced: 0, outOfOrder: 0 })
}

describe.skipIf(withoutReadings)(
  'the real readings through the whole stack (needs ../shared/data/safecast)',
  () => {
    it('gives exactly the documented table, counted from the topics, and the counters agree', {
      timeout: 180_000,
    }, async () => {
      await withProject(async (project) => {
        const { result, document } = await runJson(project, [
          'up',
          '--profile',
          '4c8g',
          '--data',
          file,
          '--rate',
          '0',
          '--once',
          '--fresh',
          '--yes',
          '--port',
          'auto',
        ])
        expect(result.stderr).not.toContain('error[')
        expect(document).toMatchObject({ ok: true, exitCode: 0 })
        const status = (await runJson(project, ['status'])).document
        expectExact(await countTopics(`127.0.0.1:${status.data.ports.kafka}`))
        expect(status.data.records).toMatchObject(expectedSums)
        expect(document.data.records).toMatchObject(expectedSums)
      })
    })

    it('stays exact when it is stopped in the middle at full load and started again', {
      timeout: 240_000,
    }, async () => {
      await withProject(async (project) => {
        const up = ['up', '--profile', '4c8g', '--data', file, '--port', 'auto', '--rate', '10000']
        expect((await runJson(project, [...up, '--fresh', '--yes'])).document.ok).toBe(true)
        const middle = (await runJson(project, ['down'])).document.data.records
        expect(middle.in).toBeGreaterThan(0)
        expect(middle.in).toBeLessThan(expected.in)
        const second = await runJson(project, [...up, '--once'])
        expect(second.document).toMatchObject({ ok: true })
        const status = (await runJson(project, ['status'])).document
        expectExact(await countTopics(`127.0.0.1:${status.data.ports.kafka}`))
        expect(status.data.records).toMatchObject(expectedSums)
      })
    })

    it('stays exact when a worker and the broker are killed in the middle', {
      timeout: 240_000,
    }, async () => {
      await withProject(async (project) => {
        const up = ['up', '--profile', '4c8g', '--data', file, '--port', 'auto', '--rate', '4000']
        expect((await runJson(project, [...up, '--fresh', '--yes'])).document.ok).toBe(true)
        for (const victim of ['worker-1', 'kafka']) {
          const { services } = (await runJson(project, ['status'])).document.data
          process.kill(services.find(({ name }: { name: string }) => name === victim).pid, 'SIGKILL')
        }
        const { document } = await runJson(project, [...up, '--once'])
        expect(document).toMatchObject({ ok: true, data: { records: expectedSums } })
        const { data } = (await runJson(project, ['status'])).document
        const restarts = Object.fromEntries(
          data.services.map((service: { name: string; restarts: number }) => [
            service.name,
            service.restarts,
          ]),
        )
        expect(restarts).toMatchObject({ kafka: 1, provider: 0 })
        expect(restarts['worker-1']).toBeGreaterThan(0)
        expectExact(await countTopics(`127.0.0.1:${data.ports.kafka}`))
      })
    })
  },
)
