import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { countTopics } from './count-topics.ts'
import { type Envelope, runJson, runRadtune, withProject } from './radtune.ts'

const LONG = { timeout: 120_000, interval: 500 }

/** What `radtune get` says of one setting: no mismatches when every service runs by it. */
async function inForce(project: string, key: string) {
  const { document } = await runJson(project, ['get', key])
  return document.data.settings[0]
}

async function set(project: string, ...changes: string[]): Promise<Envelope> {
  return (await runJson(project, ['set', ...changes, '--timeout', '120s'])).document
}

async function pids(project: string): Promise<Record<string, number>> {
  const { services } = (await runJson(project, ['status'])).document.data
  return Object.fromEntries(services.map(({ name, pid }: { name: string; pid: number }) => [name, pid]))
}

const overlayOf = (project: string) => readFile(join(project, '.radtune/overlay.yaml'), 'utf8')

describe('settings of a running stack', () => {
  it('change under load with nothing lost, and come back after a kill, a down and an up', {
    timeout: 900_000,
  }, async () => {
    await withProject(async (project) => {
      const up = ['up', '--profile', '4c8g', '--port', 'auto', '--timeout', '300s']
      expect((await runJson(project, [...up, '--rate', '3000'])).document).toMatchObject({ ok: true })
      const before = await pids(project)

      for (const slots of [1, 6]) {
        const changed = await set(project, `pipeline.parallelism=${slots}`)
        expect(changed).toMatchObject({ exitCode: 0, data: { settings: [{ to: slots, state: 'in force' }] } })
        expect(changed.data.acknowledgements).toEqual([
          { service: 'worker-1', revision: changed.data.revision },
          { service: 'worker-2', revision: changed.data.revision },
        ])
      }
      const batches = ['producer.main.linger=1ms', 'producer.main.compression=gzip']
      expect(
        await set(project, ...batches, 'consumer.fetchMaxWait=100ms', 'thresholds.high=150'),
      ).toMatchObject({
        exitCode: 0,
        data: {
          acknowledgements: [{ service: 'worker-1' }, { service: 'worker-2' }, { service: 'backend' }],
        },
      })

      const overlay = await overlayOf(project)
      const { revision } = await inForce(project, 'pipeline.parallelism')
      for (const wrong of ['pipeline.parallelism=999', 'pipeline.parallelism=4', 'thresholds.high=5']) {
        const refused = await runRadtune(project, ['set', wrong])
        expect(refused).toMatchObject({ code: 2, stdout: '' })
      }
      expect(await overlayOf(project)).toBe(overlay)
      await expect
        .poll(() => inForce(project, 'pipeline.parallelism'), LONG)
        .toMatchObject({
          value: 6,
          revision,
          mismatches: [],
        })

      expect((await runJson(project, [...up, '--rate', '2000'])).document).toMatchObject({
        ok: true,
        data: { how: 'changed', firstRecord: null },
      })
      await expect
        .poll(() => inForce(project, 'provider.rate'), LONG)
        .toMatchObject({ value: 2000, mismatches: [] })
      expect(await pids(project)).toEqual(before)

      expect((await set(project, 'pipeline.parallelism=3')).exitCode).toBe(0)
      process.kill(before['worker-1'] as number, 'SIGKILL')
      await expect.poll(async () => (await pids(project))['worker-1'], LONG).not.toBe(before['worker-1'])
      const three = {
        value: 3,
        mismatches: [],
        services: [
          { service: 'worker-1', value: 3 },
          { service: 'worker-2', value: 3 },
        ],
      }
      await expect.poll(() => inForce(project, 'pipeline.parallelism'), LONG).toMatchObject(three)

      expect((await runJson(project, ['down'])).document.data.stopped).toBe(true)
      expect((await runJson(project, [...up, '--rate', '2000'])).document.ok).toBe(true)
      await expect
        .poll(() => inForce(project, 'pipeline.parallelism'), LONG)
        .toMatchObject({ ...three, origin: 'overlay' })

      expect((await set(project, 'provider.rate=0.001')).exitCode).toBe(0)
      const records = async () => (await runJson(project, ['status'])).document.data.records
      await expect.poll(async () => (await records()).inFlight, { ...LONG, timeout: 300_000 }).toBe(0)
      const status = (await runJson(project, ['status'])).document
      const counted = await countTopics(`127.0.0.1:${status.data.ports.kafka}`)
      expect(counted).toMatchObject({ repeated: [], orphans: 0, misplaced: 0, outOfOrder: 0 })
      const { in: received, normal, critical, dirty, duplicates } = status.data.records
      expect(counted).toMatchObject({ in: received, normal, critical, dirty })
      expect(received).toBe(counted.normal + counted.critical + counted.dirty + duplicates)
      expect(received).toBeGreaterThan(20_000)
      expect(status.data.mismatches).toEqual([])
    })
  })
})
