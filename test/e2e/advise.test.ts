import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { findJava } from '../../packages/cli/src/adapters/local/java.ts'
import { advise, adviseUntil, applying, pins, SHORT, setting, up, VERIFY_MS } from './advise-stack.ts'
import { adviseWrongly, WRONG_STACK } from './advise-wrongly.ts'
import { runRadtune, withProject } from './radtune.ts'
import { slotEndedAt } from './worker-history.ts'

const bin = join(import.meta.dirname, '../../packages/cli/bin/radtune.js')
/** A rule that judges by the rate and the plan alone: other work on the machine changes nothing of it. */
const RULE = 'fetch-wait-dominates-latency'

const obstacle = await findJava(process.env).then(
  () => undefined,
  (error: Error) => error.message,
)

const fetchMin = (project: string) => setting(project, 'consumer.fetchMinBytes')

const journal = (project: string) =>
  readFileSync(join(project, '.radtune/journal.ndjson'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

describe.skipIf(obstacle !== undefined)(
  `advice on real Kafka${obstacle ? ` (skipped: ${obstacle})` : ''}`,
  { timeout: 300_000 },
  () => {
    // Beside each other: none has much to do, and all mostly wait.
    it.concurrent('changes what makes readings late, is killed, and keeps it in the next run; taken back when asked', async () => {
      await withProject(async (project) => {
        await up(project, '--demo', 'slow-fetch', ...SHORT)
        const child = spawn(process.execPath, [bin, 'advise', ...applying(RULE)], {
          cwd: project,
          env: { ...process.env, RADTUNE_RUNTIME: 'local' },
          stdio: 'ignore',
        })
        await vi.waitFor(() => expect(journal(project).at(-1)).toMatchObject({ kind: 'applied' }), {
          timeout: 120_000,
          interval: 200,
        })
        child.kill('SIGKILL')
        expect(await fetchMin(project)).toBe(1)
        const opened = journal(project).at(-2)
        expect(opened.step).toMatchObject({
          changes: [{ key: 'consumer.fetchMinBytes', from: 1024, to: 1 }],
        })
        const { resolved } = await advise(project, '--only', RULE)
        expect(resolved?.id).toBe(opened.id)
        const verdict = resolved?.outcome?.verdict
        expect(verdict?.verdict, verdict?.sentence).toBe('kept')
        const p99 = verdict?.comparisons.find(({ metric }) => metric === 'p99')
        expect(p99?.before).toBeGreaterThan(200)
        expect(p99?.after).toBeLessThan((p99?.before ?? 0) / 2)
        expect(journal(project).at(-1)).toMatchObject({ id: opened.id, kind: 'verdict', verdict: 'kept' })
        expect(await fetchMin(project)).toBe(1)
        expect((await runRadtune(project, ['advise', '--undo', 'last'])).code).toBe(0)
        expect(await fetchMin(project)).toBe(1024)
      })
    })

    it.concurrent('leak: found with the time until its end, which comes about then, and nothing that would hide it', async () => {
      await withProject(async (project) => {
        const long = pins('advice.window=4s', 'advice.windows=2', 'advice.longWindows=5')
        await up(project, '--demo', 'leak', ...long, ...pins('worker.heap=192MiB'))
        const log = join(project, '.radtune/local/logs/worker-1.log')
        expect(readFileSync(log, 'utf8')).toMatch(/A FAULT IS PLANTED: .* 2 MiB more of heap every second/)
        await delay(15_000)
        const { advice } = await adviseUntil(
          project,
          ['--only', 'memory-leak'],
          (data) => data.advice.findings.length > 0,
        )
        const [found] = advice.findings
        expect(found?.sentence).toMatch(/^the heap of worker-1\/0 grows by .* is reached in .* That is a bug/)
        expect(advice.steps).toEqual([])
        const leftMs = found?.evidence.find(({ unit }) => unit === 'ms')?.value ?? 0
        const endedAt = await slotEndedAt(project, { since: advice.at, timeoutMs: 90_000 })
        expect(((endedAt ?? 0) - advice.at) / leftMs).toBeGreaterThan(0.5)
        expect(((endedAt ?? 0) - advice.at) / leftMs).toBeLessThan(2)
      })
    })

    it.concurrent('wrong advice: a step by a false belief is taken back, and called wrong', async () => {
      await withProject(async (project) => {
        await up(project, ...WRONG_STACK, ...SHORT)
        // The rule itself knows nothing of the start.
        await delay(12_000)
        const { verdict } = await adviseWrongly(project, { verifyMs: VERIFY_MS })
        expect(verdict.verdict, verdict.sentence).toBe('reverted')
        expect(verdict.sentence).toMatch(/p99 is worse, the prediction was wrong; .*expected .*: wrong/)
        expect(await setting(project, 'consumer.fetchMinBytes')).toBe(1)
        expect(journal(project).at(-1)).toMatchObject({ kind: 'verdict', verdict: 'reverted' })
      })
    })
  },
)
