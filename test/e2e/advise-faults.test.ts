import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { findJava } from '../../packages/cli/src/adapters/local/java.ts'
import { adviseUntil, applying, isDecided, pins, SHORT, setting, up, VERIFY_MS } from './advise-stack.ts'
import { adviseWrongly, WRONG_STACK } from './advise-wrongly.ts'
import { exactSums } from './exact-sums.ts'
import { withProject } from './radtune.ts'
import { readLaunch, readPids } from './read-stack.ts'
import { slotEndedAt } from './worker-history.ts'

const MIB = 1024 * 1024

const obstacle = await findJava(process.env).then(
  () => undefined,
  (error: Error) => error.message,
)

describe.skipIf(obstacle !== undefined)(
  `advice about planted faults, on real Kafka${obstacle ? ` (skipped: ${obstacle})` : ''}`,
  { timeout: 180_000 },
  () => {
    it('under-parallel: more slots, by how much they can do, and what waits drains', async () => {
      await withProject(async (project) => {
        // The machine of a test has other work too.
        await up(project, '--demo', 'under-parallel', ...SHORT, ...pins('monitor.busyShare=0.99'))
        // What is before is to be the slot at work, not its first seconds.
        await delay(12_000)
        const { advice, outcome } = await adviseUntil(project, applying('throughput-low'), isDecided)
        const [change] = advice.next?.changes ?? []
        expect(change).toMatchObject({ key: 'pipeline.parallelism', from: 1 })
        // On a machine with nothing else to do 2; a slot that has to share its core does less, and more of them are needed.
        expect([2, 3]).toContain(change?.to)
        expect(advice.next?.why).toMatch(/^a slot can do [\d,]+\/s .* slots do [\d,]+\/s to [\d,]+\/s/)
        expect(outcome?.verdict.verdict, outcome?.verdict.sentence).toBe('kept')
        const out = outcome?.verdict.comparisons.find(({ metric }) => metric === 'out')
        expect(out?.after).toBeGreaterThan(out?.before ?? 0)
        expect(await setting(project, 'pipeline.parallelism')).toBe(change?.to)
      })
    })

    it('memory: a larger heap, one service restarted for it, and every record in its place', async () => {
      await withProject(async (project) => {
        await up(project, '--demo', 'memory', ...SHORT)
        const before = await readPids(project)
        const { advice, outcome } = await adviseUntil(project, applying('memory-high'), isDecided)
        expect(advice.findings[0]?.sentence).toMatch(
          /^worker-1 spends \d+ % of its time in garbage collection$/,
        )
        expect(advice.next).toMatchObject({
          effect: 'restart',
          changes: [{ key: 'worker.heap', from: 256 * MIB, to: 384 * MIB }],
        })
        expect(outcome?.verdict.verdict, outcome?.verdict.sentence).toBe('kept')
        const after = await readPids(project)
        const restarted = Object.keys(after).filter((name) => after[name] !== before[name])
        expect(restarted).toEqual(['worker-1'])
        const { slotFault } = await readLaunch(project)
        expect(slotFault, 'what was planted is still there').toBe('hold=168MiB')
        const { sums, counts } = await exactSums(project)
        const { normal, critical, dirty } = counts
        expect(counts).toMatchObject({ repeated: [], orphans: 0, misplaced: 0, outOfOrder: 0 })
        expect(sums).toMatchObject({ in: counts.in, normal, critical, dirty })
        expect(normal + critical + dirty + sums.duplicates).toBe(counts.in)
      })
    })

    // Beside each other: neither has much to do, and both mostly wait.
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
        await delay(VERIFY_MS)
        const { verdict } = await adviseWrongly(project, { verifyMs: VERIFY_MS })
        expect(verdict.verdict, verdict.sentence).toBe('reverted')
        expect(verdict.sentence).toMatch(/p99 is worse, the prediction was wrong; .*expected .*: wrong/)
        expect(await setting(project, 'consumer.fetchMinBytes')).toBe(1)
        const last = readFileSync(join(project, '.radtune/journal.ndjson'), 'utf8')
          .trimEnd()
          .split('\n')
          .at(-1)
        expect(JSON.parse(last ?? '')).toMatchObject({ kind: 'verdict', verdict: 'reverted' })
      })
    })
  },
)
