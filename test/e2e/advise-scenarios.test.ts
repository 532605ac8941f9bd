import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { findJava } from '../../packages/cli/src/adapters/local/java.ts'
import type { AdviseData } from '../../packages/cli/src/output/advise-data.ts'
import { hotKeyDump } from '../../scripts/bench/hot-key-dump.ts'
import { advise, adviseUntil, applying, isDecided, pins, SHORT, setting, up, upWith } from './advise-stack.ts'
import { runJson, withProject } from './radtune.ts'
import { readPids } from './read-stack.ts'

const obstacle = await findJava(process.env).then(
  () => undefined,
  (error: Error) => error.message,
)

/** Steps that are compared with what was before need limits that the kernel holds. */
async function expectLimits(project: string): Promise<void> {
  const { services } = (await runJson(project, ['status'])).document.data
  for (const { name, limits } of services) expect(limits.enforced, `the limits of ${name}`).toBe(true)
}

/** CPU that 4c8g is in good order with also on a slow machine, where its own limits are nearly used up at 1,000 readings a second. */
const IN_ORDER = pins('kafka.cpus=0.9', 'backend.cpus=0.6')

/** 4c8g where readings may come late: what is proved is what a record costs. */
const PATIENT = `machine: { cpus: 4, memory: 8GB }
workload: { rate: 1000-10000, latency: 500ms }
`

function figure({ outcome }: AdviseData, metric: string): { before: number; after: number } {
  const found = outcome?.verdict.comparisons.find((one) => one.metric === metric)
  if (!found) throw new Error(`${metric} was not compared: ${outcome?.verdict.sentence}`)
  return found
}

async function coresOf(project: string, name: string): Promise<number> {
  const { services } = (await runJson(project, ['status'])).document.data
  return services.find((service: { name: string }) => service.name === name).cpu
}

describe.skipIf(obstacle !== undefined)(
  `advice within limits, on real Kafka${obstacle ? ` (skipped: ${obstacle})` : ''}`,
  { timeout: 180_000 },
  () => {
    it('starved broker: CPU moves to Kafka, their sum stays, and readings come in time', async () => {
      await withProject(async (project) => {
        await up(project, '--demo', 'starved-broker', ...SHORT)
        await expectLimits(project)
        // What is expected of a step is of what is known by then, and latencies look back for ten seconds.
        await delay(12_000)
        const pids = await readPids(project)
        const data = await adviseUntil(project, applying('service-throttled'), isDecided)
        const { changes = [] } = data.advice.next ?? {}
        expect(changes[0]).toMatchObject({ key: 'kafka.cpus', from: 0.2 })
        expect(data.outcome?.verdict.verdict, data.outcome?.verdict.sentence).toBe('kept')
        const p99 = figure(data, 'p99')
        expect(p99.after).toBeLessThan(p99.before)
        expect(await readPids(project)).toEqual(pids)
        const sumOf = (end: 'from' | 'to') =>
          changes.reduce(
            (sum, change) => sum + Number(change[end]) * (change.key === 'worker.cpus' ? 2 : 1),
            0,
          )
        expect(sumOf('to')).toBeCloseTo(sumOf('from'), 3)
      })
    })

    it('over-parallel: fewer slots for the CPU that there is, and a record costs less of it', async () => {
      await withProject(async (project) => {
        await mkdir(join(project, 'profiles'))
        await writeFile(join(project, 'profiles/patient.yaml'), PATIENT)
        await upWith(
          project,
          'patient',
          '--rate',
          '1500',
          ...SHORT,
          ...pins('kafka.cpus=0.9', 'worker.count=1'),
        )
        await expectLimits(project)
        // What six slots take where nothing limits them differs from machine to machine. They get less: then batches are fuller.
        await delay(25_000)
        const cpus = 0.8 * (await coresOf(project, 'worker-1'))
        const { document } = await runJson(project, ['set', `worker.cpus=${cpus.toFixed(2)}`, '--now'])
        expect(document.error).toBeNull()
        const data = await adviseUntil(project, applying('cpu-saturated'), isDecided)
        expect(data.advice.next?.changes).toEqual([{ key: 'pipeline.parallelism', from: 6, to: 3 }])
        expect(data.outcome?.verdict.verdict, data.outcome?.verdict.sentence).toBe('kept')
        const cost = figure(data, 'cost')
        expect(cost.after).toBeLessThan(cost.before)
        expect(await setting(project, 'pipeline.parallelism')).toBe(3)
      })
    })

    it('hot partition: named with its key, and no slots for it', async () => {
      await withProject(async (project) => {
        const file = join(project, 'hot.csv')
        await writeFile(file, hotKeyDump({ rows: 60_000 }))
        await up(project, '--data', file, '--loop', '--rate', '1000', ...SHORT)
        const { advice } = await adviseUntil(project, ['--only', 'hot-partition'], (data) =>
          data.advice.findings.some(({ sentence }) => sentence.includes('key')),
        )
        expect(advice.findings[0]?.sentence).toMatch(
          /^partition \d has 8\d % of the records, .* key 37\.50000,140\.50000 makes 9\d % of it/,
        )
        expect(advice.steps).toEqual([])
      })
    })

    it('quiet, three times; and with a broker that does not answer nothing is decided and nothing changed', async () => {
      await withProject(async (project) => {
        // Half of the windows that a user has: a single late second is no load.
        const windows = pins('advice.window=5s', 'advice.windows=3', 'advice.longWindows=3')
        await up(project, '--rate', '1000', ...windows, ...IN_ORDER)
        for (const round of [1, 2, 3]) {
          const { advice } = await advise(project)
          expect(advice.steps, `round ${round}: ${JSON.stringify(advice.findings)}`).toEqual([])
        }
        const { kafka } = await readPids(project)
        process.kill(kafka as number, 'SIGSTOP')
        try {
          // What was known before it stood still is old by then.
          await delay(10_000)
          const { advice, outcome } = await advise(project, '--apply', '--verify', '9s')
          expect(outcome).toBeNull()
          const undecided = advice.undecided.map(({ rule }) => rule)
          for (const rule of ['throughput-low', 'hot-partition', 'latency-high'])
            expect(undecided).toContain(rule)
          expect(existsSync(join(project, '.radtune/journal.ndjson'))).toBe(false)
        } finally {
          process.kill(kafka as number, 'SIGCONT')
        }
      })
    })
  },
)
