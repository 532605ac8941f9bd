import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { findJava } from '../../packages/cli/src/adapters/local/java.ts'
import type { AdviseData } from '../../packages/cli/src/output/advise-data.ts'
import { runJson, runRadtune, withProject } from './radtune.ts'

const bin = join(import.meta.dirname, '../../packages/cli/bin/radtune.js')
/** Short enough for a test, long enough for a mean. */
const SHORT = ['advice.window=3s', 'advice.windows=2', 'advice.settle=4s'].flatMap((pin) => ['--set', pin])
const VERIFY = ['--verify', '12s']
/** By the rate and the plan alone: other work on the machine changes nothing of it. */
const ONLY = ['--only', 'fetch-wait-dominates-latency']

const obstacle = await findJava(process.env).then(
  () => undefined,
  (error: Error) => error.message,
)

async function advise(project: string, ...args: string[]): Promise<AdviseData> {
  const { document } = await runJson(project, ['advise', ...args])
  expect(document.error).toBeNull()
  return document.data as AdviseData
}

async function fetchMin(project: string): Promise<number> {
  const { document } = await runJson(project, ['get', 'consumer.fetchMinBytes'])
  return document.data.settings[0].value
}

const journal = (project: string) => readFileSync(join(project, '.radtune/journal.ndjson'), 'utf8')

describe.skipIf(obstacle !== undefined)(
  `advice on real Kafka${obstacle ? ` (skipped: ${obstacle})` : ''}`,
  { timeout: 300_000 },
  () => {
    it('changes what makes readings late, keeps it, takes it back when asked, and decides what a kill left open', async () => {
      await withProject(async (project) => {
        const up = ['up', '--profile', '4c8g', '--port', 'auto', '--timeout', '300s']
        const { document } = await runJson(project, [...up, '--demo', 'slow-fetch', ...SHORT])
        expect(document).toMatchObject({ ok: true })
        await delay(15_000)
        const { advice, outcome } = await advise(project, '--apply', ...VERIFY, ...ONLY)
        expect(advice.next).toMatchObject({
          changes: [{ key: 'consumer.fetchMinBytes', from: 1024, to: 1 }],
        })
        expect(outcome?.verdict.verdict, outcome?.verdict.sentence).toBe('kept')
        const p99 = outcome?.verdict.comparisons.find(({ metric }) => metric === 'p99')
        expect(p99?.before).toBeGreaterThan(200)
        expect(p99?.after).toBeLessThan((p99?.before ?? 0) / 2)
        expect(await fetchMin(project)).toBe(1)
        expect((await runRadtune(project, ['advise', '--undo', 'last'])).code).toBe(0)
        expect(await fetchMin(project)).toBe(1024)

        const child = spawn(process.execPath, [bin, 'advise', '--apply', ...VERIFY, ...ONLY], {
          cwd: project,
          env: { ...process.env, RADTUNE_RUNTIME: 'local' },
          stdio: 'ignore',
        })
        const again = String(Number(outcome?.id) + 1)
        await vi.waitFor(
          () => expect(journal(project)).toMatch(new RegExp(`"id":"${again}".*"kind":"applied"`)),
          { timeout: 120_000, interval: 200 },
        )
        child.kill('SIGKILL')
        expect(await fetchMin(project)).toBe(1)
        const { resolved } = await advise(project, ...ONLY)
        expect(resolved).toMatchObject({ id: again })
        const last = JSON.parse(journal(project).trimEnd().split('\n').at(-1) ?? '')
        expect(last).toMatchObject({ id: again, kind: 'verdict' })
        expect(await fetchMin(project)).toBe(last.verdict === 'kept' ? 1 : 1024)
      })
    })
  },
)
